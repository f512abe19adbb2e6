"""Tests for actors/energy/sharing.py: minimum first, then slice by slice in turn (row M15.2)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.energy.sharing import Cap, Claim, Key, Quantity, Wish, share
from tests.support.examples import few

A, W = Quantity.CURRENT_A, Quantity.POWER_W
GRID = Key("grid", A)
GRID_W = Key("grid", W)


def caps(current_a: float, **more: float) -> dict[Key, Cap]:
    """A grid connection, and fuses by name."""
    return {GRID: Cap(current_a, "grid")} | {Key(name, A): Cap(value, name) for name, value in more.items()}


def claim(uuid: str, most: float = 32.0, **changes: Any) -> Claim:
    fields: dict[str, Any] = {
        "source": uuid,
        "least": 6.0,
        "slice": 0.5,
        "draws": ((GRID, 1.0),),
        "ac": True,
        "unit_w": 690.0,
    }
    return Claim(uuid=uuid, most=most, **fields | changes)


def wish(only: Claim, rank: int = 0) -> Wish:
    return Wish(rank=rank, claims={only.phases: only}, choose=lambda _power_w: only.phases)


def amounts(wishes: list[Wish], found: dict[Key, Cap]) -> dict[str, float]:
    return {one.claim.uuid: one.amount for one in share(wishes, found)}


def test_who_is_alone_has_what_it_wants() -> None:
    assert amounts([wish(claim("a"))], caps(100.0)) == {"a": 32.0}


def test_two_who_want_too_much_have_the_same() -> None:
    assert amounts([wish(claim("a")), wish(claim("b"))], caps(32.0)) == {"a": 16.0, "b": 16.0}


def test_what_one_does_not_want_the_other_has() -> None:
    found = amounts([wish(claim("a", 8.0)), wish(claim("b"))], caps(32.0))

    assert found == {"a": 8.0, "b": 24.0}


def test_the_last_slice_is_as_small_as_what_is_left() -> None:
    found = amounts([wish(claim("a")), wish(claim("b"))], caps(20.3))

    assert sum(found.values()) == pytest.approx(20.3)
    assert abs(found["a"] - found["b"]) <= 0.5


def test_a_larger_slice_shares_less_evenly() -> None:
    """Row M15.2: `slice_ampere`."""
    wishes = [wish(claim(name, slice=5.0)) for name in ("a", "b")]

    assert amounts(wishes, caps(20.0)) == {"a": 11.0, "b": 9.0}


def test_who_cannot_have_its_minimum_has_nothing() -> None:
    assert amounts([wish(claim("a"))], caps(5.9)) == {"a": 0.0}


def test_who_wants_less_than_its_minimum_has_nothing() -> None:
    assert amounts([wish(claim("a", 0.0))], caps(32.0)) == {"a": 0.0}


def test_where_minimum_does_not_suffice_for_all_the_first_in_rank_has_it() -> None:
    found = amounts([wish(claim("waits"), 1), wish(claim("charges"), 0)], caps(10.0))

    assert found == {"waits": 0.0, "charges": 10.0}


def test_everybodys_minimum_goes_before_anybodys_slice() -> None:
    found = amounts([wish(claim(name)) for name in ("a", "b", "c")], caps(18.0))

    assert set(found.values()) == {6.0}


def test_a_fuse_below_keeps_its_own_and_leaves_the_rest_to_others() -> None:
    below = ((GRID, 1.0), (Key("fuse", A), 1.0))

    found = amounts([wish(claim("a", draws=below)), wish(claim("b"))], caps(32.0, fuse=10.0))

    assert found == {"a": 10.0, "b": 22.0}


def test_watt_and_ampere_share_one_fuse() -> None:
    dc = claim("dc", 100_000.0, least=0.0, slice=345.0, draws=((GRID, 1 / 690.0),), ac=False, unit_w=1.0)

    found = amounts([wish(claim("ac")), wish(dc)], caps(32.0))

    assert found["ac"] + found["dc"] / 690.0 == pytest.approx(32.0)
    assert found["dc"] > 0.0


def test_a_share_says_who_keeps_it_from_more() -> None:
    found = {
        one.claim.uuid: one.source for one in share([wish(claim("a", 8.0)), wish(claim("b"))], caps(20.0))
    }

    assert found == {"a": "a", "b": "grid"}


def test_without_any_cap_everybody_has_what_it_wants() -> None:
    (found,) = share([wish(claim("a", draws=()))], {})

    assert (found.amount, found.source) == (32.0, "a")


@pytest.mark.parametrize(("power_w", "phases"), [(10_000.0, 3), (3000.0, 1)])
def test_the_number_of_phases_is_chosen_by_the_power_that_is_there(power_w: float, phases: int) -> None:
    claims = {
        count: claim("a", phases=count, unit_w=count * 230.0, draws=((GRID_W, count * 230.0),))
        for count in (1, 3)
    }
    choice = Wish(rank=0, claims=claims, choose=lambda there_w: 3 if there_w >= 4140.0 else 1)

    (found,) = share([choice], {GRID_W: Cap(power_w, "grid")})

    assert found.claim.phases == phases
    assert found.amount * found.claim.unit_w == pytest.approx(power_w)


def test_without_a_limit_in_watt_there_is_power_without_end() -> None:
    heard: list[float] = []

    def choose(power_w: float) -> int:
        heard.append(power_w)
        return 3

    share([Wish(rank=0, claims={3: claim("a")}, choose=choose)], caps(32.0))

    assert heard == [float("inf")]


@st.composite
def sites(draw: st.DrawFn) -> tuple[list[Wish], dict[Key, Cap]]:
    """Leaves of both kinds below fuses of all sizes."""
    nodes = [f"n{number}" for number in range(draw(st.integers(1, 4)))]
    size = st.floats(0.0, 100.0, allow_subnormal=False)
    found: dict[Key, Cap] = {}
    for node in nodes:
        found[Key(node, A)] = Cap(draw(size), node)
        if draw(st.booleans()):
            found[Key(node, W)] = Cap(draw(size) * 1000.0, node)
    wishes = []
    for number in range(draw(st.integers(1, 6))):
        ac, way = draw(st.booleans()), draw(st.lists(st.sampled_from(nodes), unique=True))
        weights = st.sampled_from([1.0, 1.0, 1.1])
        unit_w = draw(st.sampled_from([230.0, 690.0])) if ac else 1.0
        per = {A: 1.0 if ac else 1 / 690.0, W: unit_w}
        draws = tuple((key, per[key.quantity] * draw(weights)) for key in found if key.node in way)
        wishes.append(
            wish(
                claim(
                    f"leaf{number}",
                    draw(size) * (1.0 if ac else 1000.0),
                    least=draw(st.sampled_from([0.0, 6.0, 8.0])) if ac else 0.0,
                    slice=draw(st.sampled_from([0.3, 0.5, 5.0])) * (1.0 if ac else 1000.0),
                    draws=draws, ac=ac, unit_w=unit_w,
                ),
                draw(st.integers(0, 2)),
            )
        )  # fmt: skip
    return wishes, found


@few(25)
@given(sites())
def test_no_fuse_is_exceeded_at_any_level(site: tuple[list[Wish], dict[Key, Cap]]) -> None:
    wishes, found = site

    shares = share(wishes, found)

    for key, cap in found.items():
        assert sum(one.loads.get(key, 0.0) for one in shares) <= cap.amount + 1e-6
    for one in shares:
        assert one.amount == 0.0 or one.claim.least - 1e-6 <= one.amount <= one.claim.most + 1e-6


@few(25)
@given(sites())
def test_nobody_starves_for_what_others_have_beyond_their_minimum(
    site: tuple[list[Wish], dict[Key, Cap]],
) -> None:
    wishes, found = site

    shares = share(wishes, found)

    for starved in (one for one in shares if one.amount == 0.0 and 0.0 < one.claim.least <= one.claim.most):
        frugal = [(one, min(one.amount, one.claim.least)) for one in shares]
        left = {
            key: cap.amount - sum(one.claim.loads(amount).get(key, 0.0) for one, amount in frugal)
            for key, cap in found.items()
        }
        needed = starved.claim.loads(starved.claim.least)
        assert any(load > left[key] - 1e-6 for key, load in needed.items())


@few(25)
@given(sites())
def test_nothing_that_anybody_could_have_is_left_over(site: tuple[list[Wish], dict[Key, Cap]]) -> None:
    wishes, found = site

    shares = share(wishes, found)

    left = {key: cap.amount - sum(one.loads.get(key, 0.0) for one in shares) for key, cap in found.items()}
    for one in shares:
        if one.amount >= one.claim.least and one.amount < one.claim.most - 1e-3:
            more = one.claim.loads(1e-3)
            assert not all(load <= left[key] for key, load in more.items())
