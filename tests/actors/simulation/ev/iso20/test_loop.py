from decimal import Decimal

import pytest

from actors.simulation.ev.drive import Drive, Wish
from actors.simulation.ev.iso20 import loop
from actors.simulation.ev.script import Pay
from protocols.iso15118.iso20.enumerations import EvseNotification as Kind
from tests.support.ev_cars import script
from tests.support.ev_iso20_station import METER, notice
from tests.support.ev_stations import NOON


def drive():
    made = Drive(script("steps: [charge, unplug]"), None, bytes)
    made.at(NOON)
    return made


@pytest.mark.parametrize(
    ("kind", "wish"),
    [
        (Kind.TERMINATE, Wish.STOP),
        (Kind.PAUSE, Wish.PAUSE),
        (Kind.SCHEDULE_RENEGOTIATION, Wish.RENEGOTIATE),
        (Kind.SERVICE_RENEGOTIATION, Wish.STOP),
        (Kind.EXIT_STANDBY, None),
        (Kind.METERING_CONFIRMATION, None),
    ],
)
def test_a_notification_is_a_wish_of_the_station(kind, wish):
    assert loop.notified(drive(), notice(kind)) is wish


def test_without_a_notification_a_stop_holds():
    one = drive()
    wishes = [loop.notified(one, None)]
    one.stopping = True

    assert [*wishes, loop.notified(one, None)] == [None, Wish.STOP]


@pytest.mark.parametrize(
    ("station", "phase", "paused"),
    [
        (None, "ChargeLoop", False),
        (Wish.RENEGOTIATE, "ScheduleRenegotiation", False),
        (Wish.PAUSE, "PowerDeliveryStop", True),
        (Wish.STOP, "PowerDeliveryStop", False),
    ],
)
def test_the_station_goes_before_the_script(station, phase, paused):
    one = drive()

    assert loop.follow(one, station, Decimal(1)).phase == phase
    assert one.paused is paused


@pytest.mark.parametrize(("pay", "phase"), [(Pay.CONTRACT, "MeteringConfirmation"), (Pay.EIM, "ChargeLoop")])
def test_a_reading_is_confirmed_by_contract_only(pay, phase):
    from types import SimpleNamespace

    one = drive()
    one.payment = pay
    said = SimpleNamespace(
        body=SimpleNamespace(meter_info=METER, evse_status=notice(Kind.METERING_CONFIRMATION))
    )

    assert loop.after_loop(one, said, Decimal(1)).phase == phase
    assert one.notes["meter"] is METER
