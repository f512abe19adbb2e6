"""When a disk that is getting full is told of."""

import pytest

from actors.ocpp.disk_room import MEBIBYTE, DiskRoom

GIBIBYTE = 1024 * MEBIBYTE


@pytest.mark.parametrize(
    ("free", "total", "full"),
    [
        (64 * MEBIBYTE, 100 * GIBIBYTE, False),
        (64 * MEBIBYTE - 1, 100 * GIBIBYTE, True),
        (20 * MEBIBYTE, 400 * MEBIBYTE, False),
        (20 * MEBIBYTE - 1, 400 * MEBIBYTE, True),
        (0, 0, False),  # a file system without a size of its own
    ],
)
def test_little_room_for_what_there_is_means_full(free, total, full):
    assert (DiskRoom().look(free, total) is not None) is full


def test_a_full_disk_is_told_of_once():
    room = DiskRoom()

    assert room.look(7 * MEBIBYTE, GIBIBYTE) == "7 MiB are free on the disk"
    assert room.look(6 * MEBIBYTE, GIBIBYTE) is None


def test_a_disk_that_hovers_at_the_limit_is_told_of_once():
    room = DiskRoom()
    told = [room.look(free * MEBIBYTE, 10 * GIBIBYTE) for free in (63, 65, 63, 100, 60)]

    assert [each is not None for each in told] == [True, False, False, False, False]


def test_a_disk_that_has_had_room_is_told_of_again():
    room = DiskRoom()
    told = [room.look(free * MEBIBYTE, 10 * GIBIBYTE) for free in (63, 128, 63)]

    assert [each is not None for each in told] == [True, False, True]
