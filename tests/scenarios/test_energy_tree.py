"""Two cars below a fuse that is too small for both: the energy tree from outside (rows M15, S10).

One story, which every test looks at: both charge, a limit is laid on one of them over the Gateway, the energy
manager is killed, then the node that was limited.
"""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest
import yaml

from actors.gateway.client import GatewayClient
from actors.gateway.whereabouts import said_where
from tests.support.charging_site import Car, site_file, wire
from tests.support.engine import eventually
from tests.support.running_site import Site

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE_S: Final = 60.0
FUSE_A: Final = 20.0
LOW_A: Final = 7.0
LIMITED: Final = "fuse_1"
AMPERE_PER_PERCENT: Final = 0.6
"""IEC 61851-1, from 10 % to 85 % of duty cycle."""


def node(name: str, fuse_a: float, *consumers: str) -> dict[str, Any]:
    return {
        name: {
            "module": "EnergyNode",
            "config_module": {"fuse_limit_A": fuse_a, "phase_count": 3},
            "connections": {"energy_consumer": [wire(each, "energy_grid")[0] for each in consumers]},
        }
    }


def modules() -> dict[str, Any]:
    """Two AC cars that would take 16 A each, below one fuse."""
    cars = {number: Car(card=f"CARD{number}", seconds=600) for number in (1, 2)}
    found: dict[str, Any] = yaml.safe_load(site_file(cars))["active_modules"]
    del found["certificates"]
    found |= node("grid", FUSE_A, "fuse_1", "fuse_2")
    found |= node("fuse_1", 32.0, "evse_1") | node("fuse_2", 32.0, "evse_2")
    found["energy"] = {
        "module": "EnergyManager",
        "connections": {"energy_trunk": wire("grid", "energy_grid")},
    }
    return found


class Line(NamedTuple):
    """A line of the trace."""

    number: int
    kind: str
    name: str
    tag: str
    content: Any


class Story:
    """What was said from the start to the end, and after which line what was done."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "trace.jsonl"
        self.answer: Any = None
        self.charging = self.limited = self.manager_killed = self.node_killed = 0

    def lines(self, tag: str, name: str = "", after: int = 0) -> list[Line]:
        """Lines of that tag."""
        text = self.file.read_text() if self.file.exists() else ""
        found = []
        for number, line in enumerate(text[: text.rfind("\n") + 1].splitlines()):
            if number > after and tag in line:
                one = json.loads(line)
                if one["tag"] == tag and name in one["name"]:
                    found.append(Line(number, one["kind"], one["name"], tag, one["content"]))
        return found

    def grants(self, evse: int, after: int = 0) -> list[Any]:
        """What an EVSE was granted."""
        found = self.lines("energy.enforce_limits", f"evse_{evse}/", after)
        return [each.content["value"] for each in found]

    def offers(self, after: int = 0) -> list[tuple[int, str, float]]:
        """What boards were told to offer: line, board, ampere."""
        return [
            (each.number, each.name.partition("/")[0], AMPERE_PER_PERCENT * each.content["value"])
            for each in self.lines("evse_board_support.pwm_on", after=after)
        ]

    def flow(self, kind: str) -> list[str]:
        """The EVSEs that have said such a session event."""
        found = self.lines("evse_manager.session_event")
        return [each.name for each in found if each.content["event"]["event"] == kind]

    def seconds(self, sooner: int, later: int) -> float:
        """The time between two lines."""
        lines = self.file.read_text().splitlines()
        first, last = (datetime.fromisoformat(json.loads(lines[at])["time"]) for at in (sooner, later))
        return (last - first).total_seconds()

    @property
    def now(self) -> int:
        """The number of the last line."""
        return self.file.read_text().count("\n") - 1

    def play(self, gateway: GatewayClient) -> None:
        """Charge, limit, kill."""
        eventually(lambda: len(set(self.flow("ChargingStarted"))) == 2, within_s=PATIENCE_S)
        self.charging = self.now
        self.limited = self.now
        self.answer = gateway.call(
            "actor.call", name=f"{LIMITED}/external_limits", command="set_external_limits",
            arguments={"value": ampere(LOW_A)},
        )  # fmt: skip
        eventually(lambda: self.offered(1) == pytest.approx(LOW_A, abs=0.1), within_s=PATIENCE_S)
        self.manager_killed = self.now
        gateway.call("actor.kill", path="site/energy/energy")
        eventually(lambda: len(self.grants(1, self.manager_killed)) >= 2, within_s=PATIENCE_S)
        self.node_killed = self.now
        gateway.call("actor.kill", path=f"site/energy/{LIMITED}")
        said = "energy.energy_flow_request"
        eventually(lambda: self.lines(said, f"{LIMITED}/", self.node_killed), within_s=PATIENCE_S)
        again = self.now
        eventually(lambda: len(self.grants(1, again)) >= 2, within_s=PATIENCE_S)
        rest_a = pytest.approx(FUSE_A - LOW_A, abs=0.1)
        eventually(lambda: self.offered(2) == rest_a, within_s=PATIENCE_S)

    def offered(self, evse: int) -> float | None:
        """What a board offers now."""
        return next((value for _n, board, value in reversed(self.offers()) if board == f"board_{evse}"), None)


def ampere(value: float) -> dict[str, Any]:
    """Limits from outside, from now on for ever."""
    limits = {"ac_max_current_A": {"value": value, "source": "test"}}
    entry = {
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "limits_to_root": limits,
        "limits_to_leaves": {},
    }
    return {"schedule_import": [entry], "schedule_export": [], "schedule_setpoints": []}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    directory = tmp_path_factory.mktemp("tree")
    file = directory / "site.yaml"
    file.write_text(yaml.safe_dump({"active_modules": modules()}, sort_keys=False))
    told = Story(directory)
    site = Site(directory, "--plain", "--gateway", "0", "--trace", str(told.file), file=file)
    try:
        url = eventually(lambda: said_where(site.state), within_s=PATIENCE_S)
        with GatewayClient(url) as gateway:
            told.play(gateway)
    finally:
        site.close()
    return told


def sums(story: Story) -> list[float]:
    """What both boards offer together, after each time one of them was told."""
    now: dict[str, float] = {}
    found = []
    for _number, board, value in story.offers():
        now[board] = value
        found.append(sum(now.values()))
    return found


def test_both_cars_charge_below_a_fuse_that_is_too_small_for_both(story: Story) -> None:
    """Row M15.2."""
    assert set(story.flow("ChargingStarted")) == {"evse_1/evse", "evse_2/evse"}
    offered = [value for number, _board, value in story.offers() if number <= story.charging]
    assert offered[-2:] == [pytest.approx(FUSE_A / 2, abs=0.1)] * 2


def test_what_both_boards_offer_is_never_more_than_the_fuse_carries(story: Story) -> None:
    """Row M15.1; a duty cycle is told in hundredths of a percent."""
    assert max(sums(story)) <= FUSE_A + 0.01
    assert len(sums(story)) >= 3


@pytest.mark.rows("S10.3")
def test_a_limit_from_outside_takes_effect_at_the_board(story: Story) -> None:
    assert story.answer == {}
    after = [
        value for number, board, value in story.offers() if board == "board_1" and number > story.limited
    ]
    assert after == [pytest.approx(LOW_A, abs=0.1)]


def test_what_one_may_not_have_the_other_gets_when_that_has_obeyed(story: Story) -> None:
    """Whoever has died meanwhile: a car follows its pilot within 5 s, and who has more waits for that."""
    (given,) = [each for each in story.offers(story.limited) if each[1] == "board_2"]
    lowered = next(number for number, board, _value in story.offers(story.limited) if board == "board_1")
    assert given[2] == pytest.approx(FUSE_A - LOW_A, abs=0.1)
    assert story.seconds(lowered, given[0]) >= 4.0


def test_requests_travel_up_as_variables_and_grants_down_as_commands(story: Story) -> None:
    """Row M15.3."""
    up = story.lines("energy.energy_flow_request")
    assert {each.kind for each in up} == {"variable"}
    tree = [each for each in up if each.name == "grid/energy_grid"][-1].content["request"]
    assert [[leaf["uuid"] for leaf in each["children"]] for each in tree["children"]] == [
        ["evse_1"],
        ["evse_2"],
    ]
    down = story.lines("energy.enforce_limits")
    for uuid, fuse in (("evse_1", "fuse_1"), ("evse_2", "fuse_2")):
        way = [each.name for each in down if each.content["value"]["uuid"] == uuid]
        assert set(way) == {"grid/energy_grid", f"{fuse}/energy_grid", f"{uuid}/energy_grid"}


def test_every_grant_is_valid_for_ten_intervals(story: Story) -> None:
    """Row M15.2."""
    assert {each["valid_for"] for evse in (1, 2) for each in story.grants(evse)} == {10}


def test_a_killed_manager_costs_no_car_its_charge(story: Story) -> None:
    after = [
        each["limits_root_side"]["ac_max_current_A"]["value"]
        for each in story.grants(1, story.manager_killed)
    ]
    assert set(after) == {LOW_A}
    paused = story.lines("evse_manager.session_event", after=story.charging)
    assert [each.content["event"]["event"] for each in paused if "Paused" in str(each.content)] == []


def test_a_killed_node_knows_its_limits_from_outside_still(story: Story) -> None:
    said = story.lines("energy.energy_flow_request", f"{LIMITED}/", story.node_killed)
    limits = said[0].content["request"]["schedule_import"][0]["limits_to_root"]
    assert limits["ac_max_current_A"] == {"value": LOW_A, "source": "test"}
    later = [
        value for number, board, value in story.offers() if number > story.node_killed and board == "board_1"
    ]
    assert later == []
