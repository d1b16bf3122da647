"""Looking for planted secrets: in files, in databases, in process lists."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

import psycopg
import psycopg.sql


@dataclass(frozen=True)
class Find:
    """Where a secret was met; the secret itself is not repeated."""

    name: str
    place: str


def spellings(secret: str) -> set[bytes]:
    """Return how a secret may be written down: plain, escaped for addresses, in base64."""
    plain = secret.encode()
    coded = {base64.b64encode(plain), base64.urlsafe_b64encode(plain)}
    return {plain, quote(secret, safe="").encode(), quote(secret).encode(), quote_plus(secret).encode()} | {
        c.rstrip(b"=") for c in coded
    }


def met(secrets: dict[str, str], places: Iterable[tuple[str, bytes]]) -> list[Find]:
    """Return every secret met in any place (name, content). Fails when a secret is too short to be told apart."""
    assert secrets
    assert all(len(secret) >= 12 for secret in secrets.values()), "a secret that occurs by chance proves nothing"
    wanted = {name: spellings(secret) for name, secret in secrets.items()}
    found, looked = [], 0
    for place, content in places:
        looked += 1
        found += [Find(name, place) for name, forms in wanted.items() if any(form in content for form in forms)]
    assert looked, "nothing was looked at"
    return found


def files(folder: Path, besides: Iterable[Path] = ()) -> Iterator[tuple[str, bytes]]:
    """Yield every file below a folder but those in or below `besides`."""
    left_out = [path.resolve() for path in besides]
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(path.resolve().is_relative_to(out) for out in left_out):
            yield str(path.relative_to(folder)), path.name.encode() + b"\0" + path.read_bytes()


def tables(dsn: str) -> Iterator[tuple[str, bytes]]:
    """Yield the rows of every table of a database, and what its statistics say of running statements."""
    with psycopg.connect(dsn) as connection:
        names = connection.execute(
            "select n.nspname, c.relname from pg_class as c join pg_namespace as n on n.oid = c.relnamespace"
            " where c.relkind in ('r', 'm', 'v') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')"
            " order by 1, 2"
        ).fetchall()
        for schema, table in names:
            whole = psycopg.sql.SQL("select t::text from {} as t").format(psycopg.sql.Identifier(schema, table))
            rows = "\n".join(str(row) for (row,) in connection.execute(whole))
            # bytea is written in hexadecimal: what is text in it is looked at as text
            yield f"{schema}.{table}", rows.encode() + b"\n" + b"\n".join(_bytes_in(rows))
        activity = connection.execute("select string_agg(query || application_name, ' ') from pg_stat_activity")
        yield "pg_stat_activity", str(activity.fetchone()).encode()


def _bytes_in(rows: str) -> Iterator[bytes]:
    for part in rows.split("\\\\x")[1:]:
        digits = part[: len(part) - len(part.lstrip("0123456789abcdef"))]
        yield bytes.fromhex(digits[: len(digits) // 2 * 2])


def process_list() -> Iterator[tuple[str, bytes]]:
    """Yield what every user of the machine can see of each process: its command line."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            yield f"process {process.name}", (process / "cmdline").read_bytes()
        except OSError:
            continue
