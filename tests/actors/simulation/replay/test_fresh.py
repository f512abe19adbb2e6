import dataclasses

import pytest

from actors.simulation.replay import fresh
from actors.v2g.link import evidence_lines as lines
from protocols.iso15118 import exi
from tests.support import signed_messages
from tests.support.ev_cars import wallet
from tests.support.evidence import DISCOVERY, HELLO, NOON, SESSION, SETUP, RecordedPairing

ISO2 = "car: {mode: dc, pay: contract, time_lapse: 600}\nsteps: [plug, charge: {energy_wh: 300}, unplug]"
ISO20 = ISO2.replace("mode: dc", "mode: dc, protocols: [iso20]")
RECORDED, NEW = SESSION.hex().upper(), "00AA11BB22CC33DD"


def message(payload, schema="iso2_msgdef"):
    """As it stands in a bundle."""
    name = lines.parts(exi.to_json(exi.decode(payload, schema)))[0]
    told = {"from": "car", "payload_type": "0x8001", "schema": schema, "name": name, "exi_hex": payload.hex()}
    talk = lines.of("talk", NOON, {"format": 1})
    return list(lines.read([talk, lines.of("message", NOON, told)]))[1]


def of_talk(text, tls):
    """The first request of each name in a talk by contract."""
    made = RecordedPairing(text, tls=tls, wallet=wallet())
    said = [one for one in lines.read(made.lines) if isinstance(one, lines.Message)]
    return {one.name: one for one in reversed(said)}


@pytest.fixture(scope="module")
def iso2():
    return of_talk(ISO2, "TLSv1.2")


@pytest.fixture(scope="module")
def iso20():
    return of_talk(ISO20, "TLSv1.3")


def renewed(one, recorded=RECORDED):
    """Header and content of the request that is sent."""
    payload = fresh.renewed(one, recorded, NEW, NOON)
    return lines.parts(exi.to_json(exi.decode(payload, one.schema)))


def test_a_request_is_sent_under_the_new_session():
    name, header, _content = renewed(message(DISCOVERY))

    assert (name, header["SessionID"]) == ("ServiceDiscoveryReq", NEW)


@pytest.mark.parametrize(
    ("payload", "schema"), [(SETUP, "iso2_msgdef"), (HELLO, "app_protocol"), (DISCOVERY, "iso2_msgdef")]
)
def test_what_names_no_session_or_another_one_stays_as_it_was(payload, schema):
    assert fresh.renewed(message(payload, schema), "FFFFFFFFFFFFFFFF", NEW, NOON) == payload
    assert fresh.renewed(message(payload, schema), "", NEW, NOON) == payload


def test_a_request_of_20_gets_the_time_of_now(iso20):
    _name, header, _content = renewed(iso20["ServiceDiscoveryReq"])

    assert header["TimeStamp"] == int(NOON.timestamp())


def test_a_receipt_that_is_not_signed_names_the_new_session():
    receipt = exi.decode(
        exi.encode(signed_messages.iso2_message("MeteringReceiptReq"), "iso2_msgdef"), "iso2_msgdef"
    )
    body = dataclasses.replace(receipt.body.body_element, session_id=SESSION)
    plain = dataclasses.replace(
        receipt,
        header=dataclasses.replace(receipt.header, session_id=SESSION, signature=None),
        body=dataclasses.replace(receipt.body, body_element=body),
    )
    one = message(exi.encode(plain, "iso2_msgdef"))

    assert fresh.obstacle(one) is None
    assert renewed(one)[2]["SessionID"] == NEW


@pytest.mark.parametrize("protocol", ["iso2", "iso20"])
def test_a_signed_challenge_cannot_be_replayed(protocol, request):
    requests = request.getfixturevalue(protocol)

    assert "a challenge counts once" in fresh.obstacle(requests["AuthorizationReq"])
    assert fresh.obstacle(requests["ServiceDiscoveryReq"]) is None


def test_a_signed_receipt_cannot_be_replayed():
    signed = signed_messages.iso2_message("MeteringReceiptReq")
    tree = exi.to_json(signed)
    tree["V2G_Message"]["Header"]["Signature"] = {}

    assert "recorded session" in fresh.OBSTACLES["MeteringReceiptReq"](tree)


def test_confirmed_metering_data_cannot_be_replayed():
    assert "recorded session" in fresh.OBSTACLES["MeteringConfirmationReq"]({})


def test_what_is_no_message_is_sent_as_it_was():
    damaged = dataclasses.replace(message(DISCOVERY), payload=b"\x80\xff", error="no message")

    assert fresh.renewed(damaged, RECORDED, NEW, NOON) == b"\x80\xff"
    assert fresh.tree_of(dataclasses.replace(damaged, error=None, schema=None)) is None
    assert fresh.renewed(dataclasses.replace(damaged, error=None, schema=None), "", "", NOON) == b"\x80\xff"


def test_what_could_be_read_but_not_written_is_sent_as_it_was(monkeypatch):
    def refuse(_message, _schema):
        raise exi.EncodeError("too long")

    monkeypatch.setattr(fresh.guess, "encode", refuse)

    assert fresh.renewed(message(DISCOVERY), RECORDED, NEW, NOON) == DISCOVERY
