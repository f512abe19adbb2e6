import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.v2g import parcel
from actors.v2g.secc import exchange
from protocols import codec
from protocols.interfaces import evse_security, iso15118_charger, iso15118_vas
from protocols.message import Failure, FailureReason, Reply
from protocols.types import evse_security as security
from protocols.types import iso15118_vas as vas
from protocols.types.evse_manager import HlcSessionFailedReasonEnum
from tests.support.examples import few

TLS = exchange.Tls(version="TLSv1.2", cipher="ECDHE-ECDSA-AES128-SHA256", client_chain=(b"leaf", b"sub"))
INPUTS = (
    exchange.Connected(tls=None),
    exchange.Connected(tls=TLS),
    exchange.Received(payload_type=0x8001, payload=bytes(range(256))),
    exchange.Told(command=iso15118_charger.StopCharging(stop=True)),
    exchange.Heard(
        requirement="iso15118_vas",
        index=3,
        variable=iso15118_vas.OfferedVas(offered=vas.OfferedServices(services=())),
    ),
    exchange.Answered(ask="verify", reply=Reply()),
    exchange.Answered(ask="verify", reply=Failure(reason=FailureReason.TIMEOUT, detail="late")),
    exchange.Expired(timer="sequence"),
    exchange.Disconnected(reason="closed_by_car"),
)
EFFECTS = (
    exchange.Send(payload_type=0x8002, payload=b"\0"),
    exchange.Publish(variable=iso15118_charger.RequireAuthEim()),
    exchange.Ask(
        ask="verify",
        requirement="security",
        command=evse_security.VerifyCertificate(
            certificate_chain="pem", certificate_types=(security.LeafCertificateType.MO,)
        ),
        within_s=1.5,
    ),
    exchange.StartTimer(timer="sequence", after_s=60.0),
    exchange.CancelTimer(timer="sequence"),
    exchange.Close(reason="done"),
    exchange.Close(reason="failed", failed=HlcSessionFailedReasonEnum.CHARGING_INTERRUPTED, after_s=5.0),
    exchange.Note(event="refused", level=exchange.Level.WARNING, facts={"code": "FAILED", "count": 1}),
)


@pytest.mark.parametrize("content", INPUTS, ids=lambda each: type(each).__name__)
def test_an_input_comes_out_as_it_went_in(content):
    assert parcel.unpack_input(parcel.pack(content)) == content


def test_a_command_that_came_encoded_makes_the_same_input():
    told = INPUTS[3]

    assert parcel.told(codec.encode(told.command)) == parcel.pack(told)


def test_a_command_over_the_limit_makes_no_input():
    with pytest.raises(parcel.ParcelError):
        parcel.told(bytes(parcel.MAX_BYTES))


def test_all_effects_come_out_as_they_went_in():
    found = parcel.unpack_effects(parcel.pack(EFFECTS))

    assert found == EFFECTS
    assert [type(each) for each in found] == [type(each) for each in EFFECTS]


def test_enumerations_come_out_as_members_not_as_texts():
    *_rest, close, note = parcel.unpack_effects(parcel.pack(EFFECTS))

    assert close.failed is HlcSessionFailedReasonEnum.CHARGING_INTERRUPTED
    assert note.level is exchange.Level.WARNING


def test_every_kind_of_input_and_effect_was_tried():
    kinds = {type(each) for each in INPUTS + EFFECTS}

    assert kinds == {*exchange.Input.__args__, *exchange.Effect.__args__}


def test_effects_are_not_taken_for_an_input_nor_the_other_way():
    with pytest.raises(parcel.ParcelError):
        parcel.unpack_input(parcel.pack(EFFECTS))
    with pytest.raises(parcel.ParcelError):
        parcel.unpack_effects(parcel.pack(INPUTS[0]))
    with pytest.raises(parcel.ParcelError):
        parcel.unpack_effects(parcel.pack((INPUTS[0],)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        msgpack.packb(7),
        msgpack.packb(msgpack.ExtType(9, b"")),
        msgpack.packb(msgpack.ExtType(1, b"no message")),
        msgpack.packb(msgpack.ExtType(2, msgpack.packb([99]))),
        msgpack.packb(msgpack.ExtType(2, msgpack.packb(["0", None]))),
        msgpack.packb(msgpack.ExtType(2, msgpack.packb([0, None, "surplus"]))),
        msgpack.packb(msgpack.ExtType(2, msgpack.packb([12, "x", "no reason", 0.0]))),
        msgpack.packb(msgpack.ExtType(2, msgpack.packb(7))),
        parcel.pack(INPUTS[2]) + b"\0",
    ],
)
def test_what_is_no_parcel_is_refused_with_its_own_error(data):
    with pytest.raises(parcel.ParcelError):
        parcel.unpack_input(data)


@few(50)
@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_parcel_error(data):
    try:
        parcel.unpack_input(data)
    except parcel.ParcelError:
        return


def test_a_parcel_over_the_limit_is_neither_made_nor_opened():
    big = exchange.Received(payload_type=0x8001, payload=bytes(parcel.MAX_BYTES))

    with pytest.raises(parcel.ParcelError):
        parcel.pack(big)
    with pytest.raises(parcel.ParcelError):
        parcel.unpack_input(bytes(parcel.MAX_BYTES + 1))


def test_what_cannot_be_sent_is_refused_by_name():
    with pytest.raises(parcel.ParcelError, match="object cannot be sent"):
        parcel.pack(exchange.Note(event="x", facts={"what": object()}))
