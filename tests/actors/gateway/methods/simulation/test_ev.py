"""Tests for actors/gateway/methods/simulation/ev.py: the simulated car, driven over the Gateway."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from actors.gateway.rpc import Code, RpcError
from actors.simulation.car.messages import Behaviour, CarReply, MakeMove, Move, PlugIn, Way
from actors.simulation.plant.messages import DeviceError, Fault
from protocols.message import Failure, FailureReason
from tests.support.gateway_simulation import DEPLOY, LiveSite, drive, map_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIL = map_of(DEPLOY / "sil-2evse.yaml")
BARE = map_of(DEPLOY / "minimal-ac.yaml")
PLUGGED = CarReply(plugged=True, pin="B", talks=False)
TOLD = {"evse": 1, "plugged": True, "pilot": "B", "talks": False, "phase": ""}


def behaviour(**params: Any) -> Behaviour:
    """Of the car that is plugged in by these."""
    _result, (ask,) = drive(SIL, "ev.plug_in", [PLUGGED], **params)
    assert isinstance(ask.command, PlugIn)
    return ask.command.behaviour


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"evse": 1}, Behaviour()),
        ({"evse": 2}, Behaviour(dc=True)),
        (
            {"evse": 1, "current_a": 10, "phases": 1, "soc_percent": 80, "duration_s": 5, "ready": False},
            Behaviour(current_a=10.0, phases=1, soc_percent=80, duration_s=5.0, ready=False),
        ),
        ({"evse": 1, "behaviour": "iso15118"}, Behaviour(way=Way.ISO15118_2)),
        (
            {"evse": 2, "behaviour": "iso15118-20", "payment": "contract", "control": "scheduled"},
            Behaviour(way=Way.ISO15118_20, dc=True, contract=True, scheduled=True),
        ),
        ({"evse": 2, "behaviour": "iso15118-2", "energy": "AC"}, Behaviour(way=Way.ISO15118_2)),
        ({"evse": 2, "behaviour": "din70121"}, Behaviour(way=Way.DIN70121, dc=True)),
    ],
)
def test_a_car_behaves_as_the_parameters_say(params: dict[str, Any], expected: Behaviour) -> None:
    assert behaviour(**params) == expected


def test_a_car_speaks_the_newest_edition_that_it_knows() -> None:
    modules = tuple(
        dataclasses.replace(each, parameters={**each.parameters, "supported_ISO15118_20_DC": True})
        if each.id == "car_2_v2g"
        else each
        for each in SIL.modules
    )
    site = dataclasses.replace(SIL, modules=modules)

    _result, (ask,) = drive(site, "ev.plug_in", [PLUGGED], evse=2, behaviour="iso15118")

    assert ask.command.behaviour.way is Way.ISO15118_20  # type: ignore[attr-defined]  # a PlugIn


@pytest.mark.parametrize(
    ("fault", "broken", "said"),
    [
        ("hardware/Welded", Fault.WELDED, None),
        ("evse_board_support/DiodeFault", Fault.DIODE, None),
        ("ac_rcd/DC", None, DeviceError(origin="board_1/rcd", type="ac_rcd/DC")),
        (None, None, None),
    ],
)
def test_a_car_may_bring_a_fault_along(fault: str | None, broken: Fault | None, said: Any) -> None:
    result, (ask,) = drive(SIL, "ev.plug_in", [PLUGGED], evse=1, fault=fault, fault_after_s=2.5)

    assert isinstance(ask.command, PlugIn)
    assert (ask.name, ask.command.fault, ask.command.error) == ("car_1/main", broken, said)
    assert (ask.command.fault_after_s, result) == (2.5, TOLD)


@pytest.mark.parametrize(
    ("name", "params", "move"),
    [
        ("ev.plug_out", {}, Move.UNPLUG),
        ("ev.plug_out", {"stop_first": True}, Move.STOP),
        ("ev.pause", {}, Move.PAUSE),
        ("ev.resume", {}, Move.RESUME),
        ("ev.suspend", {}, Move.SUSPEND),
        ("ev.ready", {}, Move.READY),
    ],
)
def test_each_method_is_a_move_of_the_car(name: str, params: dict[str, Any], move: Move) -> None:
    result, (ask,) = drive(SIL, name, [PLUGGED], evse=1, **params)

    assert (ask.name, ask.command, result) == ("car_1/main", MakeMove(move=move), TOLD)


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        ({"evse": 3}, Code.NO_SUCH, "no such EVSE"),
        ({"evse": 1, "connector": 2}, Code.NO_SUCH, "no such connector"),
        ({"evse": 1, "behaviour": "din70121"}, Code.PARAMS, "din70121 charges by DC"),
        ({"evse": 2, "behaviour": "din70121", "payment": "contract"}, Code.PARAMS, "knows no contract"),
        ({"evse": 1, "fault": "ac_rcd/AD"}, Code.NO_SUCH, "no such fault"),
        ({"evse": 1, "current_a": 0}, Code.PARAMS, "current_a"),
        ({"evse": 1, "phases": 4}, Code.PARAMS, "phases"),
        ({"evse": 1, "soc_percent": 101}, Code.PARAMS, "soc_percent"),
        ({"evse": 1, "behaviour": "chademo"}, Code.PARAMS, "behaviour"),
        ({"evse": 1, "curent_a": 6}, Code.PARAMS, "curent_a"),
    ],
)
def test_what_cannot_be_plugged_in_says_why(params: dict[str, Any], code: Code, text: str) -> None:
    with pytest.raises(RpcError, match=text) as refused:
        drive(SIL, "ev.plug_in", [], **params)

    assert refused.value.code is code


def test_a_car_stands_at_the_first_connector_alone() -> None:
    evses = tuple(
        dataclasses.replace(
            each, connectors=(*each.connectors, dataclasses.replace(each.connectors[0], connector=2))
        )
        for each in SIL.evses
    )

    with pytest.raises(RpcError, match="another connector than 1") as refused:
        drive(dataclasses.replace(SIL, evses=evses), "ev.plug_in", [], evse=1, connector=2)

    assert refused.value.code is Code.NOT_SIMULATED


@pytest.mark.parametrize(
    "name", ["ev.plug_in", "ev.plug_out", "ev.pause", "ev.resume", "ev.suspend", "ev.ready"]
)
def test_without_a_simulated_car_nothing_of_it_is_done(name: str) -> None:
    with pytest.raises(RpcError, match="the car at EVSE 1") as refused:
        drive(BARE, name, [], evse=1)

    assert refused.value.code is Code.NOT_SIMULATED


def test_a_car_without_its_module_does_not_talk() -> None:
    silent = tuple(dataclasses.replace(each, v2g=None) for each in SIL.cars)

    with pytest.raises(RpcError, match="that talks"):
        drive(dataclasses.replace(SIL, cars=silent), "ev.plug_in", [], evse=1, behaviour="iso15118")


def test_what_the_car_refuses_is_told() -> None:
    refusal = Failure(reason=FailureReason.INVALID, detail="no car is plugged in")

    with pytest.raises(RpcError, match="no car is plugged in") as refused:
        drive(SIL, "ev.pause", [refusal], evse=1)

    assert refused.value.data == {"reason": "Invalid", "detail": "no car is plugged in"}


# -- at a site -----------------------------------------------------------------------------------------------


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveSite]:
    site = LiveSite(tmp_path)
    yield site
    site.close()


def test_a_car_charges_pauses_and_leaves_at_a_site(live: LiveSite) -> None:
    states = [live.state]
    live.call("ev.plug_in", evse=1, current_a=10, phases=1)
    states.append(live.state)
    live.call("reader.present", token="04A1B2", wait_s=3.0)
    states.append(live.state)
    assert live.plant.power_w == pytest.approx(2300.0)
    for name in ("ev.pause", "ev.resume"):
        live.call(name, evse=1, wait_s=2.0)
        states.append(live.state)
    live.call("ev.suspend", evse=1, wait_s=2.0)
    assert (live.state, live.plant.power_w, live.plant.car.pin) == ("Charging", 0.0, "C")
    live.call("ev.resume", evse=1, wait_s=2.0)
    assert live.plant.power_w == pytest.approx(2300.0)

    live.call("ev.plug_out", evse=1, stop_first=True, wait_s=3.0)

    assert [*states, live.state] == [
        "Idle", "WaitingForAuthentication", "Charging", "ChargingPausedEV", "Charging", "Idle",
    ]  # fmt: skip


def test_a_car_that_is_not_ready_begins_when_it_is(live: LiveSite) -> None:
    live.charge(ready=False)
    before = live.plant.car.pin

    live.call("ev.ready", evse=1, wait_s=2.0)

    assert (before, live.plant.car.pin, live.state) == ("B", "C", "Charging")


def test_a_car_leaves_after_its_time(live: LiveSite) -> None:
    live.charge(duration_s=5)
    assert live.state == "Charging"

    live.wait(8.0)

    assert live.state == "Idle"


def test_a_fault_breaks_out_while_the_car_is_there(live: LiveSite) -> None:
    live.charge(fault="evse_board_support/DiodeFault", fault_after_s=10)
    assert live.errors == set()
    live.wait(10.0)
    during = live.errors

    live.call("ev.plug_out", evse=1, wait_s=2.0)

    assert "evse_board_support/DiodeFault" in during
    assert live.errors == set()
