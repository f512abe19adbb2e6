import pytest

from actors.v2g.secc.iso2 import schedules
from actors.v2g.secc.iso2.kept import keep, kept
from actors.v2g.secc.machine import Turn
from actors.v2g.secc.settings import Settings
from actors.v2g.secc.state import State, Talk
from actors.v2g.secc.station import Station
from protocols.iso15118 import iso2
from protocols.iso15118.iso2 import ResponseCode
from protocols.types.iso15118 import EnergyTransferMode as Mode
from protocols.types.iso15118 import NoEnergyPauseMode
from tests.support.secc import NOW, counted_random
from tests.support.secc_iso2 import quantity


def turn(mode, **station):
    return Turn(
        State(station=Station(**station), talk=Talk(energy_mode=mode)), Settings(), NOW, counted_random()
    )


def request_of(*powers):
    entries = tuple(
        iso2.ProfileEntry(
            charging_profile_entry_start_s=60 * place, charging_profile_entry_max_power=quantity(power, "W")
        )
        for place, power in enumerate(powers)
    )
    profile = iso2.ChargingProfile(profile_entry=entries)
    return iso2.PowerDeliveryReq(
        charge_progress=iso2.ChargeProgress.START, sa_schedule_tuple_id=1, charging_profile=profile
    )


@pytest.mark.parametrize(
    ("mode", "station", "power"),
    [
        (Mode.AC_SINGLE_PHASE_CORE, {"ac_max_current_a": 10.0}, 2300),
        (Mode.AC_THREE_PHASE_CORE, {"ac_max_current_a": 10.0}, 6900),
        (Mode.AC_THREE_PHASE_CORE, {}, None),
        (Mode.DC_EXTENDED, {}, None),
        (
            Mode.AC_THREE_PHASE_CORE,
            {"ac_max_current_a": 10.0, "no_energy": NoEnergyPauseMode.ALLOW_EV_TO_IGNORE_PAUSE},
            0,
        ),
    ],
)
def test_power_is_what_the_mode_can_have_now(mode, station, power):
    assert schedules.p_max_w(turn(mode, **station)) == power


def test_an_offer_lasts_a_day_and_is_remembered():
    given = turn(Mode.DC_EXTENDED)

    (one,) = schedules.offer(given, 5000.0).sa_schedule_tuple

    (entry,) = one.p_max_schedule.p_max_schedule_entry
    assert (entry.time_interval.start_s, entry.time_interval.duration_s) == (0, 86400)
    assert kept(given).p_max_w == 5000


@pytest.mark.parametrize(
    ("powers", "bidirectional", "fits"),
    [
        ((5000, 0), False, True),
        ((5049,), False, True),
        ((5100,), False, False),
        ((-1,), False, False),
        ((-5000, 5000), True, True),
        ((-5100,), True, False),
    ],
)
def test_a_profile_keeps_to_the_offer_both_ways(powers, bidirectional, fits):
    given = turn(Mode.DC_EXTENDED)
    schedules.offer(given, 5000.0)
    keep(given, bidirectional=bidirectional)

    code = schedules.refused(given, request_of(*powers))

    assert code is (None if fits else ResponseCode.FAILED_CHARGING_PROFILE_INVALID)


def test_without_an_offer_there_is_nothing_to_keep_to():
    assert schedules.refused(turn(Mode.DC_EXTENDED), request_of(1)) is None
