"""What EVSEs say of themselves, and what of it is told signed (rows S9.15 to S9.18)."""

from dataclasses import replace
from decimal import Decimal

import pytest
from ocpp.v21.enums import ReadingContextEnumType as Context

from actors.ocpp.blocks import metering, metering_readings, transactions
from actors.ocpp.blocks.metering_readings import LONGEST_KEY, LONGEST_RECORD, Signing, reading_of
from actors.ocpp.blocks.metering_values import Reading, meter_value, phases_used
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Target
from protocols.interfaces import evse_manager
from protocols.ocpp.version import Version
from protocols.types.energy import EnforcedLimits, LimitsRes, NumberWithSource
from protocols.types.evse_manager import EVInfo, Limits
from protocols.types.powermeter import Powermeter
from protocols.types.units import Current, Energy, Power, Voltage
from protocols.types.units_signed import Energy as SignedEnergy
from protocols.types.units_signed import SignedMeterValue
from tests.support.ocpp_station import START, Station

METER = Powermeter(timestamp=START, energy_wh_import=Energy(total_wh=Decimal(1000)))
RECORD = SignedMeterValue(signed_meter_data="data", signing_method="m" * 60, encoding_method="OCMF")


def station(**options):
    made = Station(blocks=(metering.BLOCK, transactions.BLOCK), **options)
    made.restart()
    return made


def within(made, wish):
    found = []
    made.turn(lambda turn: found.append(wish(turn)))
    return found[0]


def granted(power_w):
    power = None if power_w is None else NumberWithSource(value=power_w, source="grid")
    return EnforcedLimits(
        uuid="n", valid_for_s=10, limits_root_side=LimitsRes(total_power_w=power), schedule=()
    )


@pytest.mark.parametrize(
    ("news", "field", "value"),
    [
        (evse_manager.Powermeter(powermeter=METER), "meter", METER),
        (evse_manager.EvInfo(ev_info=EVInfo(soc_percent=8.0)), "ev", EVInfo(soc_percent=8.0)),
        (
            evse_manager.Limits(limits=Limits(max_current_a=6.0, nr_of_phases_available=1)),
            "limits",
            Limits(max_current_a=6.0, nr_of_phases_available=1),
        ),
        (evse_manager.EnforcedLimits(limits=granted(7.0)), "enforced", granted(7.0)),
    ],
)
def test_what_an_evse_says_of_itself_is_known(news, field, value):
    made = station()
    made.say(Target.EVSE_MANAGER, news, 2)

    assert getattr(within(made, lambda turn: reading_of(turn, 2)), field) == value
    assert within(made, lambda turn: reading_of(turn, 1)) == Reading()


def test_an_older_reading_is_no_news():
    made = station()
    newer = replace(METER, timestamp=made.now)
    made.say(Target.EVSE_MANAGER, evse_manager.Powermeter(powermeter=newer))
    made.later(-10)
    older = replace(METER, timestamp=made.now)
    made.say(Target.EVSE_MANAGER, evse_manager.Powermeter(powermeter=older))

    assert within(made, lambda turn: reading_of(turn, 1)).meter == newer


@pytest.mark.parametrize(
    ("meter", "record"),
    [
        (None, None),
        (METER, None),
        (replace(METER, signed_meter_value=RECORD), RECORD),
        (replace(METER, energy_wh_import_signed=SignedEnergy(total=RECORD)), RECORD),
    ],
)
def test_a_record_is_found_wherever_the_meter_puts_it(meter, record):
    assert metering_readings.record_of(meter) == record


def worded(made, record, *, key_told=False):
    return within(made, lambda turn: Signing(turn, 1, key_told).worded(record))


@pytest.mark.parametrize("version", LONGEST_RECORD)
def test_a_record_that_is_too_long_is_not_told(version):
    made = station(version=version)
    longest = LONGEST_RECORD[version]
    fits = worded(made, replace(RECORD, signed_meter_data="x" * longest))
    assert fits is not None
    assert len(fits.signing_method) == 50

    assert worded(made, replace(RECORD, signed_meter_data="x" * (longest + 1))) is None
    assert "signed_record_too_long" in made.notes()


@pytest.mark.parametrize(
    ("policy", "of_record", "of_meter", "expected"),
    [
        ("EveryMeterValue", "A", "B", "A"),
        ("EveryMeterValue", "", "B", "B"),
        ("EveryMeterValue", "", "", ""),
        ("EveryMeterValue", "x" * (LONGEST_KEY + 1), "", ""),
        ("OncePerTransaction", "A", "", "A"),
        ("Never", "A", "B", ""),
    ],
)
def test_the_key_is_the_records_or_else_the_meters(policy, of_record, of_meter, expected):
    made = station()
    made.set(variables.PUBLIC_KEY_WITH_VALUES, policy)
    if of_meter:
        made.say(Target.EVSE_MANAGER, evse_manager.PowermeterPublicKeyOcmf(public_key=of_meter))

    assert worded(made, replace(RECORD, public_key=of_record)).public_key == expected


@pytest.mark.parametrize(
    ("power_w", "limits", "volts", "expected"),
    [
        (7000.0, None, {}, 7000.0),
        (-7000.0, None, {}, 7000.0),
        (None, (16.0, 3), {"l1_v": 230.0, "l2_v": 232.0, "l3_v": 228.0}, 11_040.0),
        (None, (16.0, 1), {"dc_v": 400.0}, None),
        (None, None, {"l1_v": 230.0}, None),
    ],
)
def test_offered_power_is_what_was_granted_or_follows(power_w, limits, volts, expected):
    now = Reading(
        meter=replace(METER, voltage_v=Voltage(**volts)),
        enforced=granted(power_w),
        limits=None if limits is None else Limits(max_current_a=limits[0], nr_of_phases_available=limits[1]),
    )
    found = meter_value(now, ("Power.Offered",), Context.trigger, START)

    assert (None if found is None else found.sampled_value[0].value) == expected


def test_a_measurand_nobody_knows_is_passed_over():
    now = Reading(meter=METER)
    found = meter_value(now, ("Energy.Future", "Energy.Active.Import.Register"), Context.trigger, START)

    assert [each.measurand.value for each in found.sampled_value] == ["Energy.Active.Import.Register"]


def test_registers_can_go_without_their_phases():
    meter = replace(METER, energy_wh_import=Energy(total_wh=Decimal(3), l1_wh=Decimal(1)))
    names = ("Energy.Active.Import.Register", "Power.Active.Import")
    meter = replace(meter, power_w=Power(total_w=5.0, l1_w=2.0))
    found = meter_value(Reading(meter=meter), names, Context.trigger, START, without_phases=True)

    assert [(each.phase, each.value) for each in found.sampled_value] == [
        (None, 3.0),
        (None, 5.0),
        ("L1", 2.0),
    ]


@pytest.mark.parametrize(
    ("current", "limits", "phases"),
    [
        (Current(dc_a=100.0), 3, None),
        (Current(l1_a=16.0, l2_a=-16.0, l3_a=0.5), 3, 2),
        (Current(l1_a=0.0), 3, 3),
        (Current(l1_a=0.0), None, None),
        (None, 3, None),
    ],
)
def test_phases_in_use_carry_current_or_are_offered(current, limits, phases):
    offered = None if limits is None else Limits(max_current_a=16.0, nr_of_phases_available=limits)

    assert phases_used(Reading(meter=replace(METER, current_a=current), limits=offered)) == phases


def test_versions_differ_in_how_long_a_record_may_be():
    assert LONGEST_RECORD[Version.V201] < LONGEST_RECORD[Version.V21]
