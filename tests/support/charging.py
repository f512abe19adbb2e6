"""A simulated car that charges at a link of processes, over real sockets on loopback."""

from __future__ import annotations

import contextlib
import secrets
import time
from typing import TYPE_CHECKING

from actors.simulation.ev import machine, runner
from actors.simulation.ev.contexts import client_context
from actors.simulation.ev.wallet import load_wallet
from certs import pki
from tests.support.engine import eventually
from tests.support.ev_cars import script
from tests.support.links import ports
from tests.support.managers import living_world
from tests.support.stores import provision, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from actors.engine.client import Client
    from actors.simulation.ev.exchange import Effect
    from actors.simulation.ev.outcome import Outcome

TALK_S = 60.0


def furnish(directory: Path) -> dict[str, object]:
    """Give a station and its cars their certificates; the configuration of `links.Root` for it."""
    made = living_world()
    provision(directory / "certs", made=made)
    for name, file in pki.files(made, None, with_broken=False).items():
        put(directory / "car" / name, file.content, file.mode)
    return {"directory": str(directory), "played": True}


def charge(
    client: Client, directory: Path, yaml: str, watch: Callable[[Effect], None] = lambda _effect: None
) -> Outcome | None:
    """One car from plug to unplug; `watch` sees each thing it does as soon as it is done."""
    eventually(lambda: ports(client).tls, within_s=30)
    plan = script(yaml)
    wallet = load_wallet(directory / "car")
    context = client_context(plan.car, wallet) if plan.car.wants_tls else None
    car = machine.Evcc(plan, wallet, secrets.token_bytes)
    place = runner.Place(sdp=("::1", ports(client).sdp or 0))
    with contextlib.closing(runner.Runner(car, place, context)) as running:
        end_s = time.monotonic() + TALK_S
        while not running.finished and time.monotonic() < end_s:
            for effect in running.step(0.05):
                watch(effect)
    return car.outcome
