"""The step of stage `link` that no SQL can do: parties that no exact rule ties, against the register, by probability.

Stands between two passes of dbt. Reads what the first has made (parties, codes, names, certain matches), writes
int_identity__probable_match and int_identity__candidate, which the second reads. What decides is tidu.identity.linkage;
here are only the tables it is fed from. The work grows with the parties that are open, not with the register.
"""

from __future__ import annotations

from typing import Any

import orjson
import polars as pl

from tidu.identity.code_repair import organisation_codes, possible_codes
from tidu.identity.enterprise_names import name_parts
from tidu.identity.linkage import link
from tidu.identity.linkage.candidates import pairs_of_names
from tidu.identity.linkage.explanation import reasons
from tidu.identity.linkage.scoring import rarity
from tidu.ledger.database import connect, connect_arrow
from tidu.settings import settings

NAME_KINDS = ("name", "core", "near", "beginning", "brand")
CROWD = 50
DOUBTED = 0.5
"""An exact name is doubted when everything else makes its bearer less likely than not."""
TABLES = """
create unlogged table if not exists intermediate.int_identity__probable_match (
    party_kind text not null, party_no text not null, enterprise_id text, match_probability numeric(6, 5),
    margin float8, why jsonb, primary key (party_kind, party_no));
create unlogged table if not exists intermediate.int_identity__candidate (
    party_kind text not null, party_no text not null, enterprise_id text not null,
    match_probability numeric(6, 5) not null, margin float8 not null, why jsonb not null,
    primary key (party_kind, party_no, enterprise_id));
"""
OPEN = """
with contested as (
    -- the only bearer of the name, but in another district, another trade, or from other years: two of these
    select m.party_kind, m.party_no, m.enterprise_id
    from intermediate.int_identity__certain_match as m
    join intermediate.int_tx_taxpayer__current as t on t.taxpayer_no = m.party_no
    join intermediate.int_identity__registered_entity as e on e.enterprise_id = m.enterprise_id
    join intermediate.int_ms_registration__current as r on r.entity_no = e.entity_no
    left join intermediate.seed_district_code as td on td.code = t.district_code
    left join intermediate.seed_district_code as rd on rd.code = r.district_code
    where m.party_kind = 'taxpayer' and m.method = 'name_exact'
        and coalesce(td.today_code <> rd.today_code, false)::int
            + coalesce(left(t.industry_code, 3) <> left(r.industry_code, 3), false)::int
            + coalesce(abs(t.registered_on - r.established_on) > 366, false)::int >= 2
),
variant as (
    select v.party_kind, v.party_no, v.code_key, v.name_key, m.enterprise_id as matched, c.is_uscc,
        coalesce(c.is_uscc and c.enterprise_id is null, false) as is_foreign
    from intermediate.int_identity__party_variant as v
    left join intermediate.int_identity__certain_match as m using (party_kind, party_no)
    left join contested as x using (party_kind, party_no)
    left join intermediate.int_identity__party_code as c on c.code_key = v.code_key
    where m.party_no is null or x.party_no is not null
),
-- a sound code that nobody in the register bears says that the party is not in the register
party as (
    select party_kind, party_no from variant group by party_kind, party_no
    having not bool_or(is_foreign) and (bool_or(name_key is not null) or bool_or(length(code_key) = 18 and not is_uscc))
),
employer as (
    select distinct on (employer_no) employer_no, district_code from staging.stg_hr_insurance
    where employer_no in (select party_no from party where party_kind = 'employer') and district_code is not null
    order by employer_no, month desc, district_code
)
select v.party_kind, v.party_no, v.matched, v.name_key as name, v.code_key as code, t.address,
    coalesce(t.district_code, e.district_code) as district_code, t.industry_code, t.registered_on
from variant as v
join party using (party_kind, party_no)
left join intermediate.int_tx_taxpayer__current as t on v.party_kind = 'taxpayer' and t.taxpayer_no = v.party_no
left join employer as e on v.party_kind = 'employer' and e.employer_no = v.party_no
"""
NAMES = """
select string_to_table(coalesce(bearers, enterprise_id), ' ') as enterprise_id, name_key
from intermediate.int_identity__registered_name
"""
BY_CODE = """
select enterprise_id from intermediate.int_identity__registered_code
where code_kind = 'uscc' and code = any(%s) or code_kind = 'org_code' and code = any(%s)
"""
BY_DAY = """
select e.enterprise_id
from intermediate.int_ms_registration__current as r
join intermediate.int_identity__registered_entity as e using (entity_no)
left join intermediate.seed_district_code as d on d.code = r.district_code
where (r.established_on, coalesce(d.today_code, r.district_code)) in (
    select day, coalesce(p.today_code, code) from unnest(%s::date[], %s::text[]) as w (day, code)
    left join intermediate.seed_district_code as p using (code))
"""
BY_ADDRESS = """
select e.enterprise_id
from intermediate.int_ms_registration__current as r
join intermediate.int_identity__registered_entity as e using (entity_no)
where r.address = any(%s)
"""
REGISTERED = """
select e.enterprise_id, r.uscc as code, r.address, r.district_code, r.industry_code, r.established_on as registered_on,
    r.registered_capital_yuan::float8 as capital_yuan
from meant as w
join intermediate.int_identity__registered_entity as e using (enterprise_id)
join intermediate.int_ms_registration__current as r using (entity_no)
"""


def find_probable(token: str) -> int:
    """Decide about every open party anew; return how many were tied.

    Idempotence: the same warehouse gives the same rows. One transaction; `token` is the build it belongs to.
    """
    open_ = _fetch(OPEN).with_columns(party_id=pl.concat_str("party_kind", "party_no", separator="|"))
    found = _probable(open_) if len(open_) else ([], [])
    with connect() as connection:
        connection.execute("select set_config('tidu.build', %s, true)", [token])
        connection.execute("select ops.assert_build('link')")
        connection.execute(TABLES)
        for table, rows in zip(("probable_match", "candidate"), found, strict=True):
            connection.execute(f"truncate intermediate.int_identity__{table}")
            statement = f"copy intermediate.int_identity__{table} from stdin"
            with connection.cursor().copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)
            connection.execute(f"analyze intermediate.int_identity__{table}")
    return sum(row[2] is not None for row in found[0])


Rows = list[tuple[Any, ...]]


def _probable(open_: pl.DataFrame) -> tuple[Rows, Rows]:
    """Return the rows of both tables for parties that are open."""
    names = _fetch(NAMES)
    parts = name_parts(names["name_key"].unique().sort())
    bearers = names.join(parts.select("name_key", "core", "brand"), on="name_key").rename({"enterprise_id": "owner"})
    given = open_.select(
        "party_id", "name", "code", "address", "district_code", "industry_code", pl.col("registered_on").cast(pl.Date)
    )
    meant = _meant(given, parts, names)
    registered = _registered(meant).join(names, on="enterprise_id").rename({"name_key": "name"})
    found = link(
        given.to_arrow(),
        registered.to_arrow(),
        size=names["enterprise_id"].n_unique(),
        frequencies=rarity(bearers),
        backend=settings().linkage_backend,
    )
    return _decided(open_, pl.DataFrame(found.links), pl.DataFrame(found.candidates))


def _meant(given: pl.DataFrame, parts: pl.DataFrame, bearers: pl.DataFrame) -> list[str]:
    """Return the enterprises open parties may mean: by likeness of names, codes one slip away, day and place."""
    ours = name_parts(given["name"].drop_nulls().unique().sort()).with_row_index("record")
    theirs = parts.with_row_index("record")
    pairs = pairs_of_names(ours, theirs, CROWD, NAME_KINDS)
    alike = theirs.select(registered_record="record", name_key="name_key").join(
        pairs, on="registered_record", how="semi"
    )
    ids = set(bearers.join(alike, on="name_key", how="semi")["enterprise_id"])
    codes = possible_codes(given["code"])["code"].unique().sort().to_list()
    # who bears a code that the party bears is not meant, but has to be known for it to contradict
    old_codes = given["code"].filter(given["code"].str.len_chars() < 18)
    organisations = organisation_codes(old_codes).drop_nulls().unique().sort().to_list()
    days = given.select("registered_on", "district_code").drop_nulls().unique().sort("registered_on", "district_code")
    addresses = given["address"].drop_nulls().unique().sort().to_list()
    with connect() as connection:
        ids |= {row[0] for row in connection.execute(BY_CODE, [codes, organisations])}
        ids |= {row[0] for row in connection.execute(BY_ADDRESS, [addresses])}
        ids |= {
            row[0]
            for row in connection.execute(BY_DAY, [days["registered_on"].to_list(), days["district_code"].to_list()])
        }
    return sorted(ids)


def _decided(open_: pl.DataFrame, links: pl.DataFrame, others: pl.DataFrame) -> tuple[Rows, Rows]:
    """Say what becomes of every party: tied, doubted (a name that an exact rule had tied), or left to a reviewer."""
    parties = open_.select("party_id", "party_kind", "party_no", "matched").unique("party_id").sort("party_id")
    contested = parties.filter(pl.col("matched").is_not_null())
    likely = others.filter(pl.col("match_probability") >= DOUBTED).select("party_id", matched="enterprise_id")
    upheld = pl.concat([links.select("party_id", matched="enterprise_id"), likely])
    kept = contested.join(upheld, on=["party_id", "matched"], how="semi").select("party_id")
    tied = links.join(kept, on="party_id", how="anti").join(parties, on="party_id").sort("party_id")
    doubted = contested.join(kept, on="party_id", how="anti").join(tied, on="party_id", how="anti")
    open_still = others.join(kept, on="party_id", how="anti").join(parties, on="party_id")
    columns = ["party_kind", "party_no", "enterprise_id", "match_probability", "margin"]
    probable = _with_reasons(tied, columns) + [
        (*row, None, None, None, None) for row in doubted.select("party_kind", "party_no").iter_rows()
    ]
    return probable, _with_reasons(open_still.sort("party_id", "place"), columns)


def _with_reasons(pairs: pl.DataFrame, columns: list[str]) -> Rows:
    if pairs.is_empty():
        return []
    why = (orjson.dumps(r).decode() for r in reasons(pairs))
    return [(*row, reason) for row, reason in zip(pairs.select(columns).iter_rows(), why, strict=True)]


def _registered(ids: list[str]) -> pl.DataFrame:
    with connect_arrow() as connection, connection.cursor() as cursor:
        cursor.execute("create temporary table meant (enterprise_id text)")
        cursor.adbc_ingest("meant", pl.DataFrame({"enterprise_id": ids}).to_arrow(), mode="append", temporary=True)
        cursor.execute(REGISTERED)
        return pl.DataFrame(cursor.fetch_arrow_table())


def _fetch(query: str) -> pl.DataFrame:
    with connect_arrow() as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return pl.DataFrame(cursor.fetch_arrow_table())
