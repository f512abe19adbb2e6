"""With what a Gateway opens."""

from contextlib import contextmanager

import pytest

from actors.gateway import access
from actors.gateway.access import AccessError
from actors.gateway.opening import opening
from tests.support.gateway_actors import PARAMETERS, site_of
from tests.support.gateway_certificate import certificate


@contextmanager
def opened(state, **parameters):
    made = opening(
        {"site": site_of().plain(), "state": str(state / "journals"), "parameters": PARAMETERS | parameters}
    )
    with made.listening:
        yield made


def port_of(made):
    return made.listening.getsockname()[1]


def test_a_gateway_of_this_machine_lets_everybody_in(tmp_path):
    with opened(tmp_path) as made:
        assert made.guard.tokens == {}
        assert made.url == f"http://127.0.0.1:{port_of(made)}"
        assert (made.limits.connections, made.site) == (8, site_of())


def test_any_port_is_the_one_it_was_before(tmp_path):
    with opened(tmp_path) as made:
        port = port_of(made)
        access.say_where(tmp_path, made.url)
        with opened(tmp_path) as other:
            assert port_of(other) != port
    with opened(tmp_path) as again:
        assert port_of(again) == port
    access.say_where(tmp_path, "http://127.0.0.1:999999")
    with opened(tmp_path) as nonsense:
        assert port_of(nonsense) > 0


def test_a_port_that_is_taken_is_told_of(tmp_path):
    with opened(tmp_path) as made, pytest.raises(AccessError, match="Address already in use"):
        opening(
            {
                "site": site_of().plain(),
                "state": "x/journals",
                "parameters": PARAMETERS | {"port": port_of(made)},
            }
        )


def test_token_and_certificate_lie_in_the_state_directory(tmp_path):
    certificate(tmp_path)
    more = {"token_file": "token", "certificate": "gateway.pem", "private_key": "gateway.key"}
    with opened(tmp_path, **more) as made:
        assert made.url.startswith("https://")
        assert made.guard.secure
        assert list(made.guard.tokens) == [(tmp_path / "token").read_text().strip()]
