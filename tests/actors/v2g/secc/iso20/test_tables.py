"""Every request in every phase: what the tables allow is worked on, all else is a sequence error."""

import pytest

from actors.v2g.secc.exchange import Publish, StartTimer
from actors.v2g.secc.iso20 import tables
from actors.v2g.secc.iso20.answers import SMALLEST
from actors.v2g.secc.iso20.phases import Phase
from actors.v2g.secc.iso20.tables import AC, DC, MAIN, SIDE
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.exi import Schema
from protocols.iso15118.iso20 import common
from protocols.iso15118.v2gtp import PayloadType
from tests.support.secc_iso20 import Car20, car_in, every_request
from tests.support.secc_iso20_pnc import expiring_car

BOTH = {1: AC, 2: DC}
PHASES = {
    service: sorted({phase for phase, _ in table} - {Phase.EXPIRING}) for service, table in BOTH.items()
}
NAMES = {service: sorted(every_request(Car20(service=service))) for service in BOTH}
PAIRS = [(service, phase, name) for service in BOTH for phase in PHASES[service] for name in NAMES[service]]
SIDE_OF_LOOP = {"ScheduleExchangeReq aside", "PowerDeliveryReq aside", "MeteringConfirmationReq aside"}
PARKING = {"VehicleCheckInReq aside", "VehicleCheckOutReq aside"}
STOP = {"SessionStopReq"}
ALLOWED = {
    Phase.SESSION_SETUP: {"SessionSetupReq"},
    Phase.AUTHORIZATION_SETUP: {"AuthorizationSetupReq"} | STOP,
    Phase.AUTHORIZATION: {"AuthorizationReq", "CertificateInstallationReq"} | STOP,
    Phase.AUTHORIZING: {"AuthorizationReq"} | STOP,
    Phase.EXPIRING: {"ServiceDiscoveryReq", "CertificateInstallationReq"} | STOP,
    Phase.SERVICE_DISCOVERY: {"ServiceDiscoveryReq"} | STOP,
    Phase.SERVICE_DETAIL: {"ServiceDetailReq"} | STOP,
    Phase.SERVICE_SELECTION: {"ServiceDetailReq", "ServiceSelectionReq"} | STOP,
    Phase.PARAMETERS: {"AcChargeParameterDiscoveryReq", "DcChargeParameterDiscoveryReq"} | STOP | PARKING,
    Phase.SCHEDULE: {"ScheduleExchangeReq"} | STOP | PARKING,
    Phase.CABLE_CHECK: {"DcCableCheckReq"} | STOP | PARKING,
    Phase.PRE_CHARGE: {"DcPreChargeReq"} | STOP | PARKING,
    Phase.DELIVERY: {"PowerDeliveryReq"} | STOP | PARKING,
    Phase.LOOP: {"AcChargeLoopReq", "DcChargeLoopReq", "PowerDeliveryReq"} | SIDE_OF_LOOP | PARKING,
    Phase.WELDING: {"DcWeldingDetectionReq"} | STOP | PARKING,
    Phase.STOP: STOP | PARKING,
}
"""What the standard allows, said a second time and otherwise than in the tables."""
OPENING = (charger.AcOpenContactor, charger.DcOpenContactor, charger.CurrentDemandFinished)


def allowed_pairs(*, yes):
    return [pair for pair in PAIRS if (pair[2] in ALLOWED[pair[1]]) is yes]


@pytest.mark.untraced
@pytest.mark.parametrize(("service", "phase", "name"), allowed_pairs(yes=False))
def test_what_is_in_no_table_is_a_sequence_error(service, phase, name):
    # given
    car = car_in(phase, service)
    before = car.bench.talk
    request, channel = every_request(car)[name]

    # when
    response = car.send(request, channel)

    # then
    assert response.response_code == "FAILED_SequenceError"
    assert type(response) is SMALLEST[type(request)][0]
    assert car.bench.closed.reason == "sequence_error"
    assert car.bench.closed.after_s == 5
    assert car.bench.timers == {}
    after = car.bench.talk
    assert (after.phase, after.session_id, after.authorization) == (
        before.phase, before.session_id, before.authorization,
    )  # fmt: skip
    told = [each.variable for each in car.bench.effects if isinstance(each, Publish)]
    assert all(isinstance(each, OPENING) for each in told)
    assert not any(isinstance(each, StartTimer) for each in car.bench.effects)


@pytest.mark.parametrize(("service", "phase", "name"), allowed_pairs(yes=True))
def test_what_is_in_a_table_is_worked_on(service, phase, name):
    # given
    car = car_in(phase, service)
    request, channel = every_request(car)[name]

    # when
    response = car.send(request, channel)

    # then
    refused_by_handler = {"parking_status_not_chosen", "installation_not_offered", "nothing_to_confirm"}
    late = {"profile_without_renegotiation"}
    if response is not None and response.response_code == "FAILED_SequenceError":
        assert car.bench.closed.reason in refused_by_handler | late
    assert "sequence_error" not in car.bench.notes()


@pytest.mark.parametrize(("service", "phase", "name"), allowed_pairs(yes=True))
def test_a_request_of_another_session_is_refused(service, phase, name):
    # given
    car = car_in(phase, service)
    if name == "SessionSetupReq":
        return
    car.session_id = b"\1" * 8
    request, channel = every_request(car)[name]

    # when
    response = car.send(request, channel)

    # then
    assert response.response_code == "FAILED_UnknownSession"
    assert car.bench.closed.reason == "unknown_session"


@pytest.mark.parametrize("name", sorted(set(NAMES[2]) - ALLOWED[Phase.EXPIRING]))
def test_a_contract_that_ends_soon_allows_nothing_else(name):
    car, _ = expiring_car()
    request, channel = every_request(car)[name]

    assert car.send(request, channel).response_code == "FAILED_SequenceError"
    assert car.bench.closed.reason == "sequence_error"


def test_every_request_has_a_row_somewhere():
    kinds = {kind for table in (AC, DC, *SIDE.values()) for _, kind in table}

    assert kinds == set(SMALLEST)


def test_every_row_names_where_it_comes_from():
    every = [row for table in (AC, DC, *SIDE.values()) for row in table.values()]

    assert all("V2G20-" in row.source or "Table 14" in row.source for row in every)


def test_a_talk_about_dc_has_no_ac_channel():
    car = car_in(Phase.AUTHORIZATION, 2)
    from actors.v2g.secc.turn import Turn

    turn = Turn(car.bench.state, car.bench.settings, car.bench.now, car.bench.random)

    assert {channel: tables.schema_of(channel, turn) for channel in (*MAIN, 0x8101, 0x8005, 0x8001)} == {
        PayloadType.COMMON: Schema.ISO20_COMMON,
        PayloadType.AC: None,
        PayloadType.DC: Schema.ISO20_DC,
        0x8101: Schema.ISO20_COMMON,
        0x8005: None,
        0x8001: None,
    }


def test_stop_is_allowed_wherever_no_energy_flows():
    for table in (AC, DC):
        phases = {phase for phase, kind in table if kind is common.SessionStopReq}
        assert phases == {phase for phase, _ in table} - {Phase.SESSION_SETUP, Phase.LOOP}
