"""Tests for actors/drivers/modbus/contact.py: when silence is an error, and when the line is opened anew."""

from __future__ import annotations

from actors.drivers.modbus.contact import FIRST_PAUSE_S, LONGEST_PAUSE_S, TRIES, Contact


def test_a_meter_is_broken_after_some_failures_on_end():
    contact = Contact()

    assert [(contact.failed(), contact.broken) for _ in range(TRIES)] == [
        (False, False),
        (False, False),
        (True, True),
    ]


def test_a_reading_in_between_begins_the_count_anew():
    contact = Contact()
    for _ in range(TRIES - 1):
        contact.failed()
    contact.succeeded()
    contact.failed()

    assert not contact.broken


def test_the_line_is_opened_anew_again_and_again():
    contact = Contact()

    assert [contact.failed() for _ in range(2 * TRIES)].count(True) == 2


def test_pauses_grow_up_to_a_bound_until_a_reading_comes():
    contact = Contact()
    pauses = [contact.pause_s() for _ in range(40)]
    contact.succeeded()

    assert pauses[:3] == [FIRST_PAUSE_S, 2 * FIRST_PAUSE_S, 4 * FIRST_PAUSE_S]
    assert max(pauses) == LONGEST_PAUSE_S
    assert contact.pause_s() == FIRST_PAUSE_S
