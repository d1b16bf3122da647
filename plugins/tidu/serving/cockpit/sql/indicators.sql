-- One row per indicator of a release.
select i.indicator_code as code, i.indicator_name, i.indicator_name_en, i.definition, i.definition_en, i.unit, i.kind,
    i.additive, i.disclosure, i.datasets
from publish.indicator as i
where i.release_id = %(release_id)s
order by i.indicator_code
