"""Command `evsite join`: carry some EVSEs of a site that is led from another host.

Exit codes: those of `actors.exits`.
"""

from __future__ import annotations

import os
import pathlib
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from actors.exits import GOOD, fail, refuse
from actors.hosts import HostsError, capabilities, evses_of, place_of
from actors.life import StopAsked, planned
from actors.run import Level, load
from actors.service import Service
from actors.start import prepare, started
from actors.state_directory import StateDirectory, StateError

if TYPE_CHECKING:
    from actors.config import SiteFile
    from actors.engine.system import Host, System

LOOK_S = 0.5
"""How often the actors are counted."""

File = Annotated[
    pathlib.Path, typer.Argument(metavar="FILE", help="The site file, the same as on the leading host.")
]
Leader = Annotated[str, typer.Argument(metavar="ADDRESS[:PORT]", help="Where the leading host listens.")]
Listen = Annotated[
    str, typer.Option(metavar="ADDRESS[:PORT]", help="This host's own address, where the others find it.")
]
Evses = Annotated[list[int], typer.Option("--evse", metavar="N", help="An EVSE that this host carries.")]
State = Annotated[
    pathlib.Path,
    typer.Option(
        metavar="DIR",
        envvar="EVSITE_STATE",
        help="State directory, called the same as on the leading host, with a copy of its engine.key.",
    ),
]


def join(
    file: File,
    leader: Leader,
    *,
    listen: Listen,
    evses: Evses,
    state: State = pathlib.Path("run"),
    log_level: Level = "info",
) -> None:
    """Run the actors of some EVSEs of a site that is led from another host, until Ctrl-C.

    The leading host's `evsite run --listen ... --elsewhere N` says which EVSEs wait for a host that joins.
    Logs go to standard error, as JSON lines. Whoever is lost comes back by itself: the leading host places
    its EVSEs here whenever it can be reached.

    Exit code 0: it was stopped. 1: it could not start. 2: an argument does not fit.
    """
    stop = StopAsked()
    site = load(file, "0", warn=False)  # the leading host may have been given a Gateway by option
    from actors import logs  # noqa: PLC0415  # imported when the command runs

    if log_level not in logs.LEVELS:
        refuse(f"--log-level: {log_level!r} is none of {', '.join(logs.LEVELS)}")
    directory = StateDirectory(state)
    try:
        first = place_of(leader)
        address, port = place_of(listen)
        carried = evses_of(evses, site.evses)
    except HostsError as error:
        refuse(str(error))
    logs.configure(log_level)
    try:
        directory.claim()
        key = _key(directory)
        directory.journals.mkdir(mode=0o700, exist_ok=True)
        _carry(site, directory, _host(address, port, key, first, carried), stop, carried)
    except (StateError, OSError) as error:
        fail(str(error))
    directory.release()
    raise typer.Exit(GOOD)


def _key(directory: StateDirectory) -> bytes:
    try:
        return directory.key()
    except StateError as error:
        where = f"{directory.path}, mode 600"
        raise StateError(f"{error}; the leading host has made it: copy its engine.key to {where}") from error


def _host(address: str, port: int, key: bytes, leader: tuple[str, int], evses: frozenset[int]) -> Host:
    from actors.engine.system import Host  # noqa: PLC0415  # as above

    return Host(
        address=address,
        port=port,
        key=key,
        leader=f"{leader[0]}:{leader[1]}",
        capabilities=capabilities(evses),
    )


def _carry(
    site: SiteFile, directory: StateDirectory, host: Host, stop: StopAsked, evses: frozenset[int]
) -> None:
    service = Service.of(os.environ, os.getpid())
    names = ", ".join(map(str, sorted(evses)))
    prepare([each for each in planned(site, directory) if each.evse in evses])
    with started(host) as system:
        _say(f"carries EVSE {names} of the site that {host.leader} leads; waits for it")
        service.ready(f"EVSE {names} of {host.leader}")
        _count(system, stop, service)
        service.stopping()


def _count(system: System, stop: StopAsked, service: Service) -> None:
    """Say how many actors run here whenever that changes, until it is to stop."""
    known = 0
    while not stop.asked:
        number = len(system.actors_alive())
        if number != known:
            known = number
            _say(f"{number} actors run here")
            service.status(f"{number} actors")
        if service.sign_due(time.monotonic()):
            service.alive(time.monotonic())
        stop.wait(LOOK_S)


def _say(text: str) -> None:
    typer.echo(text)
    sys.stdout.flush()
