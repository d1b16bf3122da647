"""The departments as Airflow connection URIs, one per department, made from what a home knows."""

from __future__ import annotations

from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from simulators.errors import SimulatorError
from simulators.front_database import reader_of
from simulators.home import FOLDER_DEPARTMENTS, SFTP_ACCOUNTS, Home


def connections(home: Home, tax_dsn: str | None, host: str = "127.0.0.1") -> dict[str, str]:
    """Return {department: URI}; `tax` only when there is a front database.

    Raises SimulatorError when the servers have never run, for their ports are not known then.
    """
    ports = home.ports()
    if ports is None:
        raise SimulatorError(f"{home.ports_file} is missing: start `python -m simulators serve` first")
    account = home.credentials()
    found = {"market_supervision": f"http://{account.rest_client}:{quote(account.rest_secret)}@{host}:{ports.rest}"}
    if tax_dsn:
        found["tax"] = _front(tax_dsn, account.sql_password)
    key = quote(_public_key(home), safe="")
    for department in SFTP_ACCOUNTS:
        password = quote(account.sftp_passwords[department])
        found[department] = f"sftp://{department}:{password}@{host}:{ports.sftp}/outbox?host_key={key}"
    for department in FOLDER_DEPARTMENTS:
        found[department] = home.watched(department).as_uri()
    return found


def _front(tax_dsn: str, password: str) -> str:
    parts = conninfo_to_dict(tax_dsn)
    host, port = parts.get("host") or "127.0.0.1", parts.get("port") or "5432"
    return f"postgresql://{quote(reader_of(tax_dsn))}:{quote(password)}@{host}:{port}/{parts.get('dbname')}"


def _public_key(home: Home) -> str:
    from simulators.sftp_server import public_host_key

    return public_host_key(home)
