"""What schema mart holds is said in the database: every table, every view, every column."""

from __future__ import annotations

import psycopg
import pytest

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
COLUMNS = """
select format('%s.%s', c.relname, coalesce(a.attname, '')), col_description(c.oid, coalesce(a.attnum, 0))
from pg_class as c
left join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = 'mart'::regnamespace and c.relkind in ('r', 'v', 'm', 'p') and c.relname !~ '^held_'
union all
select c.relname, obj_description(c.oid, 'pg_class')
from pg_class as c
where c.relnamespace = 'mart'::regnamespace and c.relkind in ('r', 'v', 'm', 'p') and c.relname !~ '^held_'
"""


def test_every_table_and_column_of_mart_has_a_comment(town: str) -> None:
    with psycopg.connect(town) as connection:
        found = dict(connection.execute(COLUMNS.encode()).fetchall())
    assert {"tier_assessment", "tier_assessment.gaps", "seed_pool.rank", "enterprise.uscc"} <= set(found)
    assert sorted(name for name, told in found.items() if not (told or "").strip()) == []
