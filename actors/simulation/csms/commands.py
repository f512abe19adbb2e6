"""`evsite csms`: a simulated back-end, and the judgement over what it has recorded.

Exit codes: those of `actors.exits`; 1: the ports cannot be had, or with --strict something was not as it
should be; 2: bad options, script or certificates. What a command needs is imported when it runs.
"""

from __future__ import annotations

import json
import pathlib  # noqa: TC003  # typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from actors.exits import FAILED, GOOD, fail, refuse, tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from actors.simulation.csms.authority import Authority
    from actors.simulation.csms.backend import Backend
    from actors.simulation.csms.ledger import Account, Ledger
    from actors.simulation.csms.record import Entry
    from actors.simulation.csms.run import Port, Setting, Started
    from actors.simulation.csms.script import Script
    from certs.errors import CertificateError

app: Final = typer.Typer(
    name="csms",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
PROFILES: Final = 3
MAX_PORT: Final = 65_535
MAX_SHOWN: Final = 50
"""So many accounts are shown one by one."""


@app.callback(invoke_without_command=True)
def csms(
    context: typer.Context,
    *,
    script: Annotated[
        pathlib.Path | None, typer.Option(help="YAML file: stations, tokens, answers, scenes, faults.")
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=MAX_PORT, help="Its port; 0 for any.")] = 9000,
    profile: Annotated[
        int | None,
        typer.Option(min=0, max=PROFILES, help="Security profile of the port.", show_default="0 or 1"),
    ] = None,
    also: Annotated[
        list[str] | None,
        typer.Option(help="PORT:PROFILE, one more port; again for more.", show_default=False),
    ] = None,
    pki: Annotated[
        pathlib.Path | None, typer.Option(help="Test certificates, as `evsite pki init` makes them.")
    ] = None,
    password_file: Annotated[
        pathlib.Path | None, typer.Option(help="File whose first line opens the keys of --pki.")
    ] = None,
    ocpp: Annotated[
        list[str] | None,
        typer.Option(help="2.1, 2.0.1 or 1.6; again for more, the favourite first.", show_default="all"),
    ] = None,
    record: Annotated[
        pathlib.Path | None, typer.Option(help="Append everything to this file, as JSON lines.")
    ] = None,
    control: Annotated[int, typer.Option(min=0, max=MAX_PORT, help="Port of the HTTP control.")] = 9001,
    no_control: Annotated[bool, typer.Option("--no-control", help="No HTTP control.")] = False,
    token_file: Annotated[
        pathlib.Path | None, typer.Option(help="File whose first line the control wants as bearer token.")
    ] = None,
    ping: Annotated[float | None, typer.Option(min=0.1, help="Ping stations every so many seconds.")] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Exit code 1 if a station did what it must not, or a scene went wrong."
        ),
    ] = False,
    within: Annotated[
        float | None, typer.Option("--for", min=0, help="End after so many seconds.", show_default="never")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no messages.")] = False,
) -> None:
    """A simulated back-end for OCPP 1.6, 2.0.1 and 2.1: stations connect, and it shows what passes.

    Without any option it listens at ws://127.0.0.1:9000/ and accepts every station and token; certificates of
    contracts need --pki. What it is to answer, to ask and to do wrong says a script: see docs/csms.md and
    deploy/csms. Exit code 1: a port cannot be had, or --strict; 2: bad options, script or certificates.
    """
    if context.invoked_subcommand is not None:
        return
    plan = _script(script, ocpp)
    setting = _setting(plan, _ports(host, port, profile, also), pki, password_file)
    token = None if token_file is None else _first_line(token_file)
    setting = _with(setting, None if no_control else control, token, ping, within)
    backend = _run(setting, record, quiet=quiet)
    raise typer.Exit(FAILED if strict and not backend.good() else GOOD)


def _script(path: pathlib.Path | None, versions: list[str] | None) -> Script:
    from actors.simulation.csms.script import Script  # noqa: PLC0415  # see the module's docstring
    from actors.simulation.csms.script_file import load_script  # noqa: PLC0415  # as above
    from actors.simulation.ev.script_file import ScriptError  # noqa: PLC0415  # as above
    from protocols.ocpp.version import Version  # noqa: PLC0415  # as above

    try:
        plan = load_script(path) if path is not None else Script()
    except ScriptError as error:
        refuse(str(error))
    if not versions:
        return plan
    known = {version.value.removeprefix("ocpp"): version for version in Version}
    chosen = [one.removeprefix("ocpp") for one in versions]
    if unknown := [one for one in chosen if one not in known]:
        refuse(f"--ocpp {unknown[0]}: one of {', '.join(known)}")
    return plan.model_copy(update={"versions": tuple(dict.fromkeys(known[one] for one in chosen))})


def _ports(host: str, port: int, profile: int | None, also: list[str] | None) -> tuple[Port, ...]:
    from actors.simulation.csms.run import Port  # noqa: PLC0415  # see the module's docstring

    ports = [Port(host=host, port=port, security_profile=profile)]
    for text in also or ():
        number, _, security = text.partition(":")
        good = number.isdecimal() and int(number) <= MAX_PORT and security in {"0", "1", "2", "3"}
        if not good:
            refuse(f"--also {text}: PORT:PROFILE, for example 9443:2")
        ports.append(Port(host=host, port=int(number), security_profile=int(security)))
    return tuple(ports)


def _told(error: CertificateError) -> str:
    """What is wrong, in one sentence: where something is missing, the detail is one."""
    from certs.errors import Problem  # noqa: PLC0415  # see the module's docstring

    return error.detail if error.problem is Problem.EMPTY and error.detail else str(error)


def _setting(
    plan: Script, ports: tuple[Port, ...], pki: pathlib.Path | None, password_file: pathlib.Path | None
) -> Setting:
    from actors.simulation.csms.run import Setting  # noqa: PLC0415  # see the module's docstring

    password = None if password_file is None else _first_line(password_file).encode()
    return Setting(script=plan, ports=ports, pki=pki, authority=_authority(plan, pki, password))


def _authority(plan: Script, pki: pathlib.Path | None, password: bytes | None) -> Authority | None:
    from actors.simulation.csms.pki_files import load_authority  # noqa: PLC0415  # see the docstring
    from certs.errors import CertificateError  # noqa: PLC0415  # as above

    if pki is None:
        return None
    try:
        return load_authority(pki, plan.certificates, password)
    except CertificateError as error:
        refuse(_told(error))
    except OSError as error:
        refuse(f"{error.filename}: {error.strerror}")


def _with(setting: Setting, control: int | None, token: str | None, ping: Any, for_s: Any) -> Setting:
    import dataclasses  # noqa: PLC0415  # see the module's docstring

    return dataclasses.replace(setting, control_port=control, token=token, ping_s=ping, for_s=for_s)


def _first_line(path: pathlib.Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        refuse(f"{path}: {getattr(error, 'strerror', None) or 'no text'}")
    if not lines or not lines[0].strip():
        refuse(f"{path}: its first line is empty")
    return lines[0].strip()


def _run(setting: Setting, record: pathlib.Path | None, *, quiet: bool) -> Backend:
    import asyncio  # noqa: PLC0415  # see the module's docstring

    from actors.simulation.csms import run  # noqa: PLC0415  # as above
    from actors.simulation.csms.screen import Screen  # noqa: PLC0415  # as above
    from actors.simulation.csms.sink import Sink  # noqa: PLC0415  # as above
    from certs.errors import CertificateError  # noqa: PLC0415  # as above

    screen = Screen()
    try:
        sink = Sink(record) if record is not None else None
    except OSError as error:
        refuse(f"{record}: {error.strerror}")
    writers: list[Callable[[Entry], None]] = [] if sink is None else [sink.write]
    writers += [] if quiet else [screen.show]

    def write(entry: Entry) -> None:
        for each in writers:
            each(entry)

    def started(where: Started) -> None:
        screen.begin(where, setting.script, setting.pki, record)

    try:
        backend = asyncio.run(run.run(setting, write, started))
    except run.PortError as error:
        fail(str(error))
    except CertificateError as error:
        refuse(_told(error))
    screen.end(backend)
    if sink is not None:
        sink.close()
        if sink.trouble is not None:
            tell(f"{record}: {sink.trouble}; the record is not complete")
    return backend


@app.command()
def schema() -> None:
    """Print the JSON Schema of scripts, for editors."""
    from actors.simulation.csms.script import Script  # noqa: PLC0415  # see the module's docstring

    typer.echo(json.dumps(Script.model_json_schema(), indent=2))


@app.command()
def ledger(
    record: Annotated[pathlib.Path, typer.Argument(help="What `evsite csms --record` has written.")],
    *,
    station: Annotated[str, typer.Option(help="Only this one; `*` and `?` count.")] = "*",
    at_least: Annotated[
        int, typer.Option(min=0, help="So many transactions there have to be; 0: none is right too.")
    ] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Judge the transactions of a record.

    Each has to be complete and in order, and each message told once, or again where its answer may have been
    lost. Exit code 1: something is missing, doubled, out of order, or never ended, or there are too few of
    them to say that all went well.
    """
    from actors.simulation.csms.ledger import judge  # noqa: PLC0415  # see the module's docstring
    from actors.simulation.csms.matching import text_fits  # noqa: PLC0415  # as above
    from actors.simulation.csms.record import RecordError, from_lines  # noqa: PLC0415  # as above

    try:
        entries = from_lines(record.read_text(encoding="utf-8").splitlines())
    except (RecordError, UnicodeDecodeError) as error:
        refuse(f"{record}: {error}")
    except OSError as error:
        refuse(f"{record}: {error.strerror}")
    judged = judge(entry for entry in entries if text_fits(station, entry.station))
    enough = len(judged.accounts) >= at_least
    if as_json:
        typer.echo(json.dumps(_to_json(judged, enough=enough), indent=2))
    else:
        _print_ledger(judged)
    if not enough:
        fail(
            f"{record}: {_count(len(judged.accounts), 'transaction')} of station {station}, where there have "
            f"to be {at_least} at least (--at-least)"
        )
    raise typer.Exit(GOOD if judged.good else FAILED)


def _to_json(judged: Ledger, *, enough: bool) -> dict[str, Any]:
    return {
        "good": judged.good and enough,
        "enough": enough,
        "repeated": judged.repeated,
        "transactions": [
            {
                "station": one.station,
                "transaction": one.transaction,
                "version": one.version,
                "messages": len(one.messages),
                "repeated": one.repeated,
                "energy_wh": round(one.energy_wh, 3),
                "findings": [str(finding) for finding in one.findings],
            }
            for one in judged.accounts
        ],
    }


def _print_ledger(judged: Ledger) -> None:
    from actors.simulation.ev.options import table  # noqa: PLC0415  # see the module's docstring

    bad = [one for one in judged.accounts if not one.good]
    shown = (bad or list(judged.accounts))[:MAX_SHOWN]
    if shown:
        headings = {"station": "left", "transaction": "left", "messages": "right", "again": "right"}
        headings |= {"energy Wh": "right", "verdict": "left"}
        typer.echo(table("", [_row(one) for one in shown], headings))
    left = len(bad or judged.accounts) - len(shown)
    more = f" ({left} more not shown)" if left else ""
    good = len(judged.accounts) - len(bad)
    typer.echo(
        f"{_count(len(judged.accounts), 'transaction')}: {good} good, {len(bad)} not; "
        f"{_count(judged.repeated, 'message')} came again, rightly{more}"
    )


def _count(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def _row(one: Account) -> tuple[str, ...]:
    verdict = "; ".join(map(str, one.findings)) or "good"
    return (
        one.station,
        one.transaction,
        str(len(one.messages)),
        str(one.repeated),
        f"{one.energy_wh:.0f}",
        verdict,
    )
