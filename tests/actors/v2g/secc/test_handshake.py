import pytest

from actors.v2g.secc.settings import Settings
from actors.v2g.secc.station import Station
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import app_protocol, exi
from protocols.iso15118.app_protocol import ResponseCode
from protocols.types.iso15118 import EnergyTransferMode, SupportedAppProtocol
from tests.support.secc import Bench

DIN = ("urn:din:70121:2012:MsgDef", 2)
ISO2 = ("urn:iso:15118:2:2013:MsgDef", 2)
AC20 = ("urn:iso:std:iso:15118:-20:AC", 1)
DC20 = ("urn:iso:std:iso:15118:-20:DC", 1)
CUSTOM = ("urn:custom", 1)
BOTH = (EnergyTransferMode.DC_EXTENDED, EnergyTransferMode.AC_THREE_PHASE_CORE)
SCHEMA = exi.Schema.APP_PROTOCOL


def request(*wanted, minor=0):
    offers = tuple(
        app_protocol.AppProtocol(
            protocol_namespace=namespace,
            version_number_major=major,
            version_number_minor=minor,
            schema_id=10 + place,
            priority=place + 1,
        )
        for place, (namespace, major) in enumerate(wanted)
    )
    # the order in the message is not the order of preference
    return app_protocol.SupportedAppProtocolReq(app_protocol=offers[::-1])


def agreed(*wanted, tls=None, modes=BOTH, minor=0, protocols=None, **settings):
    bench = Bench(Settings(**settings), Station(energy_transfer_modes=modes, protocols=protocols))
    bench.connect(tls)
    payload = bench.receive(exi.encode(request(*wanted, minor=minor), SCHEMA))
    return bench, exi.decode(payload, SCHEMA)


def dialect(*wanted, **how):
    bench, response = agreed(*wanted, **how)
    assert (response.schema_id is None) is (bench.talk.dialect is None)
    return bench.talk.dialect


@pytest.mark.parametrize(
    ("wanted", "tls", "found"),
    [
        ((DIN, ISO2), None, "DIN70121"),
        ((ISO2, DIN), None, "ISO15118-2"),
        ((DIN, ISO2), "TLSv1.2", "ISO15118-2"),
        ((AC20, ISO2), "TLSv1.2", "ISO15118-2"),
        ((ISO2, DC20), "TLSv1.3", "ISO15118-20"),
        ((AC20,), "TLSv1.3", "ISO15118-20"),
        ((DIN,), "TLSv1.3", None),
        (((ISO2[0], 3), DIN), None, "DIN70121"),
        ((("urn:unknown", 1),), None, None),
    ],
)
def test_the_cars_favourite_that_fits_the_connection_is_taken(wanted, tls, found):
    assert dialect(*wanted, tls=tls) == found


@pytest.mark.parametrize(
    ("wanted", "modes", "found"),
    [
        (DIN, (EnergyTransferMode.AC_SINGLE_PHASE_CORE,), None),
        (DIN, (EnergyTransferMode.DC_CORE,), "DIN70121"),
        (AC20, (EnergyTransferMode.DC_ACDP,), None),
        (DC20, (EnergyTransferMode.AC_BPT,), None),
        (AC20, (EnergyTransferMode.AC_BPT,), "ISO15118-20"),
    ],
)
def test_a_protocol_that_fits_no_mode_of_the_station_is_not_spoken(wanted, modes, found):
    assert dialect(wanted, modes=modes) == found


@pytest.mark.parametrize(
    ("wanted", "off"), [(DIN, "din70121"), (ISO2, "iso15118_2"), (AC20, "iso15118_20"), (DC20, "iso15118_20")]
)
def test_a_protocol_that_is_switched_off_is_not_spoken(wanted, off):
    assert dialect(wanted, **{off: False}) is None
    assert dialect(wanted) is not None


def test_the_evse_manager_may_narrow_the_protocols():
    only = (SupportedAppProtocol.DIN70121,)

    assert dialect(ISO2, DIN, protocols=only) == "DIN70121"
    assert dialect(ISO2, protocols=only) is None


def test_a_namespace_of_ones_own_is_spoken_as_dc():
    assert dialect(CUSTOM, custom_protocol_namespace="urn:custom") == "ISO15118-20"
    assert dialect(CUSTOM) is None
    assert dialect(CUSTOM, custom_protocol_namespace="urn:custom", iso15118_20=False) is None


@pytest.mark.parametrize(
    ("minor", "code"),
    [
        (0, ResponseCode.OK_SUCCESSFUL_NEGOTIATION),
        (1, ResponseCode.OK_SUCCESSFUL_NEGOTIATION_WITH_MINOR_DEVIATION),
    ],
)
def test_a_minor_version_may_deviate(minor, code):
    bench, response = agreed(ISO2, minor=minor)

    assert response.response_code is code
    assert response.schema_id == 10
    assert bench.published(charger.SelectedProtocol) == [charger.SelectedProtocol(protocol="ISO15118-2")]
    assert bench.talk.namespace == ISO2[0]


def test_what_the_car_offers_is_published_and_kept():
    bench, _ = agreed(ISO2, DIN)

    (offer,) = bench.published(charger.EvAppProtocol)
    assert [each.priority for each in offer.app_protocols.protocols] == [2, 1]
    assert bench.talk.offered == offer.app_protocols.protocols


def test_without_a_common_protocol_the_talk_ends_with_an_answer():
    bench, response = agreed(("urn:unknown", 1))

    assert response.response_code is ResponseCode.FAILED_NO_NEGOTIATION
    assert bench.closed.reason == "no_common_protocol"
    assert bench.closed.failed == "ProtocolNegotiationFailed"


def test_an_offer_without_a_name_is_not_published():
    bench, response = agreed(("", 1))

    assert response.response_code is ResponseCode.FAILED_NO_NEGOTIATION
    assert not bench.published(charger.EvAppProtocol)


@pytest.mark.parametrize(
    ("payload_type", "payload", "reason"),
    [
        (0x8002, b"\x80", "payload_type_unexpected"),
        (0x8001, b"\x80", "message_undecodable"),
        (
            0x8001,
            exi.encode(
                app_protocol.SupportedAppProtocolRes(response_code=ResponseCode.FAILED_NO_NEGOTIATION), SCHEMA
            ),
            "handshake_expected",
        ),
    ],
)
def test_anything_else_than_a_handshake_ends_the_talk(payload_type, payload, reason):
    bench = Bench()
    bench.connect()

    assert bench.receive(payload, payload_type) is None

    assert bench.closed.reason == reason
    assert bench.closed.failed == "ProtocolNegotiationFailed"


def test_a_car_that_does_not_set_up_a_session_in_time_is_given_up():
    bench, _ = agreed(ISO2)

    bench.pass_time(17)
    assert bench.closed is None
    bench.pass_time(2)

    assert bench.closed.reason == "communication_setup_timeout"
