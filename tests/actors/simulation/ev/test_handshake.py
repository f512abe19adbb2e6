import pytest

from actors.simulation.ev import handshake
from actors.simulation.ev.drive import Drive
from actors.simulation.ev.exchange import Tls
from actors.simulation.ev.outcome import Reason, TalkError
from protocols.iso15118 import app_protocol, exi
from protocols.iso15118.v2gtp import PayloadType
from tests.support.ev_cars import script

CODES = app_protocol.ResponseCode


def drive(text="", tls=None):
    made = Drive(script(text), None, bytes)
    made.connected(Tls(version=tls, cipher="") if tls else None)
    return made


def answer(code=CODES.OK_SUCCESSFUL_NEGOTIATION, schema_id=1):
    body = app_protocol.SupportedAppProtocolRes(response_code=code, schema_id=schema_id)
    return exi.encode(body, exi.Schema.APP_PROTOCOL)


def offered(one):
    request = exi.decode(handshake.request(one), exi.Schema.APP_PROTOCOL)
    return [(each.protocol_namespace, each.priority) for each in request.app_protocol]


def test_the_car_offers_what_it_speaks():
    assert offered(drive()) == [("urn:iso:15118:2:2013:MsgDef", 1)]


def test_the_version_of_tls_may_leave_nothing_to_offer():
    with pytest.raises(TalkError) as caught:
        handshake.request(drive(tls="TLSv1.3"))
    assert caught.value.reason is Reason.NO_PROTOCOL


@pytest.mark.parametrize(("mode", "name"), [("ac", "ISO 15118-2 AC"), ("dc", "ISO 15118-2 DC")])
def test_the_language_fits_the_energy_mode(mode, name):
    language, code = handshake.response(drive(f"car: {{mode: {mode}}}"), PayloadType.EXI, answer())

    assert (language.name, code) == (name, "OK_SuccessfulNegotiation")


def test_a_missing_number_is_clear_where_there_was_one():
    assert handshake.response(drive(), PayloadType.EXI, answer(schema_id=None))[0].name == "ISO 15118-2 AC"


@pytest.mark.parametrize(
    ("payload_type", "payload", "reason"),
    [
        (PayloadType.EXI, answer(CODES.FAILED_NO_NEGOTIATION), Reason.NO_PROTOCOL),
        (PayloadType.EXI, answer(schema_id=7), Reason.NO_PROTOCOL),
        (PayloadType.EXI, b"\xff", Reason.UNDECODABLE),
        (PayloadType.AC, answer(), Reason.UNDECODABLE),
        (PayloadType.EXI, handshake.request(drive()), Reason.WRONG_MESSAGE),
    ],
)
def test_an_answer_that_is_none_ends_the_talk(payload_type, payload, reason):
    with pytest.raises(TalkError) as caught:
        handshake.response(drive(), payload_type, payload)
    assert caught.value.reason is reason
