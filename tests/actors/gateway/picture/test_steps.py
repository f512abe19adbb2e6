"""Which event proves which step, and that no step loses its time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.gateway.picture.steps import ONLY_CONTRACT, ONLY_SPOKEN, Proofs, steps_of

T0 = datetime(2026, 11, 21, 12, tzinfo=UTC)


def at(seconds):
    return T0 + timedelta(seconds=seconds)


def times(proofs):
    return [None if each.at is None else (each.at - T0).total_seconds() for each in steps_of(proofs)]


WHOLE = Proofs(
    installed_at=at(1), installed="leaf", plugged_at=at(2), opened_at=at(3), opened="TLS", tls=True,
    contract_at=at(4), provided_at=at(5), provider="evse_1", asked_at=at(6), authorized_at=at(7),
    told_at=at(8), by_contract=True,
)  # fmt: skip


def test_a_session_by_contract_has_all_seven_steps():
    assert times(WHOLE) == [1, 3, 4, 5, 6, 7, 8]
    assert [each.step for each in steps_of(WHOLE)] == list(range(7))
    assert [each.detail for each in steps_of(WHOLE)] == ["leaf", "TLS", "", "evse_1", "", "", ""]


def test_a_session_by_card_says_which_steps_are_none_of_it():
    proofs = Proofs(
        installed_at=at(1), plugged_at=at(2), provided_at=at(3), provider="reader", asked_at=at(4),
        authorized_at=at(5), by_contract=False,
    )  # fmt: skip

    assert times(proofs) == [None, 2, None, 3, 4, 5, None]
    details = [each.detail for each in steps_of(proofs)]
    assert details == [ONLY_CONTRACT, "plugged in", ONLY_CONTRACT, "reader", "", "", ONLY_SPOKEN]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, [None] * 7),
        ({"installed_at": at(1)}, [None] * 7),
        ({"plugged_at": at(2)}, [None, 2, None, None, None, None, None]),
        ({"opened_at": at(3), "tls": True}, [3, 3, None, None, None, None, None]),
        ({"opened_at": at(3), "tls": False}, [None, 3, None, None, None, None, None]),
        ({"opened_at": at(3), "tls": True, "installed_at": at(1)}, [1, 3, None, None, None, None, None]),
        ({"opened_at": at(3), "tls": True, "installed_at": at(9)}, [3, 3, None, None, None, None, None]),
        ({"by_contract": True, "installed_at": at(9)}, [9, None, None, None, None, None, None]),
        ({"asked_at": at(4), "vouched": True}, [None] * 7),
        ({"contract_at": at(5), "provided_at": at(4)}, [None, None, 5, 4, None, None, None]),
        ({"contract_at": at(5), "provided_at": at(4), "by_contract": True}, [None, None, 4, 4] + [None] * 3),
        ({"contract_at": at(5), "by_contract": True}, [None, None, 5] + [None] * 4),
        ({"provided_at": at(4), "asked_at": at(3)}, [None, None, None, 3, 3, None, None]),
        ({"provided_at": at(4), "authorized_at": at(3)}, [None, None, None, 3, None, 3, None]),
        ({"asked_at": at(9), "authorized_at": at(3)}, [None, None, None, None, 3, 3, None]),
    ],
)
def test_a_step_has_a_time_only_where_something_proves_it(fields, expected):
    assert times(Proofs(**fields)) == expected


def test_a_token_that_is_vouched_for_says_why_nobody_is_asked():
    assert "vouches" in steps_of(Proofs(vouched=True))[4].detail


def test_a_car_that_is_told_later_is_not_called_silent():
    assert steps_of(Proofs(authorized_at=at(1), opened_at=at(0)))[6].detail == ""
    assert steps_of(Proofs(authorized_at=at(1), by_contract=True))[6].detail == ""


def test_what_is_known_is_not_changed_by_what_comes_later():
    proofs = Proofs().with_more(provided_at=at(1), provider="a")

    assert proofs.with_more(provided_at=at(2), provider="b", asked_at=None) is proofs


def test_a_connection_gives_way_to_a_later_one_until_it_has_brought_a_contract():
    proofs = Proofs().with_talk(at(1), "one", tls=False).with_talk(at(2), "two", tls=True)
    assert (proofs.opened_at, proofs.opened, proofs.tls) == (at(2), "two", True)

    for more in ({"contract_at": at(3)}, {"told_at": at(3)}):
        fixed = proofs.with_more(**more)
        assert fixed.with_talk(at(4), "three", tls=False) is fixed


MOMENTS = ("installed_at", "plugged_at", "contract_at", "provided_at", "asked_at", "authorized_at", "told_at")
KINDS = st.sampled_from((*MOMENTS, "talk"))


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.lists(st.tuples(KINDS, st.integers(0, 100)), max_size=30))
def test_no_step_ever_loses_its_time(news):
    proofs, before = Proofs(by_contract=True), [None] * 7
    for kind, seconds in news:
        if kind == "talk":
            proofs = proofs.with_talk(at(seconds), "", tls=True)
        else:
            proofs = proofs.with_more(**{kind: at(seconds)})
        now = times(proofs)
        assert all(
            later is not None for earlier, later in zip(before, now, strict=True) if earlier is not None
        )
        for step in (5, 6):  # the others may be put earlier by what has followed from them
            assert now[step] == before[step] or before[step] is None
        for step in (2, 3, 4):
            assert before[step] is None or now[step] <= before[step]
        before = now
