"""Cars that charge, in every protocol and mode, while their sessions are killed at chosen moments.

A car arms a fault rule before it sends a request, so the session dies of that very request: before it has
looked at it, when it has decided and nobody knows, or when the link has its answer.
"""

from __future__ import annotations

import contextlib
import secrets
import selectors
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from actors.engine.faults import Fault, Faults, Moment, Rule
from actors.simulation.ev import exchange, machine, runner
from actors.simulation.ev.contexts import client_context
from actors.simulation.ev.wallet import load_wallet
from certs import pki
from certs.pki.layout import ROOT_BUNDLES
from certs.profiles import Domain
from tests.support.engine import eventually, nodes
from tests.support.ev_cars import script
from tests.support.evse_player import Played, PlayedReply
from tests.support.links import module_of, ports
from tests.support.stores import provision, put

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from actors.engine.client import Client
    from actors.simulation.ev.outcome import Outcome

RESTING: Final = 10**9
"""Matches that a rule lets pass while nobody has armed it."""
LOOPS: Final = frozenset({"CurrentDemand", "ChargingStatus", "ChargeLoop"})
SIGNED: Final = frozenset({"Authorization", "ContractAuthentication"})
"""Phases: the charging loop, and where a contract's signature is checked, if there is one."""
CHARGE_S: Final = 60.0
"""No charge takes longer."""
IDLE_S: Final = 0.05
"""Between two looks at a car that waits for nothing."""


class Mode(NamedTuple):
    """One protocol and mode."""

    name: str
    car: str
    """Of the script in YAML."""

    @property
    def once(self) -> frozenset[str]:
        """Variables that a charge publishes exactly once, however often its session dies."""
        asked = "require_auth_pnc" if "pay: contract" in self.car else "require_auth_eim"
        dc, ac = {"start_cable_check", "start_pre_charge", "dc_open_contactor"}, {"ac_close_contactor"}
        always = {asked, "current_demand_started", "current_demand_finished", "dlink_terminate"}
        return frozenset(always | (dc if "mode: dc" in self.car else ac))


_20: Final = "protocols: [iso20], "
MODES: Final = (
    Mode("DIN DC", "protocols: [din], mode: dc, pay: eim"),
    Mode("-2 AC EIM", "mode: ac, pay: eim"),
    Mode("-2 AC PnC", "mode: ac, pay: contract"),
    Mode("-2 DC EIM", "mode: dc, pay: eim"),
    Mode("-2 DC PnC", "mode: dc, pay: contract"),
    Mode("-20 AC scheduled", f"{_20}mode: ac, control: scheduled, pay: eim"),
    Mode("-20 AC dynamic", f"{_20}mode: ac, control: dynamic, pay: eim"),
    Mode("-20 DC scheduled", f"{_20}mode: dc, control: scheduled, pay: eim"),
    Mode("-20 DC dynamic", f"{_20}mode: dc, control: dynamic, pay: eim"),
    Mode("-20 AC BPT", f"{_20}mode: ac_bpt, control: dynamic, pay: eim"),
    Mode("-20 DC BPT", f"{_20}mode: dc_bpt, control: scheduled, pay: eim"),
    Mode("-20 AC PnC", f"{_20}mode: ac, control: scheduled, pay: contract"),
    Mode("-20 DC PnC", f"{_20}mode: dc, control: dynamic, pay: contract"),
)
"""Everything the station speaks; -20 over TLS 1.3 with the vehicle's certificate, contracts over TLS."""


class Death(NamedTuple):
    """A way for a session to end."""

    name: str
    fault: Fault
    moment: Moment


KILLS: Final = (
    Death("killed before decode", Fault.KILL, Moment.BEFORE),
    Death("killed before send", Fault.KILL, Moment.DECIDED),
    Death("killed after commit", Fault.KILL, Moment.ANSWERED),
)
HANGS: Final = (
    Death("stopped before decode", Fault.HANG_STOPPED, Moment.BEFORE),
    Death("stopped before send", Fault.HANG_STOPPED, Moment.DECIDED),
    Death("busy for ever before decode", Fault.HANG_BUSY, Moment.BEFORE),
)
DEATHS: Final = KILLS + HANGS


def rules(links: int) -> list[Rule]:
    """Those that `Deaths` arms."""
    return [
        Rule(
            fault=death.fault,
            moment=death.moment,
            actor=f"site/{module_of(number)}.session",
            kind="request",
            tag="*.step",
            after=RESTING,
        )
        for number in range(links)
        for death in DEATHS
    ]


def furnish(directory: Path, links: int) -> dict[str, object]:
    """Certificates of both editions for station and cars; the configuration of `links.Root`."""
    made = pki.build(pki.Options(now=datetime.now(UTC)), pki.insecure_mint("kill matrix"))
    files = pki.files(made, None, with_broken=False)
    provision(directory / "certs", made=made)
    roots = [files[ROOT_BUNDLES[domain]].content for domain in (Domain.V2G, Domain.OEM)]
    put(directory / "certs" / ROOT_BUNDLES[Domain.V2G], b"".join(roots))  # vehicles' are those of OEMs
    for name, file in files.items():
        put(directory / "car" / name, file.content, file.mode)
    return {
        "directory": str(directory),
        "played": True,
        "links": links,
        "parameters": {"supported_ISO15118_20": True, "supported_scheduled_mode": True},
    }


def yaml_of(mode: Mode, *, patience: int = 1, energy_wh: int = 300, lapse: int = 600) -> str:
    """The script of a car that charges a little; with `patience` it waits so many times as long."""
    loop = "ac: {loop_s: 0.1}, dc: {loop_s: 0.1}"
    car = f"{mode.car}, patience: {patience}, time_lapse: {lapse}, {loop}"
    return f"car: {{{car}}}\nsteps: [plug, charge: {{energy_wh: {energy_wh}}}, unplug]"


class Died(NamedTuple):
    """One death, and how long the car waited for the answer it delayed."""

    phase: str
    death: Death
    took_s: float


class _Car(machine.Evcc):
    """Says before each request that it is about to send it."""

    about_to_send: Callable[[str], None]

    def feed(self, given: exchange.Input, now: datetime) -> tuple[exchange.Effect, ...]:
        """As Evcc."""
        effects = super().feed(given, now)
        if any(isinstance(each, exchange.Send) for each in effects):
            self.about_to_send(self.phase)
        return effects


class Site:
    """A system of links with what is needed to charge at them. `armed`: the rules of `rules`, in force."""

    def __init__(self, client: Client, directory: Path, links: int, armed: Faults) -> None:
        self.client, self.directory, self.links = client, directory, links
        self._armed = armed
        self.wallet = load_wallet(directory / "car")
        self._heard = [0] * links
        eventually(lambda: all(ports(client, number).tls for number in range(links)), within_s=60)

    def arm(self, number: int, death: Death) -> None:
        """Have the session of a link die at its next step."""
        self._armed.arm(number * len(DEATHS) + DEATHS.index(death))

    def heard(self, number: int) -> tuple[str, ...]:
        """What the EVSE manager of a link has heard of the charge that has just ended."""
        end = eventually(lambda: self._ended(number))
        begin, self._heard[number] = self._heard[number], len(end)
        return end[begin:]

    def ever_heard(self, number: int) -> tuple[str, ...]:
        """What it has heard of all cars."""
        reply = self.client.ask(f"player{number or ''}/main", Played())
        assert isinstance(reply, PlayedReply), reply
        return reply.heard

    def _ended(self, number: int) -> tuple[str, ...]:
        heard = self.ever_heard(number)
        return heard if {"dlink_terminate", "dlink_error"} & set(heard[self._heard[number] :]) else ()

    def restarts(self) -> list[int]:
        """How often the session of each link was replaced."""
        found = nodes(self.client.tree())
        return [found[f"site/{module_of(number)}.session"].restarts for number in range(self.links)]


class Charge:
    """One car from plug to unplug at a link; its session dies as `choose` says.

    `choose`: what it dies of while it works on the request of this number and phase; None for nothing.
    """

    def __init__(
        self, site: Site, number: int, mode: Mode, yaml: str, choose: Callable[[int, str], Death | None]
    ) -> None:
        plan = script(yaml)
        context = client_context(plan.car, site.wallet) if plan.car.wants_tls else None
        self._car = _Car(plan, site.wallet, secrets.token_bytes)
        self._car.about_to_send = self._arm
        self._site, self._choose = site, choose
        self.number, self.mode = number, mode
        self._deaths: list[Death | None] = []
        self.took: list[tuple[str, float]] = []
        """Phase and seconds of each exchange."""
        place = runner.Place(sdp=("::1", ports(site.client, number).sdp or 0))
        self.runner = runner.Runner(self._car, place, context)
        self.due_s = 0.0
        self._end_s = time.monotonic() + CHARGE_S

    @property
    def outcome(self) -> Outcome | None:
        """None when the car has not come to its end."""
        return self._car.outcome

    @property
    def over(self) -> bool:
        """Whether nothing more is to be done."""
        return self.runner.finished or time.monotonic() > self._end_s

    @property
    def died(self) -> list[Died]:
        """Every death; one after the answer delays the next answer."""
        late = [
            (place, place + (death.moment is Moment.ANSWERED), death)
            for place, death in enumerate(self._deaths)
            if death is not None
        ]
        known = len(self.took)
        return [Died(self.took[at][0], death, self.took[owed][1]) for at, owed, death in late if owed < known]

    def problems(self) -> list[str]:
        """What has gone wrong, as seen by the car and by the EVSE manager."""
        heard = self._site.heard(self.number)
        if self.outcome is None or not self.outcome.completed:
            return [f"the car has {self.outcome}"]
        counts = {name: heard.count(name) for name in self.mode.once}
        found = [f"{name} was said {count} times" for name, count in counts.items() if count != 1]
        return found + [each for each in heard if each in {"hlc_session_failed", "dlink_error"}]

    def _arm(self, phase: str) -> None:
        self._deaths.append(self._choose(len(self._deaths), phase))
        if (death := self._deaths[-1]) is not None:
            self._site.arm(self.number, death)

    def step(self) -> None:
        """Do what can be done now."""
        for effect in self.runner.step(0.0):
            if isinstance(effect, exchange.Exchanged):
                self.took.append((effect.phase, effect.took_s))
        wait_s = self.runner.due_s
        self.due_s = time.monotonic() + (IDLE_S if wait_s is None else wait_s)


def drive(charges: Sequence[Charge]) -> None:
    """Run cars side by side to their ends."""
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
        for each in charges:
            stack.enter_context(contextlib.closing(each.runner))
            selector.register(each.runner.fileno(), selectors.EVENT_READ, each)
        running = list(charges)
        while running:
            wait_s = max(0.0, min(each.due_s for each in running) - time.monotonic())
            ready = {key.data for key, _ in selector.select(wait_s)}
            for each in running:
                if each in ready or each.due_s <= time.monotonic():
                    each.step()
            for each in [each for each in running if each.over]:
                selector.unregister(each.runner.fileno())
                running.remove(each)
