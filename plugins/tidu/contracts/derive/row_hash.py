"""The hash of a delivered row, by which deliveries are balanced beside their counts.

It is made from the key fields as delivered and the row's place in its delivery: two rows swapped, lost or taken twice
change the sum over a delivery, whatever order the rows are added in. It says nothing of the other fields, nor does it
change when a row is repaired.
"""

# ruff: noqa: S608 - SQL is composed from contract names only

from __future__ import annotations

from tidu.contracts.model import DatasetContract

SEPARATOR = r" || E'\x1f' || "


def row_hash_sql(contract: DatasetContract, row: str = "r") -> str:
    """Return SQL (bigint) for the hash of the row of raw.<dataset> called `row`."""
    quoted = (name.replace('"', '""') for name in contract.key)
    fields = SEPARATOR.join(f"""coalesce({row}."{name}", '')""" for name in quoted)
    return f"hashtextextended({fields}, {row}.row_no)"


def checksum_backfill(contract: DatasetContract) -> str:
    """Return SQL that gives rows settled before there were hashes theirs; does nothing where all have one."""
    name, hashed = contract.name, row_hash_sql(contract)
    outcomes = "\n".join(
        f"    update {table} as o set row_hash = {hashed} from raw.{name} as r"
        f" where o.dataset = '{name}' and o.row_hash is null and r.delivery_id = o.delivery_id and r.row_no = o.row_no;"
        for table in (f"ops.accepted_row_{name}", "ops.row_set_aside", "ops.quarantine")
    )

    def total(table: str, where: str) -> str:
        return (
            f"coalesce((select sum(o.row_hash) from {table} as o where o.delivery_id = l.delivery_id and {where}), 0)"
        )

    return f"""do $$
begin
    if not exists (select from ops.row_ledger where dataset = '{name}' and keys_delivered is null) then
        return;
    end if;
{outcomes}
    update ops.row_ledger as l set
        keys_delivered = coalesce((select sum({hashed}) from raw.{name} as r where r.delivery_id = l.delivery_id), 0),
        keys_accepted = {total(f"ops.accepted_row_{name}", "true")},
        keys_quarantined = {total("ops.quarantine", "o.state in ('open', 'discarded')")},
        keys_duplicate = {total("ops.row_set_aside", "o.outcome = 'duplicate'")},
        keys_superseded = {total("ops.row_set_aside", "o.outcome = 'superseded'")}
    where l.dataset = '{name}' and l.keys_delivered is null;
end
$$;
"""
