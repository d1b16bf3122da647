"""The landing tables of a contract: one raw table, one of repaired rows, one partition of the accepted rows."""

from __future__ import annotations

from tidu.contracts.derive.row_hash import checksum_backfill
from tidu.contracts.model import DatasetContract, Field


def landing_ddl(contract: DatasetContract) -> str:
    """Return SQL that makes raw.<dataset>, its repairs and its partition of ops.accepted_row; safe to repeat.

    Grain of the raw table: one row per delivered row. Every field is text as delivered, empty is
    null; `_extra` holds what the contract does not name. A field the contract gained is added.
    raw.<dataset>_repair has the same columns in the same order: one row per repaired row, as it stands now.
    """
    name = contract.name
    columns = ",\n    ".join(f"{_quoted(f.name)} text" for f in contract.fields)
    additions = "\n".join(
        f"alter table raw.{table} add column if not exists {_quoted(f.name)} text;"
        for table in (name, f"{name}_repair")
        for f in contract.fields
    )
    repaired = _literal(f"{contract.heading}: repaired rows, which stand in place of the delivered ones")
    comments = "\n".join(_comment(name, f) for f in contract.fields)
    return f"""create table if not exists raw.{name} (
    delivery_id bigint not null,
    row_no integer not null,
    {columns},
    _extra jsonb,
    primary key (delivery_id, row_no)
);
create table if not exists raw.{name}_repair (like raw.{name} including defaults including indexes);
{additions}
comment on table raw.{name} is {_literal(f"{contract.heading}, as delivered; one row per delivered row")};
comment on table raw.{name}_repair is {repaired};
{comments}
create table if not exists ops.accepted_row_{name} partition of ops.accepted_row for values in ('{name}');
create index if not exists accepted_row_{name}_key on ops.accepted_row_{name} (key, version);
create index if not exists accepted_row_{name}_delivery on ops.accepted_row_{name} using brin (delivery_id);
{checksum_backfill(contract)}"""


def _comment(table: str, field: Field) -> str:
    return (
        f"comment on column raw.{table}.{_quoted(field.name)} is {_literal(f'{field.heading}: {field.description}')};"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
