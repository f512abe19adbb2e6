import pytest

from protocols.iso15118 import app_protocol, exi, guess
from protocols.iso15118.capture.agreement import Agreement
from protocols.iso15118.v2gtp import PayloadType, Protocol
from tests.support import signed_messages as messages

STATUS = exi.encode(messages.iso2_message("ChargingStatusReq", {}), "iso2_msgdef")
PRICES = exi.encode(messages.iso20_message("ScheduleExchangeRes"), "iso20_common")


def offer(*namespaces):
    protocols = tuple(
        app_protocol.AppProtocol(
            protocol_namespace=namespace,
            version_number_major=2,
            version_number_minor=0,
            schema_id=number,
            priority=number,
        )
        for number, namespace in enumerate(namespaces, 1)
    )
    return exi.encode(app_protocol.SupportedAppProtocolReq(app_protocol=protocols), "app_protocol")


def choice(number):
    code = "OK_SuccessfulNegotiation" if number else "Failed_NoNegotiation"
    message = app_protocol.SupportedAppProtocolRes(
        response_code=app_protocol.ResponseCode(code), schema_id=number
    )
    return exi.encode(message, "app_protocol")


def agreed(namespace, number=1):
    agreement = Agreement()
    agreement.read(PayloadType.EXI, offer(namespace))
    agreement.read(PayloadType.EXI, choice(number))
    return agreement


@pytest.mark.parametrize("protocol", [Protocol.ISO2, Protocol.DIN, Protocol.ISO20_DC])
def test_an_agreement_names_the_protocol_and_its_namespace(protocol):
    agreement = agreed(protocol.value)

    assert (agreement.protocol, agreement.namespace) == (protocol, protocol.value)


def test_the_only_schema_of_an_agreement_is_read_for_sure():
    found = agreed(Protocol.ISO2.value).read(PayloadType.EXI, STATUS)

    assert (found.schema, found.certain, found.alternatives) == ("iso2_msgdef", True, ())


def test_bytes_that_the_only_schema_does_not_fit_are_unknown():
    with pytest.raises(guess.UnknownMessageError, match="din_msgdef"):
        agreed(Protocol.DIN.value).read(PayloadType.EXI, b"\x80\xff\xff")


def test_a_payload_type_without_place_is_unknown():
    with pytest.raises(guess.UnknownMessageError, match="no candidates"):
        agreed(Protocol.ISO2.value).read(PayloadType.SDP_REQUEST, b"\x80")


def test_messages_under_a_namespace_nobody_knows_go_by_their_payload_type():
    agreement = agreed("urn:somebody:DC")

    assert (agreement.protocol, agreement.namespace) == (None, "urn:somebody:DC")
    assert agreement.read(PayloadType.COMMON, PRICES).schema == "iso20_common"


def test_nothing_is_agreed_on_by_a_refusal():
    agreement = agreed(Protocol.ISO2.value, None)

    assert (agreement.protocol, agreement.namespace) == (None, None)


def test_a_connection_seen_from_its_middle_on_is_found_out_by_guessing():
    agreement = Agreement()

    assert agreement.read(PayloadType.EXI, STATUS).schema == "iso2_msgdef"
    assert agreement.protocol is Protocol.ISO2
    assert agreement.candidates(PayloadType.EXI) == ("iso2_msgdef",)
