"""`evsite ev`: one simulated car against any station.

Exit codes: those of `actors.exits`; 1: the run has not ended as wanted, 2: bad options, script or
certificates. What the command needs is imported when it runs.
"""

from __future__ import annotations

import json
import pathlib  # noqa: TC003  # typer reads the annotations
import secrets
from typing import TYPE_CHECKING, Annotated, Any

import typer

from actors.exits import FAILED, GOOD, refuse
from actors.simulation.ev import options

if TYPE_CHECKING:
    from actors.simulation.ev.machine import Evcc
    from actors.simulation.ev.script import Script
    from actors.simulation.ev.wallet import Wallet
    from certs.tls import ClientContext


def ev(
    *,
    interface: Annotated[
        str | None, typer.Option(help="Find the station by multicast on this interface.", show_default=False)
    ] = None,
    connect: Annotated[
        str | None,
        typer.Option(help="HOST:PORT of the V2G port, no discovery.", show_default=False),
    ] = None,
    sdp: Annotated[
        str | None, typer.Option(help="HOST[:PORT] to ask where the station is.", show_default=False)
    ] = None,
    protocol: Annotated[
        list[str] | None, typer.Option(help="iso2, iso20 or din; again for more, the favourite first.")
    ] = None,
    mode: Annotated[str | None, typer.Option(help="ac, dc, ac_bpt or dc_bpt.", show_default="ac")] = None,
    pay: Annotated[str | None, typer.Option(help="contract or eim.", show_default="what can be had")] = None,
    tls: Annotated[
        bool | None, typer.Option("--tls/--no-tls", help="Speak TLS.", show_default="where it is needed")
    ] = None,
    pki: Annotated[
        pathlib.Path | None, typer.Option(help="The car's certificates, as `evsite pki init` makes them.")
    ] = None,
    script: Annotated[pathlib.Path | None, typer.Option(help="YAML file: the car and what it does.")] = None,
    soc_start: Annotated[
        float | None, typer.Option(min=0, max=100, help="State of charge at the start.", show_default="20")
    ] = None,
    soc_target: Annotated[
        float | None, typer.Option(min=0, max=100, help="State of charge to stop at.", show_default="100")
    ] = None,
    time_lapse: Annotated[
        int | None, typer.Option(min=1, help="The battery fills so much faster than time.", show_default="1")
    ] = None,
    within: Annotated[
        float | None, typer.Option(min=0, help="Give up after so many seconds.", show_default="never")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    keylog: Annotated[
        pathlib.Path | None, typer.Option(help="Append TLS secrets to this file (SSLKEYLOGFILE).")
    ] = None,
    pcap: Annotated[
        pathlib.Path | None, typer.Option(help="Write what passes over TCP to this file, as a capture.")
    ] = None,
) -> None:
    """Run a simulated car against a station and print the messages with their timings.

    Options go before what the script says. Exit code 1: it did not end as wanted; the reason is printed.
    """
    place = options.place_of(interface, connect, sdp)
    changes = {
        "protocols": protocol or None,
        "mode": mode,
        "pay": pay,
        "tls": tls,
        "time_lapse": time_lapse,
    }
    plan = _script(script, changes, soc_start, soc_target)
    wallet = _wallet(pki, plan)
    context = _context(plan, wallet, key_log=keylog is not None)

    from actors.simulation.ev import exchange, machine, runner  # noqa: PLC0415  # see the module's docstring

    _prepare(plan)
    papers = options.Papers(keylog, pcap)
    car = machine.Evcc(plan, wallet, secrets.token_bytes)
    running = runner.Runner(car, place, context, capture=papers.capture, within_s=within)
    done = options.drive(running, papers)
    exchanges = [effect for effect in done if isinstance(effect, exchange.Exchanged)]
    _show(car, exchanges, as_json=as_json)
    raise typer.Exit(GOOD if car.outcome is not None and car.outcome.good else FAILED)


def _prepare(plan: Script) -> None:
    """Generate the EXI functions first, so that no message waits for them."""
    from actors.simulation.ev.script import Protocol  # noqa: PLC0415  # see the module's docstring
    from protocols.iso15118 import exi  # noqa: PLC0415  # as above

    schemas = {
        Protocol.DIN: (exi.Schema.DIN,),
        Protocol.ISO2: (exi.Schema.ISO2,),
        Protocol.ISO20: (
            exi.Schema.ISO20_COMMON,
            exi.Schema.ISO20_DC if plan.car.mode.is_dc else exi.Schema.ISO20_AC,
        ),
    }
    wanted = [schema for protocol in plan.car.protocols for schema in schemas[protocol]]
    for schema in (exi.Schema.APP_PROTOCOL, exi.Schema.XMLDSIG, *wanted):
        exi.prepare(schema)


def _script(
    path: pathlib.Path | None, changes: dict[str, Any], start: float | None, target: float | None
) -> Script:
    from pydantic import ValidationError  # noqa: PLC0415  # see the module's docstring

    from actors.simulation.ev.script import Script  # noqa: PLC0415  # as above
    from actors.simulation.ev.script_file import ScriptError, load_script  # noqa: PLC0415  # as above

    try:
        plan = load_script(path) if path is not None else Script()
        tree = plan.model_dump(mode="json", exclude_unset=True)
        car = tree.setdefault("car", {})
        car.update({name: value for name, value in changes.items() if value is not None})
        if start is not None:
            car.setdefault("battery", {})["soc_percent"] = start
        if target is not None:
            tree["steps"] = ["plug", {"charge": {"to_soc_percent": target}}, "unplug"]
        return Script.model_validate(_without_empty(tree))
    except ScriptError as error:
        refuse(str(error))
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        refuse("; ".join(problems))


def _without_empty(tree: dict[str, Any]) -> dict[str, Any]:
    """The dumped script as a person would write it: of each step only what it is."""
    if "steps" in tree:
        tree["steps"] = [
            {name: value for name, value in step.items() if value is not None}
            if isinstance(step, dict)
            else step
            for step in tree["steps"]
        ]
    return tree


def _wallet(directory: pathlib.Path | None, plan: Script) -> Wallet | None:
    from actors.simulation.ev.wallet import WalletError, load_wallet  # noqa: PLC0415  # see the docstring

    if directory is None:
        return None
    if not directory.is_dir():
        refuse(f"{directory}: no such directory")
    try:
        return load_wallet(directory, contract=plan.wallet.contract, contract_20=plan.wallet.contract_20)
    except WalletError as error:
        refuse(str(error))


def _context(plan: Script, wallet: Wallet | None, *, key_log: bool) -> ClientContext | None:
    """How the car speaks TLS; None where it does not."""
    from actors.simulation.ev.contexts import client_context  # noqa: PLC0415  # see the module's docstring

    if not plan.car.wants_tls:
        return None
    if wallet is None or not wallet.v2g_roots:
        refuse("TLS needs the roots of stations: --pki DIRECTORY, or --no-tls")
    return client_context(plan.car, wallet, key_log=key_log)


def _show(car: Evcc, exchanges: list[Any], *, as_json: bool) -> None:
    from actors.simulation.ev import report  # noqa: PLC0415  # see the module's docstring

    outcome = car.outcome
    assert outcome is not None
    if as_json:
        typer.echo(json.dumps(report.to_json(car.spoken, exchanges, outcome), indent=2))
        return
    if exchanges:
        left = {"request", "answer"}
        headings = {one: "left" if one in left else "right" for one in report.HEADINGS}
        typer.echo(options.table(car.spoken, report.cells(report.lines(exchanges)), headings))
    typer.echo(f"{outcome}; {outcome.energy_wh} Wh, battery at {outcome.soc_percent} %")
    if outcome.good and not outcome.completed:
        typer.echo("which is what the script expects")
