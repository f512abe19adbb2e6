from __future__ import annotations

import pytest

from protocols.iso15118 import app_protocol, exi


def offer(**changes: object) -> app_protocol.SupportedAppProtocolReq:
    values = {
        "protocol_namespace": "urn:iso:15118:2:2013:MsgDef",
        "version_number_major": 2,
        "version_number_minor": 0,
        "schema_id": 1,
        "priority": 1,
    }
    return app_protocol.SupportedAppProtocolReq(
        app_protocol=(app_protocol.AppProtocol(**{**values, **changes}),)
    )


def test_an_offer_of_din_70121_has_its_well_known_bytes():
    data = exi.encode(offer(protocol_namespace="urn:din:70121:2012:MsgDef"), exi.Schema.APP_PROTOCOL)
    assert data.hex() == "8000dbab9371d3234b71d1b981899189d191818991d26b9b3a232b30020000040040"


@pytest.mark.parametrize(
    "change",
    [{"priority": 0}, {"priority": 21}, {"schema_id": 256}, {"protocol_namespace": "u" * 101}],
)
def test_an_offer_outside_its_limits_is_not_encoded(change):
    with pytest.raises(exi.EncodeError):
        exi.encode(offer(**change), exi.Schema.APP_PROTOCOL)


def test_the_answer_may_lack_a_schema_id():
    refusal = app_protocol.SupportedAppProtocolRes(
        response_code=app_protocol.ResponseCode.FAILED_NO_NEGOTIATION
    )
    data = exi.encode(refusal, exi.Schema.APP_PROTOCOL)
    assert exi.decode(data, exi.Schema.APP_PROTOCOL) == refusal
