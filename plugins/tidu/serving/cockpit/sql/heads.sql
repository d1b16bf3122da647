-- One row per release, newest first; approved_at by the clock of the city.
select r.release_id, r.period, r.as_of::text, r.state, r.approved_by,
    to_char(r.approved_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI') as approved_at, r.manifest_sha256
from ops.release as r
order by r.release_id desc
