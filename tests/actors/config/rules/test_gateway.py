"""Who may reach the Gateway."""

import pytest

from tests.support import sites

TLS = {"certificate": "a.pem", "private_key": "a.key"}
TEXT = (sites.ROOT / "deploy" / "minimal-ac.yaml").read_text()


def told(**parameters):
    lines = "".join(f"\n      {name}: '{value}'" for name, value in parameters.items())
    config = f"\n    config_module:{lines}" if lines else ""
    checked = sites.check(f"{TEXT}\n  gateway:\n    module: Gateway{config}\n")
    return [(problem.line, problem.text) for problem in checked.problems]


def line(name, **parameters):
    """The line of the file on which a parameter stands."""
    return TEXT.count("\n") + 5 + list(parameters).index(name)


def test_a_gateway_needs_nothing_but_its_name():
    assert told() == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_a_gateway_of_this_machine_needs_no_token(host):
    assert told(host=host) == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.1", "site.example"])
def test_a_gateway_for_others_needs_token_and_tls(host):
    missing = "there is no token_file and no certificate and no private_key"
    problem = f"other machines can reach this address, and {missing}"
    assert told(host=host) == [(line("host", host=host), problem)]
    assert told(host=host, token_file="t", **TLS) == []
    assert "no token_file" in told(host=host, **TLS)[0][1]


@pytest.mark.parametrize("name", ["certificate", "private_key"])
def test_a_certificate_has_its_key(name):
    (problem,) = told(**{name: TLS[name]})
    assert problem[0] == line(name, **{name: ""})
    assert problem[1].startswith(f"{name} without ")
