"""hr: `{dataset}_{YYYYMMDD}_{seq}.zip` in /outbox, with one GB18030 CSV under Chinese headings, CRLF.

The companion `{dataset}_{YYYYMMDD}_{seq}.ok` appears after the zip and holds two lines, `sha256=<hex of the zip>`
and `rows=<n>`. The same delivery gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

from simulators.csv_text import csv_text
from simulators.deliveries import Delivery, Rows, completed_at
from simulators.headings import chinese
from simulators.home import Entry, Home, replace


class ZipOutbox:
    """Prepares and names the files of sftp_zip_csv."""

    can_stay_open = True

    def prepare(self, home: Home, delivery: Delivery, rows: Rows, entry: Entry) -> None:
        """Put the zip into the outbox, then its .ok; left open, the .ok is missing."""
        package = _path(home, delivery)
        companion = package.with_suffix(".ok")
        companion.unlink(missing_ok=True)
        content = _zip(delivery, rows, f"{package.stem}.csv")
        finished = completed_at(delivery.dataset, delivery.delivered_on, entry.rewrites)
        replace(package, content, finished)
        if not entry.open:
            digest = hashlib.sha256(content).hexdigest()
            replace(companion, f"sha256={digest}\nrows={rows.frame.height}\n".encode(), finished)

    def files(self, home: Home, delivery: Delivery) -> tuple[Path, ...]:
        """The zip and its companion."""
        package = _path(home, delivery)
        return package, package.with_suffix(".ok")


def _path(home: Home, delivery: Delivery) -> Path:
    name = f"{delivery.dataset}_{delivery.delivered_on:%Y%m%d}_1.zip"
    return home.outbox(delivery.contract.department) / name


def _zip(delivery: Delivery, rows: Rows, member: str) -> bytes:
    text = csv_text(rows, chinese(delivery.contract, rows.headings), "\r\n")
    info = zipfile.ZipInfo(member, date_time=(*delivery.delivered_on.timetuple()[:3], 18, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        package.writestr(info, text.encode("gb18030"), compresslevel=3)
    return target.getvalue()
