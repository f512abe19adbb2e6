"""A residual current device that has tripped is closed again when nobody is connected."""

from dataclasses import replace

from actors.connector.exchange import Answered, Device
from protocols.interfaces.ac_rcd import Reset, ResetReply, SelfTest
from tests.support.outlet import AC, Outlet

RCD = replace(AC, has_rcd=True)
TRIPPED = ("ac_rcd/AC", "ac_rcd/MREC2GroundFailure")


def idle(settings=RCD):
    outlet = Outlet(settings)
    outlet.order()
    return outlet


def test_it_is_closed_and_then_tested():
    outlet = idle()

    outlet.stands(Device.RCD, *TRIPPED)

    assert outlet.commands((Reset, SelfTest)) == [Reset(), SelfTest()]


def test_one_that_cannot_be_closed_is_not_tested():
    outlet = idle()

    outlet.feed(Answered(Device.RCD, Reset(), ResetReply(reset=False)))

    assert not outlet.commands(SelfTest)


def test_it_is_tried_three_times_a_minute_apart():
    outlet = idle()
    outlet.renewing = False
    outlet.stands(Device.RCD, *TRIPPED)

    outlet.advance(300)

    times = outlet.times(Reset)
    assert [round(after - times[0]) for after in times] == [0, 60, 120]


def test_nobody_touches_it_while_a_car_is_connected():
    outlet = idle()
    outlet.car("B")

    outlet.stands(Device.RCD, *TRIPPED)
    assert not outlet.commands(Reset)

    outlet.car("A")
    assert outlet.commands(Reset)


def test_it_may_trip_again_another_day():
    outlet = idle()
    for _ in range(5):
        outlet.stands(Device.RCD, *TRIPPED)
        outlet.stands(Device.RCD)

    assert len(outlet.commands(Reset)) == 5


def test_a_vendors_warning_is_no_trip():
    outlet = idle()

    outlet.stands(Device.RCD, "ac_rcd/VendorWarning")

    assert not outlet.commands(Reset)


def test_an_outlet_without_one_resets_nothing():
    outlet = idle(AC)

    outlet.stands(Device.RCD, *TRIPPED)

    assert not outlet.commands(Reset)
