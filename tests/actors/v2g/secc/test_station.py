import dataclasses

import pytest

from actors.v2g.secc.station import APPLY, Station, applied
from protocols import codec
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_extensions as extensions
from protocols.message import Command
from protocols.types import iso15118
from protocols.types.iso15118 import EvseError, NoEnergyPauseMode
from tests.support.secc_iso2 import GRANT, STATION

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
        error=EvseError.ERROR_RCD,
    )

    fresh = applied(stopped, SESSION)

    assert fresh == dataclasses.replace(applied(Station(), SESSION), error=EvseError.ERROR_RCD)
    assert not fresh.stop
