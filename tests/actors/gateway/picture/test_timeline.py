"""The newest messages, in bounds, with what came before a charging loop."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.gateway.picture.forms import MessageShown
from actors.gateway.picture.timeline import LOOP, MAX_BYTES, MOST, Timeline
from tests.support.gateway_data import T0


@dataclass(frozen=True)
class Said:
    source: str = "v2g"
    evse: int | None = 1
    size: int = 100
    loop: bool = False

    def show(self, number):
        return MessageShown(
            number=number, at=T0, source=self.source, direction="sent", name="x", evse=self.evse, kind="event"
        )


def numbers(timeline, limit=MOST, **wanted):
    return [each.number for each in timeline.newest(limit, **wanted)]


def filled(*said):
    timeline = Timeline()
    for each in said:
        timeline.add(each)
    return timeline


def test_messages_come_in_their_order_and_the_newest_of_them():
    timeline = filled(*[Said()] * 5)

    assert numbers(timeline) == [1, 2, 3, 4, 5]
    assert numbers(timeline, limit=2) == [4, 5]
    assert numbers(timeline, since=3) == [4, 5]


@pytest.mark.parametrize(
    ("wanted", "found"), [({"source": "ocpp"}, [2]), ({"evse": 2}, [3]), ({"source": "v2g", "evse": 1}, [1])]
)
def test_messages_are_found_by_source_and_evse(wanted, found):
    assert numbers(filled(Said(), Said(source="ocpp", evse=None), Said(evse=2)), **wanted) == found


def test_of_a_loop_the_newest_are_kept_and_what_came_before_it_stays():
    timeline = filled(Said(), *[Said(loop=True)] * 500, Said(evse=2, loop=True))

    assert numbers(timeline) == [1, *range(502 - LOOP, 502), 502]


def test_the_oldest_make_room_where_there_are_too_many():
    timeline = filled(*[Said()] * (MOST + 3))

    assert len(timeline) == MOST
    assert numbers(timeline)[0] == 4


def test_the_oldest_make_room_where_they_are_too_large():
    timeline = filled(*[Said(size=MAX_BYTES // 3)] * 4)

    assert numbers(timeline) == [2, 3, 4]


SAID = st.builds(Said, evse=st.integers(1, 3), size=st.integers(0, MAX_BYTES // 2), loop=st.booleans())


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.lists(SAID, max_size=80))
def test_a_timeline_is_within_its_bounds_whatever_comes(said):
    timeline = filled(*said)

    found = timeline._messages.values()
    assert sum(each.size for each in found) == timeline._bytes <= MAX_BYTES
    assert all(len(loop) <= LOOP for loop in timeline._loops.values())


def test_what_has_made_room_before_need_not_leave_a_loop():
    timeline = filled(*[Said(size=MAX_BYTES // 4, loop=True)] * (LOOP + 2))

    assert numbers(timeline) == list(range(LOOP - 1, LOOP + 3))
