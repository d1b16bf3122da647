select s.indicator_code, s.period, s.kind, s.score, s.note_zh as note
from publish.early_sign as s
where s.release_id = %(release_id)s
order by s.period desc, s.indicator_code, s.kind
