"""A day of charging over a link that comes and goes: the back-end's record is whole (issue 7).

Cars come and go at two EVSEs for 24 simulated hours while connections break, the link's process dies, the
back-end restarts, and the charge point itself is killed, with all blocks at work; EVSITE_EXAMPLES days.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from actors.ocpp.blocks import BLOCKS
from actors.ocpp.blocks.transaction_entries import Transaction
from actors.ocpp.device_model import variables
from actors.ocpp.entries import Queued, Rank
from actors.ocpp.inputs import Target
from actors.simulation.csms.ledger import judge
from actors.simulation.csms.record import GOOD
from protocols.interfaces import evse_manager
from protocols.ocpp.version import Version
from tests.support.examples import TIMES
from tests.support.ocpp_shore import Shore
from tests.support.ocpp_transactions import CARD, REMOTE, E, Evse

if TYPE_CHECKING:
    from collections.abc import Callable

DAY_S = 24 * 3600
QUIET_S = 3600
"""After the day, for what still waits to be told."""
MISHAPS: dict[str, tuple[float, Callable[[Shore], None]]] = {
    "the connection breaks": (600, Shore.disconnect),
    "the link dies": (7000, Shore.end_link),
    "the back-end restarts": (9000, Shore.restart_backend),
    "the charge point is killed": (5000, Shore.die),
}
"""How far apart they are on the average, in seconds."""
SCRIPT = {
    "faults": [
        {"kind": "silence", "action": "TransactionEvent", "after": 40, "times": 2},
        {"kind": "drop", "action": "TransactionEvent", "after": 20, "times": 5},
        {
            "kind": "call_error",
            "error": "InternalError",
            "action": "TransactionEvent",
            "after": 90,
            "times": 2,
        },
        {"kind": "duplicate", "action": "TransactionEvent", "after": 60, "times": 3},
        {"kind": "delay", "seconds": 45, "action": "TransactionEvent", "after": 110, "times": 2},
    ]
}


class Day:
    """Cars and mishaps of one day."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        version = self.random.choice([Version.V21, Version.V201])
        values = (
            (variables.SAMPLED_UPDATED_INTERVAL, 600),
            (variables.SAMPLED_ENDED_INTERVAL, 900),
            (variables.ALIGNED_ENDED_INTERVAL, 900),
        )
        self.shore = Shore(BLOCKS, script=SCRIPT, values=values, seed=seed, version=version)
        self.charges = 0
        for number in (1, 2):
            self.shore.say(Target.EVSE_MANAGER, evse_manager.Ready(ready=True), number)
            evse = Evse(self.shore, number)  # type: ignore[arg-type]  # a shore is a station to it
            self.shore.soon(lambda evse=evse: self.next_car(evse), self.random.uniform(0, 600))
        for apart_s, act in MISHAPS.values():
            self.later(apart_s, act)
        self.shore.at(1, self.shore.connect)
        self.shore.at(DAY_S, self.calm)

    @property
    def over(self) -> bool:
        return self.shore.links[0][0].timestamp() + DAY_S <= self.shore.now.timestamp()

    def calm(self) -> None:
        self.shore.reachable = True
        self.shore.connect()

    # -- mishaps ---------------------------------------------------------------------------------------------

    def later(self, apart_s: float, act: Callable[[Shore], None]) -> None:
        def strike() -> None:
            if not self.over:
                act(self.shore)
                if not self.shore.connection:
                    self.shore.soon(self.shore.connect, self.outage_s())
                self.later(apart_s, act)

        self.shore.soon(strike, self.random.expovariate(1 / apart_s))

    def outage_s(self) -> float:
        """Mostly short, now and then for hours."""
        return self.random.choice([0.1, 2, 2, 30, 30, 300, 300, 3600, 10_000])

    # -- cars ------------------------------------------------------------------------------------------------

    def next_car(self, evse: Evse) -> None:
        if self.over:
            return
        self.charges += 1
        token = self.random.choice([CARD, REMOTE])
        first, second = evse.plug, lambda: evse.authorize(token)
        if self.random.random() < 0.3:
            first, second = second, first
        steps = [first, second, evse.charge]
        for _ in range(self.random.randrange(3)):
            steps += [lambda: evse.say(E.CHARGING_PAUSED_EV), evse.charge]
        if self.random.random() < 0.7:
            steps.append(lambda: evse.finish(token=token))
        steps.append(evse.unplug)
        self.step(evse, steps)

    def step(self, evse: Evse, steps: list[Callable[[], None]]) -> None:
        """Each step, and how the EVSE stands then; the manager is not struck by our deaths."""
        act, *rest = steps
        evse.wh += self.random.randrange(2000)
        act()
        evse.condition()
        if rest:
            self.shore.soon(lambda: self.step(evse, rest), self.random.uniform(5, 1200))
        else:
            self.shore.soon(lambda: self.next_car(evse), self.random.uniform(30, 1500))

    def play(self) -> None:
        self.shore.run(DAY_S + QUIET_S * 4)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", range(TIMES))
def test_a_day_of_outages_leaves_a_record_that_is_whole(seed):
    day = Day(seed)
    day.play()
    shore = day.shore
    ledger = judge(shore.entries)

    assert ledger.findings == ()
    assert {each.verdict for each in shore.entries if each.direction == "in"} == {GOOD}
    assert shore.wrongly_offline() == []
    assert len(ledger.accounts) == day.charges
    assert shore.core is not None
    assert not shore.core.tables.all(Transaction)
    waiting = [each for each in shore.core.tables.all(Queued).values() if each.rank is Rank.TRANSACTION]
    assert waiting == []
    assert "message_given_up" not in shore.notes
    # and it was a day that deserves the name
    assert day.charges > 20
    assert len(shore.died) > 5
    assert len(shore.links) > 50
    assert ledger.repeated > 0
