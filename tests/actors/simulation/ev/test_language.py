from decimal import Decimal

import pytest

from actors.simulation.ev.drive import Schedule
from actors.simulation.ev.language import check_schedule, decode_exi, profile_of, signed
from actors.simulation.ev.outcome import Reason, TalkError
from protocols.iso15118 import exi, iso2, signature
from tests.support.ev_cars import credential
from tests.support.ev_stations import NOON


@pytest.mark.parametrize("entries", [(), ((5, 1),), ((0, 1), (0, 2)), ((0, 1), (9, 1), (8, 1)), ((0, -1),)])
def test_a_schedule_that_cannot_be_kept_to_is_refused(entries):
    with pytest.raises(TalkError) as caught:
        check_schedule(tuple((start, Decimal(power)) for start, power in entries))
    assert caught.value.reason is Reason.SCHEDULE


def test_a_schedule_in_order_is_taken_as_it_is():
    entries = ((0, Decimal(1)), (60, Decimal(0)))

    assert check_schedule(entries) == entries


def test_a_profile_stays_below_schedule_and_own_limit():
    schedule = Schedule(
        schedule_id=1, entries=((0, Decimal(5)), (9, Decimal(50)), (20, Decimal(1))), began=NOON
    )

    assert profile_of(schedule, Decimal(10), 2) == [(0, 5), (9, 10)]


def test_bytes_that_are_no_message_are_undecodable():
    with pytest.raises(TalkError) as caught:
        decode_exi(b"\xff\xff", exi.Schema.ISO2)
    assert caught.value.reason is Reason.UNDECODABLE


def test_nobody_signs_without_a_key():
    with pytest.raises(TalkError) as caught:
        signed(object(), None, signature.ISO2)
    assert caught.value.reason is Reason.CERTIFICATE


def test_a_key_of_another_edition_signs_nothing():
    message = iso2.V2gMessage(
        header=iso2.MessageHeader(session_id=bytes(8)),
        body=iso2.Body(body_element=iso2.AuthorizationReq(id="id1", gen_challenge=bytes(16))),
    )

    with pytest.raises(TalkError) as caught:
        signed(message, credential("MO_LEAF_20"), signature.ISO2)
    assert caught.value.reason is Reason.CERTIFICATE
