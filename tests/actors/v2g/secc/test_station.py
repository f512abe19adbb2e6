import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.v2g.secc.iso20.phases import Phase
from actors.v2g.secc.station import APPLY, Station, applied
from protocols import codec
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_extensions as extensions
from protocols.message import Command
from protocols.types import iso15118
from protocols.types.iso15118 import EvseError, NoEnergyPauseMode
from tests.support.examples import few
from tests.support.secc_din import DEMAND as DIN_DEMAND
from tests.support.secc_din import DinBench
from tests.support.secc_iso2 import DEMAND, GRANT, STATION, STATUS_REQ, Iso2Bench
from tests.support.secc_iso20 import car_in
from tests.support.strategies import messages

AC = 1
"""The service of -20."""

EVENTS = {charger.AuthorizationResponse}
"""An answer, not something told about the station."""
SESSION = charger.SessionSetup(
    payment_options=(iso15118.PaymentOption.CONTRACT,),
    supported_certificate_service=True,
    central_contract_validation_allowed=True,
)


def test_every_command_of_the_interface_tells_something():
    commands = {
        each
        for each in vars(charger).values()
        if isinstance(each, type) and issubclass(each, Command) and each is not Command
    }

    assert commands - set(APPLY) == EVENTS
    assert len(commands) == 28


@pytest.mark.parametrize("command", STATION, ids=lambda each: type(each).__name__)
def test_what_is_told_is_kept_and_stays_when_told_again(command):
    once = applied(Station(), command)

    assert once != Station()
    assert applied(once, command) == once
    assert codec.decode(codec.encode(once)) == once


@pytest.mark.untraced
@few(30)
@given(st.lists(st.sampled_from(sorted(APPLY, key=str)).flatmap(messages), min_size=1, max_size=4))
def test_whatever_a_station_tells_its_car_gets_an_answer(commands):
    dc, ac, old = Iso2Bench(), Iso2Bench(dc=False), DinBench()
    for bench, request in ((dc, DEMAND), (ac, STATUS_REQ), (old, DIN_DEMAND)):
        bench.to_loop()
        bench.tell(*commands)
        assert bench.ask(request) is not None
    for phase, say in (
        (Phase.LOOP, lambda car: car.loop()),
        (Phase.SERVICE_DETAIL, lambda car: car.detail()),
    ):
        new = car_in(phase, service=AC)
        new.bench.tell(*commands)
        assert say(new) is not None


def test_an_answer_changes_nothing_about_the_station():
    assert applied(Station(), GRANT) == Station()
    assert EVENTS.isdisjoint(APPLY)
    assert extensions.SetGetCertificateResponse not in APPLY


def test_an_error_lasts_until_it_is_reset():
    broken = applied(Station(), charger.SendError(error=EvseError.ERROR_RCD))
    assert broken.error is EvseError.ERROR_RCD

    assert applied(broken, charger.ResetError()) == Station()


def test_what_the_hardware_has_done_outlasts_a_new_session():
    found = dataclasses.replace(Station(), contactor_closed=True, cable_check=True)

    assert applied(found, SESSION).cable_check
    assert applied(found, SESSION).contactor_closed


def test_a_new_session_ends_what_was_told_about_the_last():
    stopped = dataclasses.replace(
        Station(),
        stop=True,
        pause=True,
        no_energy=NoEnergyPauseMode.PAUSE_AFTER_PRECHARGE,
        isolation=iso15118.IsolationStatus.FAULT,  # a car that is shown it goes
        error=EvseError.ERROR_RCD,
    )

    fresh = applied(stopped, SESSION)

    assert fresh == dataclasses.replace(applied(Station(), SESSION), error=EvseError.ERROR_RCD)
    assert not fresh.stop
