"""A release as large as a city gives: every indicator, scope and breakdown, made up by SQL. For measurements only."""

from __future__ import annotations

import psycopg

DISTRICTS = {
    "370202": "市南区", "370203": "市北区", "370211": "黄岛区", "370212": "崂山区", "370213": "李沧区",
    "370214": "城阳区", "370215": "即墨区", "370281": "胶州市", "370283": "平度市", "370285": "莱西市",
    "370299": "未分配",
}  # fmt: skip
SCOPES = ("all", "private", "no_state_no_foreign", "registration_type")

DISTRICT_ROWS = """
insert into publish.district_monthly
select %(release)s, to_char(m, 'YYYY-MM'), d.code, d.name, i.indicator_code, i.indicator_name, s.scope, b.breakdown,
    b.value, v.value, i.unit, v.yoy, v.mom, case when i.kind = 'flow' then v.value * extract(month from m) end,
    'published'
from generate_series(0, %(months)s - 1) as nth
cross join lateral (select date '2021-01-01' + nth * interval '1 month' as m) as calendar
cross join unnest(%(codes)s::text[], %(names)s::text[]) with ordinality as d (code, name, nth)
cross join publish.indicator as i
cross join unnest(%(scopes)s::text[]) with ordinality as s (scope, nth)
cross join unnest(%(cuts)s::text[], %(values)s::text[]) with ordinality as b (breakdown, value, nth)
cross join lateral (
    select round(((1 + abs(hashtext(i.indicator_code)) %% 500) * case i.unit when '元' then 40000.37 else 3 end
        * (1.8 - 0.3 * s.nth) * (1 + (d.nth * 7) %% 12) * case when b.breakdown = '' then 1 else 1.0 / (2 + b.nth) end
        * (1 + 0.2 * sin(extract(epoch from m) / 1e7 + d.nth)))::numeric, 2) as value,
        round((0.2 * sin(extract(epoch from m) / 9e6 + d.nth + b.nth))::numeric, 6) as yoy,
        round((0.05 * cos(extract(epoch from m) / 3e6 + d.nth))::numeric, 6) as mom
) as v
where i.release_id = %(release)s and (b.breakdown <> 'tier' or i.indicator_code like 'tier_%%')
"""
CITY_ROWS = """
insert into publish.city_monthly
select release_id, period, indicator_code, indicator_name, scope, breakdown, breakdown_value, sum(value), unit,
    avg(yoy), avg(mom), sum(ytd), 'published'
from publish.district_monthly where release_id = %(release)s
group by release_id, period, indicator_code, indicator_name, scope, breakdown, breakdown_value, unit
"""
MOVEMENT = """
insert into publish.stock_movement
select release_id, period, district_code, 1000, 60, 5, 20, 2, 4, 1039, 60, 20, 0
from publish.district_monthly where release_id = %(release)s and scope = 'all' and breakdown = ''
group by release_id, period, district_code
"""


def publish_full_city(dsn: str, months: int) -> tuple[int, int]:
    """Publish a made-up release of so many months; return it and its cells. Its breakdowns do not add up to totals."""
    from tidu.publishing import breakdowns, indicators

    cuts = [("", ""), *((b.code, value) for b in breakdowns().values() for value in b.values)]
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "insert into ops.release (period, as_of, state, manifest_sha256, manifest)"
            " values (to_char(date '2020-12-01' + %s * interval '1 month', 'YYYY-MM'), '2026-01-31', 'draft',"
            " 'x', '{}')"
            " returning release_id",
            [months],
        ).fetchone()
        assert found
        for i in indicators().values():
            connection.execute(
                "insert into publish.indicator values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [found[0], i.code, i.name_zh, i.name_en, i.definition_zh, i.definition_en, i.unit, i.kind, i.additive,
                 i.disclosure, list(i.datasets)],
            )  # fmt: skip
        told = {
            "release": found[0], "months": months, "codes": list(DISTRICTS), "names": list(DISTRICTS.values()),
            "scopes": list(SCOPES), "cuts": [c for c, _ in cuts], "values": [v for _, v in cuts],
        }  # fmt: skip
        cells = sum(connection.execute(statement.encode(), told).rowcount for statement in (DISTRICT_ROWS, CITY_ROWS))
        connection.execute(MOVEMENT.encode(), told)
        # no guard of identities: what is made up does not add up
        connection.execute("alter table ops.release disable trigger release_is_guarded")
        connection.execute(
            "update ops.release set state = 'published', approved_by = '测量', approved_at = '2026-02-01 09:00+08'"
        )
        connection.execute("alter table ops.release enable trigger release_is_guarded")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("vacuum analyze publish.city_monthly, publish.district_monthly, publish.stock_movement")
    return int(found[0]), cells
