"""`evsite replay`: the car's side of a recorded talk, once more.

Exit codes: those of `actors.exits`; 1: the station has answered otherwise, or something could not be
replayed, 2: bad options or a bundle that is none. What the command needs is imported when it runs.
"""

from __future__ import annotations

import json
import pathlib  # noqa: TC003  # typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from actors.exits import FAILED, GOOD, refuse
from actors.simulation.ev import options

if TYPE_CHECKING:
    from actors.simulation.replay.record import Record
    from certs.tls import ClientContext


def replay(
    bundle: Annotated[pathlib.Path, typer.Argument(metavar="BUNDLE", help="A talk's evidence.")],
    *,
    to: Annotated[
        str | None, typer.Option(help="HOST:PORT of the V2G port, no discovery.", show_default=False)
    ] = None,
    interface: Annotated[
        str | None, typer.Option(help="Find the station by multicast on this interface.", show_default=False)
    ] = None,
    sdp: Annotated[
        str | None, typer.Option(help="HOST[:PORT] to ask where the station is.", show_default=False)
    ] = None,
    fast: Annotated[bool, typer.Option("--fast", help="Without the recorded pauses.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Compare all fields but those that always differ.")
    ] = False,
    signed: Annotated[
        bool, typer.Option("--signed", help="Send what was signed then, too: a station has to refuse it.")
    ] = False,
    tls: Annotated[
        bool | None, typer.Option("--tls/--no-tls", help="Speak TLS.", show_default="as recorded")
    ] = None,
    pki: Annotated[
        pathlib.Path | None, typer.Option(help="The car's certificates, as `evsite pki init` makes them.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    keylog: Annotated[
        pathlib.Path | None, typer.Option(help="Append TLS secrets to this file (SSLKEYLOGFILE).")
    ] = None,
    pcap: Annotated[
        pathlib.Path | None, typer.Option(help="Write what passes over TCP to this file, as a capture.")
    ] = None,
) -> None:
    """Play the car of a recorded talk to a station, and compare the answers: kind and response code.

    Exit code 1: an answer differs, or a request cannot be replayed; the output says which and why.
    """
    place = options.place_of(interface, to, sdp, option="--to")
    record = _record(bundle)
    version = record.tls_version if tls is None else ((record.tls_version or "TLSv1.2") if tls else None)
    context = _context(version, pki, key_log=keylog is not None)

    from actors.simulation.ev.runner import Runner  # noqa: PLC0415  # see the module's docstring
    from actors.simulation.replay import machine, report  # noqa: PLC0415  # as above

    papers = options.Papers(keylog, pcap)
    car = machine.Replayer(
        record, machine.Options(fast=fast, strict=strict, signed=signed, tls=version is not None)
    )
    for _effect in options.drive(Runner(car, place, context, capture=papers.capture), papers):
        pass
    outcome = car.outcome
    assert outcome is not None
    if as_json:
        typer.echo(json.dumps(report.to_json(record, car.rows, outcome), indent=2))
    else:
        if car.rows:
            typer.echo(options.table(record.namespace or "", report.cells(car.rows), report.HEADINGS))
        for remark in report.remarks(record, car.rows):
            typer.echo(remark)
        typer.echo(str(outcome))
    raise typer.Exit(GOOD if outcome.good else FAILED)


def _record(bundle: pathlib.Path) -> Record:
    from actors.simulation.replay.record import read  # noqa: PLC0415  # see the module's docstring
    from actors.v2g.link.evidence_lines import LINES, EvidenceError  # noqa: PLC0415  # as above
    from actors.wire.lines import split  # noqa: PLC0415  # as above
    from protocols.iso15118 import exi, guess, v2gtp  # noqa: PLC0415  # as above

    path = bundle / LINES if bundle.is_dir() else bundle
    try:
        with path.open("rb") as file:
            record = read(split(file))
    except OSError as error:
        refuse(f"{path}: {error.strerror}")
    except EvidenceError as error:
        refuse(f"{path}: {error}")
    first = guess.BY_PAYLOAD_TYPE[v2gtp.PayloadType.EXI]  # what the first message may be
    for schema in {*first, *(step.request.schema for step in record.steps if step.request.schema)}:
        exi.prepare(schema)  # so that no message waits for it
    return record


def _context(version: str | None, pki: pathlib.Path | None, *, key_log: bool) -> ClientContext | None:
    """How TLS is spoken, in the version of the record; None where it is not."""
    if version is None:
        return None
    from actors.simulation.ev.contexts import client_context  # noqa: PLC0415  # see the module's docstring
    from actors.simulation.ev.script import Car, Protocol  # noqa: PLC0415  # as above
    from actors.simulation.ev.wallet import WalletError, load_wallet  # noqa: PLC0415  # as above

    if pki is None or not pki.is_dir():
        refuse("the talk was over TLS, which needs the roots of stations: --pki DIRECTORY, or --no-tls")
    try:
        wallet = load_wallet(pki)
    except WalletError as error:
        refuse(str(error))
    if not wallet.v2g_roots:
        refuse(f"{pki}: no roots of stations")
    protocol = Protocol.ISO20 if version == "TLSv1.3" else Protocol.ISO2
    return client_context(Car(protocols=(protocol,)), wallet, key_log=key_log)
