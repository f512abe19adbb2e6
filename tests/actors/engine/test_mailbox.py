"""What waits at one process, and in which order it has its turn."""

from datetime import timedelta

import pytest
from thespian.actors import WakeupMessage, WatchMessage

from actors.engine.incoming import Arrival
from actors.engine.mailbox import Mailbox
from tests.support.engine import NOBODY


@pytest.fixture
def readable():
    """The files that can be read."""
    return {5}


@pytest.fixture
def mailbox(readable):
    return Mailbox(NOBODY, readable.__contains__)


def mail(text):
    return Arrival(NOBODY, text, 0.0)


def emptied(mailbox):
    return [arrival.message for arrival in iter(mailbox.take, None)]


def test_an_empty_mailbox_has_nothing_to_give(mailbox):
    assert (len(mailbox), mailbox.take(), mailbox.next_s()) == (0, None, None)


def test_mail_has_its_turn_in_the_order_of_its_arrival(mailbox):
    for text in (b"one", b"two"):
        mailbox.put(mail(text))
    mailbox.note("three", 0.0)

    assert len(mailbox) == 3
    assert emptied(mailbox) == [b"one", b"two", "three"]


def test_what_is_urgent_goes_before_all_that_waits(mailbox):
    mailbox.put(mail(b"one"))
    mailbox.put(mail(b"ping"), urgent=True)

    assert emptied(mailbox) == [b"ping", b"one"]


def test_what_a_process_tells_itself_is_from_itself(mailbox):
    mailbox.note("note", 7.0)
    arrival = mailbox.take()

    assert (arrival.sender, arrival.arrived_s, arrival.source) == (NOBODY, 7.0, None)


def test_a_wake_up_takes_its_place_when_it_is_due(mailbox):
    mailbox.wake_at(2.0, timedelta(seconds=2), "late")
    mailbox.wake_at(1.0, timedelta(seconds=1), "early")
    mailbox.put(mail(b"one"))
    mailbox.ring(0.9)
    assert (len(mailbox), mailbox.next_s()) == (1, 1.0)

    mailbox.ring(2.0)
    assert mailbox.next_s() is None
    first, *others = emptied(mailbox)
    assert first == b"one"
    assert [type(each) for each in others] == [WakeupMessage] * 2
    assert [each.payload for each in others] == ["early", "late"]


def test_a_file_that_stays_readable_is_announced_once(mailbox):
    mailbox.announce(5, 0.0)
    mailbox.announce(5, 0.0)

    (news,) = emptied(mailbox)
    assert isinstance(news, WatchMessage)
    assert news.ready == [5]


def test_a_file_is_announced_again_after_its_turn(mailbox):
    mailbox.announce(5, 0.0)
    mailbox.take()
    mailbox.announce(5, 0.0)

    assert len(emptied(mailbox)) == 1


def test_a_file_that_was_read_meanwhile_is_passed_over(mailbox, readable):
    mailbox.announce(5, 0.0)
    mailbox.put(mail(b"one"))
    readable.clear()

    assert emptied(mailbox) == [b"one"]


def test_a_file_that_was_passed_over_is_announced_when_it_is_readable_again(mailbox, readable):
    mailbox.announce(5, 0.0)
    readable.clear()
    assert emptied(mailbox) == []

    readable.add(5)
    mailbox.announce(5, 0.0)
    assert len(emptied(mailbox)) == 1
