import pickle

import pytest

from protocols.iso15118.capture.keylog import KeyLog, KeyLogError

RANDOM = "ab" * 32


def test_a_secret_is_found_by_label_and_client_random():
    log = KeyLog()
    log.add(f"# made by a car\n\nCLIENT_RANDOM {RANDOM} {'cd' * 48}\r\n")
    assert log.secret("CLIENT_RANDOM", bytes.fromhex(RANDOM)) == b"\xcd" * 48
    assert log.secret("CLIENT_TRAFFIC_SECRET_0", bytes.fromhex(RANDOM)) is None
    assert len(log) == 1


@pytest.mark.parametrize(
    "line", ["CLIENT_RANDOM", f"CLIENT_RANDOM {RANDOM} abc", f"client {RANDOM} ab", "\0"]
)
def test_a_line_that_is_none_is_named_by_number_only(line):
    log = KeyLog()
    with pytest.raises(KeyLogError, match="line 2") as caught:
        log.add("# first\n" + line)
    assert caught.value.line == 2
    assert RANDOM not in str(caught.value)


def test_an_error_can_cross_a_process_border():
    assert pickle.loads(pickle.dumps(KeyLogError(7))).line == 7


def test_secrets_do_not_show_in_a_repr():
    log = KeyLog()
    log.add(f"CLIENT_RANDOM {RANDOM} {'cd' * 48}")
    assert "cd" * 8 not in repr(log)
