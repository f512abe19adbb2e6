import subprocess
import sys
import time

import pytest

from protocols.errors import EvseBoardSupport
from protocols.interface import Interface, everest_name
from protocols.interfaces import (
    ac_rcd,
    energy_manager,
    evse_board_support,
    evse_manager,
    load_all,
    ocpp,
    power_supply_dc,
)
from protocols.message import message_types


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (evse_manager.GetEvse, "get_evse"),
        (power_supply_dc.SetMode, "setMode"),
        (evse_board_support.CpStateX1, "cp_state_X1"),
        (ac_rcd.RcdCurrentMA, "rcd_current_mA"),
        (ocpp.SecurityEvent, "security_event"),
        (ocpp.SecurityEventVar, "security_event"),
    ],
)
def test_a_message_knows_what_everest_calls_it(kind, name):
    assert everest_name(kind) == name


def test_an_interface_lists_its_messages_by_everests_names():
    interface = Interface.of(ac_rcd)

    assert interface.name == "ac_rcd"
    assert interface.module is ac_rcd
    assert interface.commands == {"self_test": ac_rcd.SelfTest, "reset": ac_rcd.Reset}
    assert interface.variables == {"rcd_current_mA": ac_rcd.RcdCurrentMA}
    assert [error.short_name for error in interface.errors][:2] == ["Selftest", "DC"]


def test_an_interface_may_have_nothing_to_say():
    interface = Interface.of(energy_manager)

    assert (interface.commands, interface.variables, interface.errors) == ({}, {}, ())


def test_an_interface_may_raise_from_several_lists():
    errors = Interface.of(evse_board_support).errors

    assert {error.list_name for error in errors} == {"evse_board_support", "ac_rcd"}
    assert EvseBoardSupport.BROWN_OUT in errors


def test_an_interface_cannot_be_changed():
    interface = load_all()["evse_manager"]

    with pytest.raises(TypeError):
        interface.commands["dance"] = evse_manager.Reserve
    with pytest.raises(TypeError):
        load_all()["dancing"] = interface


def test_loading_all_makes_every_message_known_once():
    loaded = load_all()

    assert loaded is load_all()
    for interface in loaded.values():
        for kind in (*interface.commands.values(), *interface.variables.values()):
            assert kind in message_types().values()


def test_loading_everything_is_quick():
    # given a new interpreter, so that nothing is loaded yet
    program = "from protocols.interfaces import load_all; assert len(load_all()) == 34"

    # when: the best of three, as other work may be going on
    durations = []
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", program], check=True)
        durations.append(time.perf_counter() - started)

    # then: the bar is 0.4 s of an idle core; slower machines get room
    assert min(durations) < 2.0
