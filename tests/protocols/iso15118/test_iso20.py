from __future__ import annotations

import importlib

import pytest

from protocols.iso15118 import exi
from protocols.iso15118.exi.declaration import declaration_of
from protocols.iso15118.exi.schema import MODULES, Schema, grammar_of
from protocols.iso15118.iso20 import ac, acdp, common, dc
from protocols.iso15118.iso20.enumerations import ResponseCode
from protocols.iso15118.iso20.types import MessageHeader, RationalNumber, V2gRequest, V2gResponse

SCHEMAS = [schema for schema in Schema if schema.value.startswith("iso20")]
HEADER = MessageHeader(session_id=bytes(range(8)), time_stamp=1_795_228_414)


def pairs(schema: Schema) -> tuple[set[str], set[str]]:
    """The names of all requests and all responses, without Req and Res."""
    requests, responses = set(), set()
    for kind in grammar_of(schema).types:
        name = declaration_of(kind).element
        if name is not None and issubclass(kind, V2gRequest):
            requests.add(name.removesuffix("Req"))
        if name is not None and issubclass(kind, V2gResponse):
            responses.add(name.removesuffix("Res"))
    return requests, responses


@pytest.mark.parametrize(
    ("schema", "count"),
    [
        (Schema.ISO20_COMMON, 13),
        (Schema.ISO20_AC, 2),
        (Schema.ISO20_DC, 5),
        (Schema.ISO20_ACDP, 4),
        (Schema.ISO20_WPT, 6),
    ],
)
def test_every_request_has_its_response(schema, count):
    requests, responses = pairs(schema)
    assert requests == responses
    assert len(requests) == count


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_package_names_everything_it_declares(schema):
    package = importlib.import_module(f"protocols.iso15118.{MODULES[schema]}")
    own = {kind.__name__ for kind in package.NAMESPACES[0].types}
    assert own <= set(package.__all__)
    assert all(hasattr(package, name) for name in package.__all__)


def test_a_charging_loop_names_its_control_mode_by_its_class():
    request = dc.DcChargeLoopReq(
        header=HEADER,
        meter_info_requested=False,
        ev_present_voltage=RationalNumber.from_decimal(400),
        cl_req_control_mode=dc.BptDynamicDcClReqControlMode(
            **{
                name: RationalNumber.from_decimal(number)
                for number, name in enumerate(
                    (
                        "ev_target_energy_request",
                        "ev_maximum_energy_request",
                        "ev_minimum_energy_request",
                        "ev_maximum_charge_power",
                        "ev_minimum_charge_power",
                        "ev_maximum_charge_current",
                        "ev_maximum_voltage",
                        "ev_minimum_voltage",
                        "ev_maximum_discharge_power",
                        "ev_minimum_discharge_power",
                        "ev_maximum_discharge_current",
                    )
                )
            }
        ),
    )
    data = exi.encode(request, Schema.ISO20_DC)
    assert exi.decode(data, Schema.ISO20_DC) == request
    assert "BPT_Dynamic_DC_CLReqControlMode" in exi.to_json(request)["DC_ChargeLoopReq"]


def test_a_control_mode_of_the_other_current_is_refused():
    mode = dc.ScheduledDcClResControlMode()
    response = ac.AcChargeLoopRes(header=HEADER, response_code=ResponseCode.OK, cl_res_control_mode=mode)
    with pytest.raises(exi.EncodeError, match="may stand here"):
        exi.encode(response, Schema.ISO20_AC)


def test_a_session_id_has_eight_bytes():
    header = MessageHeader(session_id=bytes(7), time_stamp=0)
    with pytest.raises(exi.EncodeError, match=r"length 7 is not in 8..8") as caught:
        exi.encode(common.SessionSetupReq(header=header, evcc_id="WMIV1234567890ABCDEX"), Schema.ISO20_COMMON)
    assert caught.value.path == "SessionSetupReq/Header/SessionID"


def test_connecting_and_disconnecting_differ_by_name_alone():
    state = acdp.ElectricalChargingDeviceStatus.STATE_B
    connect = acdp.AcdpConnectReq(header=HEADER, ev_electrical_charging_device_status=state)
    disconnect = acdp.AcdpDisconnectReq(header=HEADER, ev_electrical_charging_device_status=state)
    one, two = exi.encode(connect, Schema.ISO20_ACDP), exi.encode(disconnect, Schema.ISO20_ACDP)
    assert one != two
    assert len(one) == len(two)
    assert exi.decode(two, Schema.ISO20_ACDP) == disconnect


def test_the_supporting_points_of_a_schedule_are_bounded():
    mode = common.ScheduledSeReqControlMode()
    for points, fits in ((11, False), (12, True), (1024, True), (1025, False)):
        request = common.ScheduleExchangeReq(
            header=HEADER, maximum_supporting_points=points, scheduled_se_req_control_mode=mode
        )
        if fits:
            assert exi.decode(exi.encode(request, Schema.ISO20_COMMON), Schema.ISO20_COMMON) == request
        else:
            with pytest.raises(exi.EncodeError):
                exi.encode(request, Schema.ISO20_COMMON)
