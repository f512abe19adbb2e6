"""There is one error framework in every site, and it hears of every name."""

from actors.engine.supervision import ChildSpec
from actors.errors.messages import FRAMEWORK
from actors.errors.placement import ACTOR, with_framework

METER = ChildSpec(id="meter", actor="x.Y", grants={"meter/main": "powermeter"})
BOARD = ChildSpec(id="board", actor="x.Z", grants={"board/bsp": "evse_board_support", "board/lock": ""})
HISTORY = ChildSpec(
    id="errors", actor=ACTOR, grants={"errors/error_history": "error_history"}, config={"state": "s"}, stage=0
)


def test_a_site_without_a_history_gets_a_framework_of_its_own():
    station = with_framework((METER,), (BOARD,), "/state")

    assert station[0] == METER
    assert (station[1].id, station[1].grants, station[1].config["state"]) == (
        "site:errors", {FRAMEWORK: ""}, "/state",
    )  # fmt: skip


def test_the_history_of_the_file_is_the_framework():
    (meter, history) = with_framework((METER, HISTORY), (BOARD,), "/state")

    assert meter == METER
    assert history.grants == {"errors/error_history": "error_history", FRAMEWORK: ""}
    assert history.config["state"] == "s"


def test_it_hears_of_every_name_in_the_station_and_below():
    for station in ((METER,), (METER, HISTORY)):
        found = with_framework(station, (BOARD,), "/state")[-1].config["sources"]

        assert {"board/bsp", "board/lock", "meter/main"} <= set(found)
