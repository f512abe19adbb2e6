"""Waiting for descriptors of one process."""

import os
import socket
import threading
from time import monotonic

import pytest

from actors.engine.poller import READ, WRITE, Poller


class Noted(Poller):
    """A poller that notes down what happens."""

    def __init__(self):
        self.woken, self.watched = [], []
        super().__init__(lambda: self.woken.append(True), self.watched.append)


@pytest.fixture
def poller():
    made = Noted()
    yield made
    if not made.closed:
        made.close()


@pytest.fixture
def pair():
    one, other = socket.socketpair()
    yield one, other
    one.close()
    other.close()


def test_waiting_ends_when_the_time_is_up(poller):
    poller.wait(0)
    poller.wait(0.001)

    assert (poller.woken, poller.watched) == ([], [])


def test_a_readable_socket_is_called_back(poller, pair):
    seen = []
    poller.add(pair[0].fileno(), seen.append)
    pair[1].send(b"x")
    poller.wait(None)

    assert seen == [READ]


def test_writability_counts_only_where_it_is_wanted(poller, pair):
    seen = []
    poller.add(pair[0].fileno(), seen.append)
    poller.wait(0)
    poller.want(pair[0].fileno(), READ | WRITE)
    poller.wait(0)

    assert seen == [WRITE]


def test_a_broken_connection_counts_as_both(poller, pair):
    seen = []
    poller.add(pair[0].fileno(), seen.append)
    pair[1].close()
    poller.wait(0)

    assert seen[0] & READ
    assert seen[0] & WRITE


def test_what_was_removed_is_not_called_back(poller, pair):
    seen = []
    poller.add(pair[0].fileno(), seen.append)
    pair[1].send(b"x")
    poller.remove(pair[0].fileno())
    poller.remove(pair[0].fileno())
    poller.wait(0)

    assert seen == []


def test_a_descriptor_closed_by_a_callback_is_not_confused_with_its_successor(poller):
    # given two readable sockets, of which the first closes the second and opens another with its number
    first, first_end = socket.socketpair()
    second, second_end = socket.socketpair()
    number = second.fileno()
    calls = []

    def close_second(_mask):
        first.recv(10)
        poller.remove(number)
        os.dup2(first_end.fileno(), number)
        poller.add(number, lambda _mask: calls.append("successor"))

    poller.add(first.fileno(), close_second)
    poller.add(number, lambda _mask: calls.append("second"))
    first_end.send(b"x")
    second_end.send(b"x")
    # when
    poller.wait(0)
    # then what happened to the one is not told to the other
    assert calls == ["second"]
    for each in (first, first_end, second, second_end):
        each.close()


def test_a_wake_up_call_ends_the_wait(poller):
    poller.wake()
    poller.wake()
    poller.wait(None)
    poller.wait(0)

    assert poller.woken == [True]


def test_a_wake_up_call_after_the_end_is_ignored(poller):
    poller.close()
    poller.wake()

    assert poller.closed


def test_what_was_there_before_it_was_looked_for_has_waited_since_the_last_look(poller, pair):
    poller.add(pair[0].fileno(), lambda _mask: None)
    poller.wait(0)
    looked_s = monotonic()
    pair[1].send(b"x")
    poller.wait(1)

    assert poller.since_s <= looked_s


def test_what_came_while_it_was_waited_for_has_not_waited(poller):
    timer = threading.Timer(1.0, poller.wake)  # by then it is waited for
    begun_s = monotonic()
    timer.start()
    poller.wait(10)
    timer.join()

    assert poller.since_s >= begun_s + 1.0


# -- watches -----------------------------------------------------------------------------------------------


@pytest.fixture
def pipe():
    reader, writer = os.pipe()
    os.write(writer, b"x")
    yield reader
    os.close(writer)


def test_a_watched_file_is_reported_as_long_as_it_is_readable(poller, pipe):
    poller.watch([pipe])
    poller.wait(0)
    poller.wait(0)
    poller.watch([])
    poller.wait(0)

    assert poller.watched == [pipe, pipe]
    os.close(pipe)


def test_a_watched_file_can_be_asked_whether_it_is_readable(poller, pipe):
    assert not poller.readable(pipe)  # nobody watches it
    poller.watch([pipe])
    assert poller.readable(pipe)
    os.read(pipe, 1)
    assert not poller.readable(pipe)
    os.close(pipe)
    assert not poller.readable(pipe)


def test_a_watched_file_whose_other_end_has_gone_is_readable(poller):
    reader, writer = os.pipe()
    poller.watch([reader])
    os.close(writer)

    assert poller.readable(reader)
    os.close(reader)


def test_a_closed_file_may_be_taken_off_the_list(poller, pipe):
    poller.watch([pipe])
    os.close(pipe)
    poller.watch([])
    poller.wait(0)

    assert poller.watched == []


def test_another_file_with_the_number_of_a_closed_one_is_watched(poller, pipe):
    # given a watched file that is closed, and another that gets its number, between two looks at the list
    quiet, quiet_end = os.pipe()
    poller.watch([quiet])
    os.dup2(pipe, quiet)
    # when the same numbers are to be watched as before
    poller.watch([quiet])
    poller.wait(0)
    # then it is the new file that is meant
    assert poller.watched == [quiet]
    for each in (pipe, quiet, quiet_end):
        os.close(each)


def test_a_file_that_is_not_open_cannot_be_watched(poller, pipe):
    os.close(pipe)

    with pytest.raises(OSError, match="Bad file descriptor"):
        poller.watch([pipe])


def test_its_own_descriptors_are_told_and_watched_ones_are_not(poller, pair, pipe):
    poller.add(pair[0].fileno(), lambda _mask: None)
    poller.watch([pipe])

    assert pair[0].fileno() in poller.fds()
    assert pipe not in poller.fds()
    assert len(poller.fds()) == 3  # the socket, the wake-up call, epoll
    os.close(pipe)
