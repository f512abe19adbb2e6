"""Commands about site files: `evsite check`, `evsite init`, `evsite schema`.

Exit codes: those of `actors.exits`. What a command needs is imported when it runs, so that the command line
answers at once.
"""

from __future__ import annotations

import errno
import json
import os
import pathlib
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from actors.config.template import Current, Ocpp, SitePlan, write_site
from actors.exits import BAD_INPUT, GOOD, fail, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from actors.config.loader import Checked
    from actors.config.problems import Problem

DEFAULT_KINDS: Final = "ac,dc"
DEFAULT_NAME: Final = "site.yaml"
MAX_EVSES: Final = 126
"""With Plug & Charge each EVSE is a token provider, beside the reader and the CSMS; Auth takes 128 (M1.7)."""
COLOURS: Final = {"error": "bold red", "warning": "yellow"}

Files = Annotated[
    list[pathlib.Path],
    typer.Argument(metavar="FILE...", help="Site files to check. - is standard input.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")]
Strict = Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")]
State = Annotated[
    pathlib.Path | None,
    typer.Option(
        metavar="DIR",
        help="Check also the device model of OCPP that the site of this state directory has; takes one FILE.",
    ),
]
Target = Annotated[
    pathlib.Path,
    typer.Argument(
        metavar="TARGET", help=f"File to write (.yaml, .yml), or a directory to write {DEFAULT_NAME} into."
    ),
]
Evses = Annotated[
    int | None,
    typer.Option(
        metavar="COUNT", min=1, max=MAX_EVSES, help="How many EVSEs.", show_default="as many as --kinds"
    ),
]
Kinds = Annotated[
    str | None,
    typer.Option(
        metavar="LIST",
        help="ac or dc for each EVSE, from the first; begins again when it ends.",
        show_default=DEFAULT_KINDS,
    ),
]
AllAc = Annotated[bool, typer.Option("--ac", help="Every EVSE is AC.")]
AllDc = Annotated[bool, typer.Option("--dc", help="Every EVSE is DC.")]
Version = Annotated[Ocpp, typer.Option(help="Version of the link to the CSMS.")]
Contract = Annotated[bool, typer.Option("--pnc/--no-pnc", help="Plug & Charge.")]
Cars = Annotated[bool, typer.Option("--cars/--no-cars", help="A simulated car at each EVSE.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")]


def check(files: Files, *, as_json: Json = False, strict: Strict = False, state: State = None) -> None:
    """Check site files: everything that is wrong, where it is and what to do.

    Exit code 0: good, maybe with warnings. 2: at least one file cannot be used, or --state is given with
    several: a state directory belongs to one site.
    """
    if state is not None and len(files) > 1:
        refuse(
            f"--state {state} belongs to one site, but {len(files)} files are named; check them one by one"
        )
    from actors.config.loader import check_file  # noqa: PLC0415  # see the module's docstring

    outcomes = [_with_device_model(check_file(path), state) for path in files]
    if as_json:
        report = {"files": [_outcome(checked, strict=strict) for checked in outcomes]}
        typer.echo(json.dumps(report, indent=2))
    else:
        for checked in outcomes:
            _print(checked, strict=strict)
    raise typer.Exit(GOOD if all(_good(checked, strict=strict) for checked in outcomes) else BAD_INPUT)


def _with_device_model(checked: Checked, state: pathlib.Path | None) -> Checked:
    """The outcome with what is wrong with the device model, if there is a site and its state directory."""
    if checked.site is None or state is None:
        return checked
    from actors.config.problems import Problem  # noqa: PLC0415  # as above
    from actors.site import device_model_problems  # noqa: PLC0415  # as above
    from actors.state_directory import StateDirectory  # noqa: PLC0415  # as above

    found = device_model_problems(checked.site, str(StateDirectory(state).journals), datetime.now(UTC))
    problems = [
        Problem(file=each.file, line=0, column=0, path=each.place, text=each.text, suggestion=each.advice)
        for each in found
    ]
    site = None if problems else checked.site
    return replace(checked, site=site, problems=(*checked.problems, *problems))


def _good(checked: Checked, *, strict: bool) -> bool:
    return checked.site is not None and not (strict and checked.problems)


def _outcome(checked: Checked, *, strict: bool) -> dict[str, Any]:
    site = checked.site
    keys = ("severity", "file", "line", "column", "path", "text", "suggestion")
    return {
        "file": checked.file,
        "good": _good(checked, strict=strict),
        "evses": len(site.evses) if site else None,
        "modules": len(site.modules) if site else None,
        "not_yet_available": sorted({one.manifest.name for one in site.not_yet_available()}) if site else [],
        "problems": [{key: getattr(problem, key) for key in keys} for problem in checked.problems],
    }


def _print(checked: Checked, *, strict: bool) -> None:
    lines = [_summary(checked, strict=strict)]
    if (site := checked.site) and (later := {one.manifest.name for one in site.not_yet_available()}):
        lines.append(f"    Comes with a later version: {', '.join(sorted(later))}.")
    if sys.stdout.isatty():
        _print_in_colour(checked.problems, lines)
    else:
        typer.echo("\n".join([*map(str, checked.problems), *lines]))


def _print_in_colour(problems: Sequence[Problem], lines: Sequence[str]) -> None:
    from rich.console import Console  # noqa: PLC0415  # see the module's docstring
    from rich.text import Text  # noqa: PLC0415  # as above

    console = Console(soft_wrap=True, highlight=False)  # a path must stay in one piece
    for problem in problems:
        shown = Text(str(problem))
        shown.highlight_words([f"{problem.severity}:"], COLOURS[problem.severity])
        console.print(shown)
    console.print(Text("\n".join(lines)))


def _summary(checked: Checked, *, strict: bool) -> str:
    kinds = [problem.severity.value for problem in checked.problems]
    counts = ", ".join(_count(kinds.count(kind), kind) for kind in ("error", "warning") if kind in kinds)
    if not _good(checked, strict=strict):
        return f"{checked.file}: {counts}"
    site = checked.site
    size = f"{_count(len(site.evses), 'EVSE')}, {_count(len(site.modules), 'module')}" if site else ""
    return f"{checked.file}: good ({size}{', ' if counts else ''}{counts})"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def init(
    target: Target = pathlib.Path(),
    *,
    evses: Evses = None,
    kinds: Kinds = None,
    all_ac: AllAc = False,
    all_dc: AllDc = False,
    ocpp: Version = Ocpp.V21,
    pnc: Contract = True,
    cars: Cars = True,
    force: Force = False,
) -> None:
    """Write a commented site file of simulated EVSEs to begin with.

    Exit code 2: the options do not fit, or the file is there and --force is not given. 1: it cannot be
    written.
    """
    if all_ac and all_dc:
        refuse("--ac and --dc exclude each other; for both kinds write for example --kinds ac,dc")
    if kinds is not None and (all_ac or all_dc):
        refuse(f"--kinds and {'--ac' if all_ac else '--dc'} exclude each other; give one of them")
    if kinds is None:
        kinds = "ac" if all_ac else "dc" if all_dc else DEFAULT_KINDS
    currents = _currents(kinds, evses)
    plan = SitePlan(currents=currents, ocpp=ocpp, plug_and_charge=pnc, cars=cars)
    path = (
        target
        if target.suffix.lower() in {".yaml", ".yml"} and not target.is_dir()
        else target / DEFAULT_NAME
    )
    try:
        _write(path, write_site(plan), force=force)
    except FileExistsError:
        refuse(f"{path} is there already; --force overwrites it")
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}")
    typer.echo(f"{path}: written. Check it with: evsite check {path}")


def _currents(kinds: str, evses: int | None) -> tuple[Current, ...]:
    words = [word.strip().lower() for word in kinds.split(",")]
    for word in words:
        if word not in list(Current):
            refuse(f"--kinds: {word!r} is neither ac nor dc")
    count = len(words) if evses is None else evses
    return tuple(Current(words[index % len(words)]) for index in range(count))


def _write(path: pathlib.Path, text: str, *, force: bool) -> None:
    """Write a file whole or not at all. Raises FileExistsError unless forced, OSError otherwise."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:  # a file stands where the directory should
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from error
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        pathlib.Path(temporary).chmod(0o644)
        if force:
            pathlib.Path(temporary).replace(path)
        else:
            path.hardlink_to(temporary)  # unlike a rename this fails when the file is there
    finally:
        pathlib.Path(temporary).unlink(missing_ok=True)


def schema() -> None:
    """Print the JSON Schema of site files, for editors."""
    from actors.config.schema import site_schema  # noqa: PLC0415  # see the module's docstring

    typer.echo(json.dumps(site_schema(), indent=2))
