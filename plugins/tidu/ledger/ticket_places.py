"""In which district a ticket's enterprise is, so that the district can be told of it."""

from __future__ import annotations

import psycopg

from tidu.contracts import contracts

ACCOUNTS = {"taxpayer_no": "taxpayer", "employer_no": "employer"}
"""First field of the key of what an account delivers -> kind of the account."""
MADE_BY_LINK_AND_MART = "intermediate.int_enterprise__account_link", "mart.enterprise"
PLACE = """
update ops.correction_ticket as t set district_code = f.district_code
from (
    select o.ticket_id, e.district_code
    from ops.correction_ticket as o
    left join unnest(%(datasets)s::text[], %(kinds)s::text[]) as a (dataset, kind) on a.dataset = o.dataset
    -- a faulty row of an account is the account's, though the row itself was never accepted
    left join intermediate.int_enterprise__account_link as l
        on l.account_kind = a.kind and l.account_no = split_part(o.source_key, '|', 1)
    left join intermediate.int_enterprise__record_link as r
        on a.dataset is null and r.dataset = o.dataset and r.source_key = o.source_key
    join mart.enterprise as e on e.enterprise_id = coalesce(l.enterprise_id, r.enterprise_id)
    where o.state = 'open'
) as f
where f.ticket_id = t.ticket_id and t.district_code is distinct from f.district_code
"""


def place(connection: psycopg.Connection) -> int:
    """Enter the district of every open ticket whose enterprise is known, by the newest master; return how many changed.

    A ticket follows its enterprise when that moves; closed, it stays where it was. Before the first build of the master
    no enterprise is known.
    """
    for relation in MADE_BY_LINK_AND_MART:
        if connection.execute("select to_regclass(%s) is null", [relation]).fetchone() == (True,):
            return 0
    kinds = {c.name: ACCOUNTS[c.key[0]] for c in contracts().values() if c.key[0] in ACCOUNTS}
    return connection.execute(PLACE, {"datasets": list(kinds), "kinds": list(kinds.values())}).rowcount
