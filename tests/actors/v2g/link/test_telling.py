"""What a link tells of its talks: milestones, and the frames, of a charging loop a few."""

from datetime import UTC, datetime, timedelta

from actors.v2g.link.telling import MAX_FRAMES, MAX_PAYLOAD, Telling
from actors.v2g.messages import CarAuthorized, Milestones
from actors.v2g.secc.exchange import Tls
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import exi
from protocols.iso15118.exi import UnixTime
from protocols.iso15118.iso20 import dc
from protocols.iso15118.iso20.enumerations import Processing
from protocols.iso15118.iso20.types import MessageHeader, RationalNumber
from protocols.iso15118.v2gtp import PayloadType
from protocols.types.authorization import AuthorizationType, IdToken, IdTokenType, ProvidedIdToken

T0 = datetime(2026, 11, 21, 12, tzinfo=UTC)
TLS = Tls(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384")
CONTRACT = charger.RequireAuthPnc(
    token=ProvidedIdToken(
        id_token=IdToken(value="DEABCC123456789", type=IdTokenType.EMAID),
        authorization_type=AuthorizationType.PLUG_AND_CHARGE,
    )
)


def at(seconds):
    return T0 + timedelta(seconds=seconds)


def exchange(telling, seconds, size=1, request=None, kind=0x8001):
    """A request of its own, or a given one, and its answer a moment later."""
    own = str(seconds).encode().ljust(size)
    telling.said(kind, request or own, at(seconds), sent=False)
    telling.said(kind, bytes(size), at(seconds + 0.01), sent=True)


def told(telling):
    seen = telling.take()
    return ([(each.at - T0).total_seconds() for each in seen.frames], seen.left_out) if seen else None


def test_each_milestone_has_the_time_at_which_it_was_reached():
    telling = Telling()

    telling.opened(at(0), TLS, "CN=SECC")
    news = [
        telling.published(charger.SelectedProtocol(protocol="ISO15118-20"), at(1)),
        telling.published(CONTRACT, at(2)),
        telling.published(CarAuthorized(), at(3)),
        telling.published(charger.DlinkTerminate(), at(3)),
        telling.ended(at(4)),
    ]

    assert news == [True, True, True, False, True]
    assert telling.milestones == Milestones(
        opened_at=at(0),
        tls="TLSv1.3",
        cipher="TLS_AES_256_GCM_SHA384",
        certificate="CN=SECC",
        protocol="ISO15118-20",
        contract_at=at(2),
        authorized_at=at(3),
        ended_at=at(4),
    )


def test_a_new_talk_forgets_the_milestones_of_the_last():
    telling = Telling()
    telling.opened(at(0), TLS, "CN=SECC")
    telling.published(CarAuthorized(), at(3))

    telling.opened(at(9), None, "")

    assert telling.milestones == Milestones(opened_at=at(9))


def test_a_talk_that_never_began_does_not_end():
    telling = Telling()

    assert not telling.ended(at(1))
    telling.opened(at(2), None, "")
    assert telling.ended(at(3))
    assert not telling.ended(at(4))


def test_frames_are_told_together_and_each_once():
    telling = Telling()
    exchange(telling, 1)
    exchange(telling, 2)

    assert told(telling) == ([1, 1.01, 2, 2.01], 0)
    assert told(telling) is None


def test_a_frame_says_what_had_been_agreed_on_before_it():
    telling = Telling()
    telling.opened(at(0), None, "")
    exchange(telling, 1)
    telling.published(charger.SelectedProtocol(protocol="DIN70121"), at(1))
    exchange(telling, 2)

    assert [each.protocol for each in telling.take().frames] == ["", "", "DIN70121", "DIN70121"]


def test_of_a_loop_one_exchange_a_second_is_told():
    telling = Telling()
    exchange(telling, 0)
    telling.published(charger.CurrentDemandStarted(), at(0))

    for quarter in range(1, 13):
        exchange(telling, quarter / 4)

    assert told(telling) == ([0, 0.01, 0.25, 0.26, 1.25, 1.26, 2.25, 2.26], 16)


def test_the_exchange_that_ends_the_loop_is_told():
    telling = Telling()
    telling.published(charger.CurrentDemandStarted(), at(0))
    for quarter in range(3):
        exchange(telling, quarter / 4)
    told(telling)

    telling.published(charger.CurrentDemandFinished(), at(1))
    exchange(telling, 1)

    seen = telling.take()
    assert [(each.at - T0).total_seconds() for each in seen.frames] == [0.5, 0.51, 1, 1.01]
    assert not any(each.loop for each in seen.frames)


def test_of_a_request_that_is_repeated_the_first_one_a_second_and_the_last_are_told():
    telling = Telling()

    for tenth in range(14):
        exchange(telling, tenth / 10, request=b"may I?")
    exchange(telling, 2, request=b"thank you")

    assert told(telling) == ([0, 0.01, 1, 1.01, 1.3, 1.31, 2, 2.01], 22)


def precharge(seconds):
    """A request of ISO 15118-20, whose time stamp is another one each time."""
    header = MessageHeader(session_id=bytes(8), time_stamp=UnixTime.of(at(seconds)))
    volts = RationalNumber(exponent=0, value=400)
    request = dc.DcPreChargeReq(
        header=header, ev_processing=Processing.ONGOING, ev_present_voltage=volts, ev_target_voltage=volts
    )
    return exi.encode(request, exi.Schema.ISO20_DC)


def test_a_request_is_the_same_though_it_says_another_time():
    telling = Telling()

    for tenth in range(25):
        exchange(telling, tenth / 10, request=precharge(tenth), kind=PayloadType.DC)
    exchange(telling, 3, request=b"another", kind=PayloadType.DC)

    assert told(telling) == ([0, 0.01, 1, 1.01, 2, 2.01, 2.4, 2.41, 3, 3.01], 42)


def test_what_was_said_last_before_the_link_broke_is_told():
    telling = Telling()
    telling.published(charger.CurrentDemandStarted(), at(0))
    exchange(telling, 0)
    exchange(telling, 0.25)

    telling.ended(at(0.3))

    assert told(telling) == ([0, 0.01, 0.25, 0.26], 0)


def test_of_a_payload_that_is_too_long_the_size_is_told():
    telling = Telling()

    exchange(telling, 0, size=MAX_PAYLOAD + 1)

    (request, _answer) = telling.take().frames
    assert (request.payload, request.size) == (b"", MAX_PAYLOAD + 1)


def test_a_car_that_says_more_than_is_told_at_once_is_not_told_of_whole():
    telling = Telling()

    for number in range(MAX_FRAMES):
        exchange(telling, number)

    times, left_out = told(telling)
    assert (len(times), left_out) == (MAX_FRAMES, MAX_FRAMES)


def test_a_station_that_says_much_in_the_loop_is_kept_within_bounds():
    telling = Telling()
    telling.published(charger.CurrentDemandStarted(), at(0))
    exchange(telling, 0)
    telling.said(0x8001, b"", at(0.1), sent=False)

    for _ in range(3 * MAX_FRAMES):
        telling.said(0x8001, b"", at(0.2), sent=True)

    assert len(telling.take().frames) == MAX_FRAMES
