"""`tidu release`: releases of the monitoring figures: what there is, what people decide, what they left behind."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from tidu.cli import release_contents
from tidu.cli.cockpit import cockpit
from tidu.cli.screen import console, plain
from tidu.settings import PROJECT_ROOT

app = typer.Typer(no_args_is_help=True, help=__doc__)
app.command()(cockpit)
ReleaseId = Annotated[int, typer.Argument(help="Number of the release.")]
By = Annotated[str, typer.Option(help="Who decides; recorded with the decision.")]
Reason = Annotated[str, typer.Option(help="Why, in a sentence; recorded with the decision.")]


@app.command("list")
def list_releases() -> None:
    """List every release, newest first."""
    from tidu.publishing import releases

    table = Table("release", "period", "as of", "state", "approved by", "approved at", "manifest", "again")
    for r in releases():
        approved_at = f"{r.approved_at:%Y-%m-%d %H:%M}" if r.approved_at else ""
        again = f"of {r.republished_from}" if r.republished_from else ""
        table.add_row(
            str(r.release_id), r.period, str(r.as_of), r.state, r.approved_by or "", approved_at,
            r.manifest_sha256[:12], again,
        )  # fmt: skip
    console.print(table)


@app.command()
def show(release_id: ReleaseId) -> None:
    """Show what a release was made from, how many rows it holds, and every step it went."""
    from tidu.publishing import release
    from tidu.publishing.trail import told

    r = release(release_id)
    plain(f"release {r.release_id}: {r.period}, as of {r.as_of}, {r.state}")
    if r.republished_from:
        plain(f"shows release {r.republished_from} again")
    if r.approved_by and r.approved_at:
        plain(f"approved by {r.approved_by} on {r.approved_at:%Y-%m-%d %H:%M}")
    plain(f"manifest {r.manifest_sha256}")
    plain(f"months {r.manifest['series_start']} to {r.manifest['period']}, {len(r.manifest['deliveries'])} deliveries")
    for name, content in r.manifest["tables"].items():
        plain(f"{name}: {content['rows']} rows, sha256 {content['sha256']}")
    for step in told(release_id):
        plain(step.line())


@app.command()
def approve(
    release_id: ReleaseId,
    by: Annotated[str, typer.Option(help="Who approves; recorded with the decision.")],
    reason: Annotated[str | None, typer.Option(help="Why, in a sentence.")] = None,
) -> None:
    """Publish a draft in a person's name."""
    from tidu.publishing import approve as approve_release
    from tidu.serving.cockpit import file_cockpits

    approve_release(release_id, by, reason)
    file_cockpits()
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
def reject(release_id: ReleaseId, by: By, reason: Reason) -> None:
    """Put on record that a draft is not approved, and why; it stays a draft."""
    from tidu.publishing import reject as reject_release

    reject_release(release_id, by, reason)
    plain(f"release {release_id} is not approved; it stays a draft")


@app.command()
def withdraw(release_id: ReleaseId, by: By, reason: Reason) -> None:
    """Take a published release back; the newest one left is shown in its place."""
    from tidu.publishing import withdraw as withdraw_release

    now = withdraw_release(release_id, by, reason)
    plain(
        f"release {release_id} is withdrawn; " + (f"release {now} is shown now" if now else "no release is shown now")
    )


@app.command()
def rollback(release_id: ReleaseId, by: By, reason: Reason) -> None:
    """Show an earlier release again: newer ones are withdrawn; one that was withdrawn is published again."""
    from tidu.publishing import roll_back
    from tidu.serving.cockpit import file_cockpits

    now = roll_back(release_id, by, reason)
    file_cockpits()
    plain(f"release {now} is shown now" + ("" if now == release_id else f", with the figures of release {release_id}"))


@app.command()
def republish(release_id: ReleaseId, by: By, reason: Reason) -> None:
    """Publish a withdrawn release again, under a new number with the same content."""
    from tidu.publishing import republish as publish_again
    from tidu.serving.cockpit import file_cockpits

    now = publish_again(release_id, by, reason)
    file_cockpits()
    plain(f"release {now} is published, with the figures of release {release_id}")


@app.command()
def derive() -> None:
    """Renew the dbt seeds that follow from indicators/ and policies/industry_systems/ after a change there."""
    from tidu.publishing.derive import derive as derive_seeds

    for path in derive_seeds():
        plain(f"written: {path.relative_to(PROJECT_ROOT)}")


release_contents.add_to(app)
