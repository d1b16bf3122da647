"""`tidu release`: list, look at and approve releases of the monitoring figures."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from tidu.cli.cockpit import cockpit
from tidu.cli.screen import console, plain
from tidu.settings import PROJECT_ROOT

app = typer.Typer(no_args_is_help=True, help=__doc__)
app.command()(cockpit)
ReleaseId = Annotated[int, typer.Argument(help="Number of the release.")]


@app.command("list")
def list_releases() -> None:
    """List every release, newest first."""
    from tidu.publishing import releases

    table = Table("release", "period", "as of", "state", "approved by", "approved at", "manifest")
    for r in releases():
        approved_at = f"{r.approved_at:%Y-%m-%d %H:%M}" if r.approved_at else ""
        table.add_row(
            str(r.release_id), r.period, str(r.as_of), r.state, r.approved_by or "", approved_at, r.manifest_sha256[:12]
        )
    console.print(table)


@app.command()
def show(release_id: ReleaseId) -> None:
    """Show what a release was made from and how many rows it holds."""
    from tidu.publishing import release

    r = release(release_id)
    plain(f"release {r.release_id}: {r.period}, as of {r.as_of}, {r.state}")
    if r.approved_by and r.approved_at:
        plain(f"approved by {r.approved_by} on {r.approved_at:%Y-%m-%d %H:%M}")
    plain(f"manifest {r.manifest_sha256}")
    plain(f"months {r.manifest['series_start']} to {r.manifest['period']}, {len(r.manifest['deliveries'])} deliveries")
    for name, content in r.manifest["tables"].items():
        plain(f"{name}: {content['rows']} rows, sha256 {content['sha256']}")


@app.command()
def approve(
    release_id: ReleaseId,
    by: Annotated[str, typer.Option(help="Who approves; recorded with the decision.")],
    reason: Annotated[str | None, typer.Option(help="Why, in a sentence.")] = None,
) -> None:
    """Publish a draft in a person's name."""
    from tidu.publishing import approve as approve_release

    approve_release(release_id, by, reason)
    plain(f"release {release_id} is published, approved by {by}")


@app.command()
def attack(
    release_id: ReleaseId,
    with_secondary: Annotated[
        bool, typer.Option(help="Without: as if only cells were hidden that tell too much by themselves.")
    ] = True,
) -> None:
    """Try to work out what a release hides, every month of it; needs the figures it was made from still at hand."""
    from tidu.publishing.disclosure import attack as attack_release

    found = attack_release(release_id, with_secondary=with_secondary)
    plain(f"release {release_id}: {found.months} tables attacked, {found.secret} cells that nobody may work out")
    for cell in found.recovered.head(10).iter_rows():
        plain("worked out: " + " ".join(part for part in cell if part))
    plain(f"{found.recovered.height} cells can be worked out within the margin")
    if found.recovered.height and with_secondary:
        raise typer.Exit(1)


@app.command()
def derive() -> None:
    """Renew the dbt seeds that follow from indicators/ and policies/industry_systems/ after a change there."""
    from tidu.publishing.derive import derive as derive_seeds

    for path in derive_seeds():
        plain(f"written: {path.relative_to(PROJECT_ROOT)}")
