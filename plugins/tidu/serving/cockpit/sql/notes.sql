-- One row per early sign of a place; the city has those of all districts. Newest first.
select s.district_code, s.indicator_code, s.period, s.kind, s.note_zh, s.note_en
from publish.early_sign as s
where s.release_id = %(release_id)s and (%(place)s = %(city)s or s.district_code = %(place)s)
order by s.period desc, s.district_code, s.indicator_code, s.kind
limit 100
