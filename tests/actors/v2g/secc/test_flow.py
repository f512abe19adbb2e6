from actors.v2g.secc import flow
from actors.v2g.secc.machine import Turn
from actors.v2g.secc.settings import Settings
from actors.v2g.secc.state import State, Talk
from tests.support.secc import NOW, counted_random


def test_energy_begins_and_ends_to_flow_once_each_time():
    turn = Turn(State(talk=Talk()), Settings(), NOW, counted_random())

    for change in (flow.end, flow.begin, flow.begin, flow.end, flow.end, flow.begin):
        change(turn)

    assert [type(each.variable).__name__ for each in turn.effects] == [
        "CurrentDemandStarted",
        "CurrentDemandFinished",
        "CurrentDemandStarted",
    ]
