"""Many simulated cars in one process, none of which waits for another: for measurements."""

from __future__ import annotations

import contextlib
import secrets
import selectors
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from actors.simulation.ev import exchange, machine, runner
from actors.simulation.ev.contexts import client_context
from actors.simulation.ev.wallet import load_wallet
from protocols.iso15118 import exi
from tests.support.ev_cars import script

if TYPE_CHECKING:
    from collections.abc import Sequence

IDLE_S = 0.05
PREPARED = (exi.Schema.APP_PROTOCOL, exi.Schema.XMLDSIG, exi.Schema.ISO2)


class Plan(NamedTuple):
    """One car."""

    yaml: str
    wallet: str
    """The directory of its certificates."""
    place: runner.Place
    """Where the station is."""
    plug_at_s: float
    """When it is plugged in, by the monotonic clock, which all processes share."""


class Drove(NamedTuple):
    """What a car has seen."""

    completed: bool
    detail: str
    exchanges: tuple[tuple[str, float, float], ...]
    """Phase, when the answer was there by the monotonic clock, and how long it took; seconds."""


class _Driven:
    """A car on its way."""

    def __init__(self, plan: Plan) -> None:
        self.plug_at_s = plan.plug_at_s
        wanted = script(plan.yaml)
        wallet = load_wallet(Path(plan.wallet))
        context = client_context(wanted.car, wallet) if wanted.car.wants_tls else None
        self.car = machine.Evcc(wanted, wallet, secrets.token_bytes)
        self.runner = runner.Runner(self.car, plan.place, context)
        self.exchanges: list[tuple[str, float, float]] = []
        self.due_s = plan.plug_at_s

    def step(self) -> None:
        """Do what can be done now."""
        for effect in self.runner.step(0.0):
            if isinstance(effect, exchange.Exchanged):
                self.exchanges.append((effect.phase, time.monotonic(), effect.took_s))
        wait_s = self.runner.due_s
        self.due_s = time.monotonic() + (IDLE_S if wait_s is None else wait_s)

    @property
    def drove(self) -> Drove:
        """What it has seen."""
        outcome = self.car.outcome
        completed = outcome is not None and outcome.completed
        return Drove(completed, str(outcome), tuple(self.exchanges))


def drive(plans: Sequence[Plan], until_s: float) -> list[Drove]:
    """Run all cars to their ends, or until a moment of the monotonic clock."""
    for schema in PREPARED:
        exi.prepare(schema)
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
        cars = [_Driven(plan) for plan in plans]
        for car in cars:
            stack.enter_context(contextlib.closing(car.runner))
            selector.register(car.runner.fileno(), selectors.EVENT_READ, car)
        running = list(cars)
        while running and time.monotonic() < until_s:
            due_s = min(car.due_s for car in running)
            ready = {key.data for key, _ in selector.select(max(0.0, due_s - time.monotonic()))}
            for car in running:
                if car in ready or car.due_s <= time.monotonic():
                    car.step()
            for car in [car for car in running if car.runner.finished]:
                selector.unregister(car.runner.fileno())
                running.remove(car)
        return [car.drove for car in cars]
