"""Smart charging from outside: the CSMS sets profiles, and energy management is given what they leave.

Rows S8.18, S9.9 to S9.14, S10, S19 and S21.2. Two sites at a time, each with a back-end of its own: one with
a fuse for the station and one for each of its two EVSEs, in ampere; one without any, in watt, whose site file
speaks of schedules by their old names. What was said stands in the traces.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.charging_profiles import DEFAULT, STATION, TX, wire
from tests.support.charging_site import Car
from tests.support.charging_site import wire as connection
from tests.support.story import Story, transaction_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.story import Said

pytestmark = pytest.mark.timeout(240)
INTERVAL_S, DURATION_S = 1, 600
OLD_INTERVAL_S, OLD_DURATION_S = 2, 900
SINKS = {0: "grid", 1: "node_1", 2: "node_2"}
SET = "external_energy_limits.set_external_limits"
PUBLISHED = "ocpp.charging_schedules"
BOARD = "evse_board_support.pwm_on"


def node(evse: int, fuse_a: float, *consumers: str) -> dict[str, Any]:
    return {
        "module": "EnergyNode",
        "mapping": {"module": {"evse": evse}},
        "config_module": {"fuse_limit_A": fuse_a, "phase_count": 3},
        "connections": {"energy_consumer": [connection(each, "energy_grid")[0] for each in consumers]},
    }


def with_fuses(modules: dict[str, Any]) -> None:
    modules |= {
        "energy_manager": {
            "module": "EnergyManager",
            "connections": {"energy_trunk": connection("grid", "energy_grid")},
        },
        "grid": node(0, 63.0, "node_1", "node_2"),
        "node_1": node(1, 32.0, "evse_1"),
        "node_2": node(2, 32.0, "evse_2"),
    }
    ocpp = modules["ocpp"]
    ocpp["config_module"] |= {
        "CompositeScheduleIntervalS": INTERVAL_S,
        "RequestCompositeScheduleDurationS": DURATION_S,
        "RequestCompositeScheduleUnit": "A",
    }
    sinks = [connection(each, "external_limits")[0] for each in SINKS.values()]
    ocpp["connections"]["evse_energy_sink"] = sinks


def by_old_names(modules: dict[str, Any]) -> None:
    modules["ocpp"]["config_module"] |= {
        "PublishChargingScheduleIntervalS": OLD_INTERVAL_S,
        "PublishChargingScheduleDurationS": OLD_DURATION_S,
        "RequestCompositeScheduleUnit": "W",
    }


class Told:
    """A story, its trace as far as it was looked at, and where in it things began."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.marks: dict[str, int] = {}
        self.answers: dict[str, Any] = {}
        self.trace: list[Said] = []
        self.size = 0
        self.shown = 0
        """How often the card was."""

    def ask(self, mark: str, action: str, payload: dict[str, Any]) -> None:
        """The CSMS asks for something; what follows stands behind the mark."""
        self.mark(mark)
        self.answers[mark] = self.story.csms.call(action, payload)

    def set(self, mark: str, evse: int, *args: Any, **fields: Any) -> None:
        profile = wire(*args, starts=self.now(), **fields)
        self.ask(mark, "SetChargingProfile", {"evseId": evse, "chargingProfile": profile})

    def mark(self, name: str) -> None:
        self.look()
        self.marks[name] = len(self.trace)

    def look(self) -> None:
        """Read the trace, if there is more of it."""
        size = (self.story.directory / "trace.jsonl").stat().st_size
        if size != self.size:
            self.size, self.trace = size, self.story.trace()

    def until(self, what: Callable[[], Any]) -> Any:
        """What it gives, as soon as that is something."""
        return self.story.until(lambda: (self.look(), what())[1])

    def now(self) -> datetime:
        return moment(self.trace[-1])

    def behind(self, mark: str, tag: str, **wanted: Any) -> list[Said]:
        """What was said behind a mark, before the next one."""
        begin = self.marks[mark]
        end = min((each for each in self.marks.values() if each > begin), default=len(self.trace))
        return [
            each
            for each in self.trace[begin:end]
            if each.tag == tag and all(getattr(each, name) == wanted[name] for name in wanted)
        ]

    def limit(self, mark: str, evse: int) -> dict[str, Any]:
        """What the sink of an EVSE was given last behind a mark, to begin with."""
        found = self.behind(mark, SET, name=f"{SINKS[evse]}/external_limits")
        first: dict[str, Any] = found[-1].content["value"]["schedule_import"][0]["limits_to_leaves"]
        return first

    def current(self, mark: str, evse: int) -> float | None:
        """The same in ampere; endless where it is no limit."""
        if not self.behind(mark, SET, name=f"{SINKS[evse]}/external_limits"):
            return None
        found: float = self.limit(mark, evse).get("ac_max_current_A", {"value": math.inf})["value"]
        return found

    def given(self, mark: str, evse: int) -> float | None:
        """The same, once all sinks have been given something."""
        found = [self.current(mark, each) for each in SINKS]
        return None if None in found else found[evse]

    def schedules(self, mark: str) -> list[list[dict[str, Any]]]:
        """What was published behind a mark."""
        return [each.content["schedules"]["schedules"] for each in self.behind(mark, PUBLISHED)]


def tell(told: Told) -> None:
    """All that happens at the site with fuses."""
    story = told.story
    told.mark("idle")
    told.until(lambda: len(told.schedules("idle")) > 2)
    told.set("first", 1, DEFAULT, (0, 16.0), (300, 10.0), profile_id=1)
    told.until(lambda: told.given("first", 1) == 16)
    told.set("watt", 2, DEFAULT, 6900.0, profile_id=2, unit="W")
    told.until(lambda: told.given("watt", 2) == 10)
    told.set("second", 2, DEFAULT, (0, 13.0, 1), profile_id=2)
    told.until(lambda: told.given("second", 2) == 13)
    told.set("station", 0, STATION, 10.0, profile_id=3)
    told.until(lambda: told.given("station", 0) == 10)
    told.until(lambda: any(each <= 10 for each in grants(told, "station")))
    told.mark("charging")
    story.gateway.call("ev.plug_in", evse=1, current_a=32.0)
    (started,) = told.until(partial(by_card, told))
    told.until(lambda: duties(told, "charging"))
    told.set("transaction", 1, TX, 8.0, profile_id=4, level=1, transactionId=transaction_of(started))
    told.until(lambda: told.given("transaction", 1) == 8)
    told.until(lambda: any(each < 14 for each in duties(told, "transaction")))
    told.ask("asked", "GetCompositeSchedule", {"evseId": 1, "duration": 20, "chargingRateUnit": "W"})
    told.ask("reported", "GetChargingProfiles", {"requestId": 5, "chargingProfile": {"stackLevel": 1}})
    told.until(lambda: story.csms.said("ReportChargingProfiles"))
    told.mark("unplugged")
    story.gateway.call("ev.plug_out", evse=1)
    told.until(lambda: told.current("unplugged", 1) == 16)
    told.ask("cleared", "ClearChargingProfile", {"chargingProfileCriteria": {}})
    told.until(lambda: told.given("cleared", 2) == 48)


def by_card(told: Told) -> list[dict[str, Any]]:
    """The start at EVSE 1: the card is shown again where nobody judged it in time."""
    judged = told.behind("charging", "auth.token_validation_status")
    refused = [each for each in judged if each.content["status"]["status"] in {"Rejected", "TimedOut"}]
    if len(refused) == told.shown:
        told.story.present("CARD1", 1)
        told.shown += 1
    return told.story.transactions(1, "Started")


def grants(told: Told, mark: str) -> list[float]:
    """What EVSE 1 was granted, in ampere."""
    found = told.behind(mark, "energy.enforce_limits", name="evse_1/energy_grid")
    return [each.content["value"]["limits_root_side"]["ac_max_current_A"]["value"] for each in found]


def duties(told: Told, mark: str) -> list[float]:
    """The duty cycles that the board of EVSE 1 was given."""
    found = told.behind(mark, BOARD, name="board_1/board_support")
    return [next(iter(each.content.values())) for each in found]


def tell_in_watt(told: Told) -> None:
    """The same, much shorter, at the site without fuses."""
    told.mark("idle")
    told.until(lambda: len(told.schedules("idle")) > 2)
    told.set("first", 1, DEFAULT, 10.0, profile_id=1)
    told.until(lambda: any(limits(each[1])[0][1] < 33_120 for each in told.schedules("first")))


def play(directory: Path, cars: int, change: Any, script: Any) -> Told:
    directory.mkdir()
    with Story(directory, {number: Car() for number in range(1, cars + 1)}, change=change) as story:
        told = Told(story)
        script(told)
    told.look()
    return told


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Told, Told]]:
    directory = tmp_path_factory.mktemp("smart")
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor())
        ampere = pool.submit(play, directory / "a", 2, with_fuses, tell)
        watt = pool.submit(play, directory / "w", 1, by_old_names, tell_in_watt)
        yield ampere.result(), watt.result()


@pytest.fixture
def site(sites: tuple[Told, Told]) -> Told:
    return sites[0]


@pytest.fixture
def in_watt(sites: tuple[Told, Told]) -> Told:
    return sites[1]


def moment(said: Said) -> datetime:
    return datetime.fromisoformat(said.time)


def limits(schedule: dict[str, Any]) -> list[tuple[int, float]]:
    return [(each["start_period"], each["limit"]) for each in schedule["charging_schedule_period"]]


# -- what is published ---------------------------------------------------------------------------------------


@pytest.mark.rows("S8.18")
def test_every_publication_has_one_schedule_more_than_evses(site: Told) -> None:
    found = [each.content["schedules"]["schedules"] for each in site.trace if each.tag == PUBLISHED]

    assert len(found) > 5
    assert {tuple(schedule["evse"] for schedule in each) for each in found} == {(0, 1, 2)}
    assert [limits(each) for each in site.schedules("idle")[0]] == [[(0, 48)]] * 3


@pytest.mark.rows("S9.10", "S9.11")
@pytest.mark.parametrize(
    ("mark", "evse", "limit"), [("first", 1, 16), ("second", 2, 13), ("station", 0, 10), ("cleared", 2, 48)]
)
def test_a_profile_set_or_cleared_is_published_at_once(
    site: Told, mark: str, evse: int, limit: float
) -> None:
    """In the turn in which the CSMS has its answer."""
    new = next(
        each
        for each in site.behind(mark, PUBLISHED)
        if limits(each.content["schedules"]["schedules"][evse])[0][1] == limit
    )
    answered = site.behind(mark, "actors.ocpp.messages.called_reply", sender=new.sender)[0]

    assert site.answers[mark] == {"status": "Accepted"}
    assert moment(new) - moment(answered) < timedelta(seconds=1)
    between = [each for each in site.trace[answered.order + 1 : new.order] if each.sender == new.sender]
    assert {each.kind for each in between} <= {"variable"}


@pytest.mark.rows("S9.12")
def test_schedules_are_as_long_as_the_site_file_says(site: Told, in_watt: Told) -> None:
    """Also by the old name of the parameter (S21.2)."""
    for told, duration_s in ((site, DURATION_S), (in_watt, OLD_DURATION_S)):
        found = [each for schedules in told.schedules("idle") for each in schedules]
        assert {each["duration"] for each in found} == {duration_s}


@pytest.mark.rows("S9.13")
def test_schedules_are_published_in_the_interval_of_the_site_file(site: Told, in_watt: Told) -> None:
    """While nothing changes; also by the old name of the parameter (S21.2)."""
    for told, interval_s in ((site, INTERVAL_S), (in_watt, OLD_INTERVAL_S)):
        times = [moment(each) for each in told.behind("idle", PUBLISHED)]
        gaps = [(later - each).total_seconds() for each, later in pairwise(times)]
        assert len(gaps) > 1
        assert interval_s <= max(gaps) + 0.05  # after one that came late the next is sooner
        assert min(gaps) < interval_s + 1


@pytest.mark.rows("S9.14")
def test_the_unit_of_the_site_file_decides_between_current_and_power(site: Told, in_watt: Told) -> None:
    current, power = site.schedules("first")[-1][1], in_watt.schedules("first")[-1][1]

    assert (current["charging_rate_unit"], [limit for _, limit in limits(current)]) == ("A", [16, 10])
    assert 200 < limits(current)[1][0] <= 300
    assert (power["charging_rate_unit"], limits(power)) == ("W", [(0, 10 * 3 * 230)])


@pytest.mark.rows("S10.1")
def test_without_sinks_schedules_are_only_published(in_watt: Told) -> None:
    """S10.1, S19.2."""
    assert not [each for each in in_watt.trace if each.tag == SET]
    assert in_watt.schedules("idle")


# -- what sinks are given ------------------------------------------------------------------------------------


@pytest.mark.rows("S9.9")
def test_each_sink_is_given_the_limit_of_its_evse(site: Told) -> None:
    assert [site.current("second", evse) for evse in SINKS] == [math.inf, 16, 13]
    assert site.limit("second", 2)["ac_max_phase_count"]["value"] == 1


@pytest.mark.rows("S9.9")
def test_a_profile_in_watt_is_a_limit_at_the_sink_of_its_evse(site: Told) -> None:
    """6,900 W are 10 A on three phases of 230 V: this site speaks to its sinks in ampere."""
    assert [site.current("watt", evse) for evse in SINKS] == [math.inf, 16, 10]
    assert site.limit("watt", 2)["ac_max_phase_count"]["value"] == 3
    assert "total_power_W" not in site.limit("watt", 2)


@pytest.mark.rows("S10.2")
def test_a_limit_of_the_station_goes_to_its_sink(site: Told) -> None:
    """And to no other, although it is lower than theirs; what is published counts it in for all."""
    assert [site.current("station", evse) for evse in SINKS] == [10, 16, 13]
    assert [limits(each)[0][1] for each in site.schedules("station")[-1]] == [10, 10, 10]


@pytest.mark.rows("S10.3")
def test_all_sinks_are_given_limits_at_each_change(site: Told) -> None:
    """S10.3, S19.3, S19.6."""
    for mark in ("first", "watt", "second", "station", "transaction"):
        asked = {each.name for each in site.behind(mark, SET)}
        assert asked == {f"{each}/external_limits" for each in SINKS.values()}


def test_a_sink_answers_every_limit(site: Told) -> None:
    for each in site.behind("first", SET)[:3]:
        assert site.story.reply(each).tag == "message.reply"


def test_the_profile_of_a_transaction_reaches_the_car(site: Told) -> None:
    """S19.1: 8 A are 13.3 % of duty cycle, the station's 10 A were 16.7 % before."""
    assert site.current("transaction", 1) == 8
    assert duties(site, "charging")[-1] == pytest.approx(16.7, abs=0.2)
    assert duties(site, "transaction")[-1] == pytest.approx(13.3, abs=0.2)


def test_it_ends_with_its_transaction(site: Told) -> None:
    assert site.current("unplugged", 1) == 16


# -- what the CSMS is told -----------------------------------------------------------------------------------


def test_the_csms_is_told_the_composite_schedule(site: Told) -> None:
    schedule = site.answers["asked"]["schedule"]

    assert (schedule["evseId"], schedule["duration"], schedule["chargingRateUnit"]) == (1, 20, "W")
    assert [each["limit"] for each in schedule["chargingSchedulePeriod"]] == [8 * 3 * 230]


def test_the_csms_is_told_which_profiles_there_are(site: Told) -> None:
    (report,) = site.story.csms.said("ReportChargingProfiles")

    assert site.answers["reported"] == {"status": "Accepted"}
    assert (report["evseId"], report["requestId"], report["chargingLimitSource"]) == (1, 5, "CSO")
    assert [each["id"] for each in report["chargingProfile"]] == [4]
