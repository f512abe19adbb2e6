"""`evsite doctor certs`: what is wrong with a station's certificates, what soon will be, and what mends it.

It changes nothing. Exit codes: those of `actors.exits`; what a command needs is imported when it runs.
"""

from __future__ import annotations

import json
import pathlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from actors.certificates.pki_files import reported
from actors.certificates.pki_place import PasswordFile, SiteOption, settings_of
from actors.exits import FAILED, GOOD, refuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from certs.examination import Finding
    from certs.store import Settings

app: Final = typer.Typer(
    name="doctor",
    help="Finds out what is wrong, and says what mends it.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def doctor() -> None:
    """Finds out what is wrong, and says what mends it."""


@app.command()
def certs(
    path: Annotated[
        pathlib.Path | None,
        typer.Argument(help="Certificate directory of a station, or its site file.", show_default=False),
    ] = None,
    *,
    site: SiteOption = None,
    state: Annotated[
        pathlib.Path,
        typer.Option(envvar="EVSITE_STATE", help="State directory of the site, where its store is."),
    ] = pathlib.Path("run"),
    within: Annotated[
        float, typer.Option(min=0, max=36_500, help="Tell what expires within so many days.")
    ] = 30,
    start: Annotated[
        datetime | None, typer.Option("--at", help="The moment to judge for, in UTC.", show_default="now")
    ] = None,
    password_file: PasswordFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Name every broken or soon expiring link of a store of certificates, and the commands that mend it.

    A good store gives no output. Exit code 1: something is wrong; notes alone do not count. 2: no such
    directory, or a site file that cannot be used.
    """
    if path is not None and path.is_file():
        path, site = None, path
    with reported():
        settings = settings_of(path, site, password_file, state=state)
        if not settings.root.is_dir():
            refuse(f"{settings.root}: there is no such directory; evsite pki init makes one for tests")
        now = start.replace(tzinfo=UTC) if start is not None else datetime.now(UTC)
        made = _report(settings, now, timedelta(days=within), site, password_file)
    good = not any(one["level"] != "note" for one in made)
    if as_json:
        typer.echo(json.dumps({"directory": str(settings.root), "good": good, "findings": made}, indent=2))
    elif made:
        typer.echo("\n".join(_lines(made)))
    raise typer.Exit(GOOD if good else FAILED)


def _report(
    settings: Settings,
    now: datetime,
    within: timedelta,
    site: pathlib.Path | None,
    password_file: pathlib.Path | None,
) -> list[dict[str, Any]]:
    from actors.certificates import doctor_mends as mends  # noqa: PLC0415  # see the module's docstring
    from certs import examination  # noqa: PLC0415  # as above
    from certs.store import StoreError  # noqa: PLC0415  # as above

    try:
        inspection = examination.inspect(settings)
    except StoreError as error:
        refuse(str(error))
    place = mends.Place(
        directory=settings.root,
        site=site,
        password_file=password_file,
        now=now,
        inspection=inspection,
        authorities=mends.authorities_in(settings.root),
    )
    findings = [_as_named(finding, settings.root) for finding in examination.examine(inspection, now, within)]
    return [_one(finding, mends.mend(finding, place)) for finding in findings]


def _as_named(finding: Finding, root: pathlib.Path) -> Finding:
    """With paths that begin as the user has named the store, not where links lead."""
    real = root.resolve()

    def shown(path: pathlib.Path) -> pathlib.Path:
        return root / path.relative_to(real) if path.is_relative_to(real) else path

    return replace(
        finding,
        path=shown(finding.path),
        others=tuple(map(shown, finding.others)),
        kept=tuple(map(shown, finding.kept)),
        moves=tuple((shown(path), shown(target)) for path, target in finding.moves),
    )


def _one(finding: Finding, commands: Iterable[str]) -> dict[str, Any]:
    return {
        "level": finding.level.value,
        "kind": finding.ailment.name.lower(),
        "path": str(finding.path),
        "text": f"{finding.ailment.value}: {finding.text}",
        "mend": list(commands),
    }


def _lines(made: list[dict[str, Any]]) -> Iterator[str]:
    for one, following in zip(made, [*made[1:], None], strict=True):
        yield f"{one['path']}: {one['level']}: {one['text']}"
        if following is None or following["mend"] != one["mend"]:  # what mends several stands below the last
            yield from (f"    {command}" for command in one["mend"])
    counts = [(level, sum(one["level"] == level for one in made)) for level in ("error", "warning", "note")]
    yield ", ".join(f"{count} {level}{'' if count == 1 else 's'}" for level, count in counts if count)
