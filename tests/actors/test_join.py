"""What `evsite join` and the options of the leading host refuse; what they do: test_joining."""

import pytest

from tests.support.command_line import evsite
from tests.support.sites import ROOT

FILE = ROOT / "deploy" / "two-cars.yaml"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nowhere",), "'nowhere' is no place"),
        (("10.0.0.1", "--listen", "0.0.0.0"), "0.0.0.0 is no address of one host"),
        (("10.0.0.1", "--evse", "3"), "no EVSE 3; it has 1, 2"),
        (("10.0.0.1", "--log-level", "loud"), "--log-level"),
    ],
)
def test_arguments_that_do_not_fit_are_bad_input(tmp_path, arguments, told):
    rest = () if "--listen" in arguments else ("--listen", "127.0.0.3")
    rest += () if "--evse" in arguments else ("--evse", "2")

    done = evsite("join", FILE, *arguments, *rest, "--state", tmp_path)

    assert (done.exit_code, told in done.stderr) == (2, True), done.stderr


def test_a_host_without_the_sites_key_is_told_how_to_get_it(tmp_path):
    done = evsite(
        "join", FILE, "127.0.0.2", "--listen", "127.0.0.3", "--evse", "2", "--state", tmp_path / "s"
    )

    assert done.exit_code == 1
    assert "copy its engine.key" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--elsewhere", "2"), "without --listen"),
        (("--listen", "nowhere"), "'nowhere' is no place"),
        (("--listen", "127.0.0.2", "--elsewhere", "9"), "no EVSE 9"),
    ],
)
def test_a_leading_host_refuses_what_does_not_fit(tmp_path, arguments, told):
    done = evsite("run", FILE, *arguments, "--state", tmp_path)

    assert (done.exit_code, told in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("command", [("run",), ("join", "--evse", "2")])
def test_an_address_that_this_host_has_not_is_told_in_one_line(tmp_path, command):
    tmp_path.chmod(0o700)
    key = tmp_path / "engine.key"
    key.write_bytes(bytes(32))
    key.chmod(0o600)
    places = ("192.0.2.2",) if "join" in command else ()

    done = evsite(*command, FILE, *places, "--listen", "192.0.2.1", "--state", tmp_path)

    assert (done.exit_code, "cannot listen at 192.0.2.1, port 4700" in done.stderr) == (1, True), done.stderr
