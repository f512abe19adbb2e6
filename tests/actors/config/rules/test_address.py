"""Addresses of this machine."""

import pytest

from actors.config.rules.address import is_loopback


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("site.example", False),
        ("", False),
    ],
)
def test_a_loopback_address_is_known_without_asking(host, loopback):
    assert is_loopback(host) is loopback
