"""When a station looks after its certificates: a minute after its boot, every twelve hours, every seven days.

One site, in three lives, and its back-end. Time passes on the clock of the charge point alone, which is
turned as a fault; the moments that tests speak of are those of that clock.
"""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from cryptography import x509

from tests.support.multiplexed import living_pki
from tests.support.schedule_story import HALF_DAY, MINUTE, WEEK, Told, play
from tests.support.short_leaves import LEFT
from tests.support.station_clock import moment_of

pytestmark = pytest.mark.timeout(300)
LATE: Final = timedelta(seconds=40)
"""So much later than it should a busy machine may do something."""
CALL: Final = 2


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return play(tmp_path_factory.mktemp("schedules"))


def frames(told: Told, action: str, direction: str = "in") -> list[dict[str, Any]]:
    """The entries of the record with requests of this action, with their number."""
    found = [each | {"number": number} for number, each in enumerate(told.story.csms.entries())]
    return [
        each
        for each in found
        if each.get("action") == action and each["direction"] == direction and each["frame"][0] == CALL
    ]


def asked_about(told: Told, moment: datetime, until: datetime) -> set[int]:
    """The serial numbers in the station's questions to responders between two moments."""
    asked = [each for each in frames(told, "GetCertificateStatus") if moment <= moment_of(each["at"]) < until]
    return {int(each["frame"][3]["ocspRequestData"]["serialNumber"], 16) for each in asked}


def is_at(found: datetime, wanted: datetime) -> bool:
    return wanted <= found < wanted + LATE


@pytest.mark.rows("S18.2")
def test_no_leaf_is_looked_at_before_the_boot_is_accepted(told: Told) -> None:
    # given: two minutes after it was pending, two after it was rejected, over a new connection each time
    assert told.counts["pending"] == 0
    # then: the first look comes after the acceptance
    assert moment_of(told.looks()[0].time) > told.accepted_at()[0]


@pytest.mark.rows("S18.2")
def test_the_leaf_is_looked_at_a_minute_after_the_boot(told: Told) -> None:
    accepted = told.clock.shown(told.accepted_at()[0])

    assert is_at(told.looked_at()[0], accepted + MINUTE)


@pytest.mark.rows("S18.3", "S13.14", "S13.11")
def test_a_leaf_that_ends_soon_is_renewed_by_the_back_end(told: Told) -> None:
    # given
    days = [told.story.reply(each).content["days"] for each in told.looks()]
    assert days[0] == LEFT.days - 1
    # then: the station asks for another one, for its own name, and shows it to cars
    asked = frames(told, "SignCertificate")[0]["frame"][3]
    request = x509.load_pem_x509_csr(asked["csr"].encode())
    assert asked["certificateType"] == "V2GCertificate"
    assert request.public_key() == told.shown["renewed"].leaf.public_key()
    assert told.shown["renewed"].leaf.serial_number != told.shown["refreshed"].leaf.serial_number
    # and: at the next look it is good for a year, and nothing is asked
    assert days[1] > 360
    assert told.counts["asked"] == 1


@pytest.mark.rows("S18.2", "S18.3")
def test_a_leaf_that_is_not_there_is_asked_for(told: Told) -> None:
    look = told.looks()[2]

    assert told.story.reply(look).content["days"] == 0
    later = [each for each in frames(told, "SignCertificate") if each["at"] > look.time]
    assert later[0]["frame"][3]["certificateType"] == "V2GCertificate"


@pytest.mark.rows("S18.4")
def test_without_mutual_tls_no_certificate_for_the_back_end_is_wanted(told: Told) -> None:
    assert {each.content["certificate_type"] for each in told.looks()} == {"V2G"}
    kinds = {each["frame"][3]["certificateType"] for each in frames(told, "SignCertificate")}
    assert kinds == {"V2GCertificate"}


@pytest.mark.rows("S18.5")
def test_without_plug_and_charge_no_leaf_is_asked_for(told: Told) -> None:
    # given: no leaf any more, and the moment of a look passes
    before = 2
    assert told.counts["without"] == told.counts["with"] == before
    # then
    assert told.counts["asked without"] == told.counts["asked"]
    # and: with Plug & Charge the one after it is made, twelve hours after the one that was passed over
    passed_over = told.looked_at()[before - 1] + HALF_DAY + MINUTE
    assert is_at(told.looked_at()[before], passed_over + HALF_DAY - timedelta(seconds=1))


@pytest.mark.rows("S18.6")
def test_leaves_are_looked_at_every_twelve_hours(told: Told) -> None:
    first, second = told.looked_at()[:2]

    assert is_at(second, first + HALF_DAY)


@pytest.mark.rows("S18.7", "S13.7")
def test_responders_are_asked_about_each_certificate_of_the_chain(told: Told) -> None:
    made, began = living_pki(), told.accepted_at()[0]
    chain = [told.shown["before"].leaf, *(made[each].certificate for each in ("CPO_SUB_CA2", "CPO_SUB_CA1"))]

    found = asked_about(told, began, moment_of(told.looks()[0].time))

    assert found == {each.serial_number for each in chain}


@pytest.mark.rows("S13.9", "S18.8")
def test_what_responders_say_is_kept_and_shown_to_cars(told: Told) -> None:
    # given: nothing to show
    assert told.shown["before"].staple is None
    # then: as the back-end has said it, in the store and in the handshake
    answers = [
        base64.b64decode(each["frame"][2]["ocspResult"])
        for each in told.story.csms.entries()
        if each.get("action") == "GetCertificateStatus" and each["direction"] == "out"
    ]
    assert sorted(told.kept.values()) == sorted(answers[: len(told.kept)])
    assert told.shown["refreshed"].staple in told.kept.values()
    # and: of a new leaf its own
    assert told.shown["renewed"].staple in answers[len(told.kept) :]


@pytest.mark.rows("S18.9")
def test_responders_are_asked_again_seven_days_later(told: Told) -> None:
    _first, _renewed, third, next_one = (told.clock.shown(each) for each in told.rounds()[:4])

    assert is_at(next_one, third + WEEK)


@pytest.mark.rows("S18.10", "S13.7")
def test_a_start_asks_responders_only_when_a_week_has_passed(told: Told) -> None:
    # given: what was asked in each life before the back-end has asked for anything
    lives = told.lives()
    ordered = [each["number"] for each in frames(told, "TriggerMessage", "out")] + [
        len(told.story.csms.entries())
    ]
    asked = [each["number"] for each in frames(told, "GetCertificateStatus")]
    ends = [min(number for number in ordered if number > life) for life in lives]
    found = [sum(life < number < end for number in asked) for life, end in zip(lives, ends, strict=True)]
    # then: nothing while the first was pending, nothing a day later, everything eight days later
    assert found[:2] == [0, 0]
    assert found[2] >= len(told.kept)


@pytest.mark.rows("S12.10")
def test_each_boot_says_why_the_station_has_started(told: Told) -> None:
    entries = told.story.csms.entries()
    reasons = [entries[number]["frame"][3]["reason"] for number in told.lives()]

    assert reasons == ["PowerUp", "RemoteReset", "RemoteReset"]
