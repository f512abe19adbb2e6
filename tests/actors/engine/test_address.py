"""Addresses: who is meant, and that nobody else ever is."""

import dataclasses
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thespian.actors import ActorAddress

from actors.engine.address import SiteAddress, address_of, parse, text_of

ADMIN = SiteAddress("127.0.0.1", 1900, 0)
ACTOR = SiteAddress("127.0.0.1", 1900, 0xFEED)

addresses = st.builds(
    SiteAddress,
    st.from_regex(re.compile(r"[a-z0-9.:\[\]-]+", re.ASCII), fullmatch=True),
    st.integers(1, 65535),
    st.integers(0, 2**64 - 1),
)


def test_a_reused_port_is_another_address():
    assert SiteAddress("127.0.0.1", 1900, 0xBEEF) != ACTOR


@pytest.mark.parametrize("other", [("127.0.0.2", 1900, 0xFEED), ("127.0.0.1", 1901, 0xFEED)])
def test_another_host_or_port_is_another_address(other):
    assert SiteAddress(*other) != ACTOR


def test_instance_zero_means_whoever_listens_there():
    assert ADMIN == ACTOR
    assert ACTOR == ADMIN
    assert SiteAddress("127.0.0.1", 1901, 0) != ACTOR


def test_equal_addresses_have_equal_hashes():
    assert hash(ADMIN) == hash(ACTOR)
    assert hash(SiteAddress("127.0.0.1", 1900, 0xFEED)) == hash(ACTOR)


def test_an_address_is_no_text_and_no_other_object():
    assert str(ACTOR) != ACTOR
    assert ACTOR != None  # noqa: E711  # that comparing works is what is tested


def test_an_address_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        ACTOR.port = 1


def test_one_host_is_told_from_another():
    assert ACTOR.on_same_host(SiteAddress("127.0.0.1", 5, 5))
    assert not ACTOR.on_same_host(SiteAddress("10.0.0.1", 1900, 0xFEED))


@given(addresses)
@settings(derandomize=True, deadline=None)
def test_what_is_written_is_read_again(address):
    back = parse(str(address))

    assert (back.host, back.port, back.instance) == (address.host, address.port, address.instance)


@given(addresses)
@settings(derandomize=True, deadline=None)
def test_messages_carry_addresses_as_text(address):
    assert text_of(address_of(str(address))) == str(address)


def test_a_simulated_address_is_its_own_text():
    assert address_of("/A~b") == ActorAddress("/A~b")
    assert text_of(address_of("/A~b")) == "/A~b"


HOSTS = ["", " h", "h\n", "\N{LATIN SMALL LETTER E WITH ACUTE}"]
PORTS = ["0", "65536", "99999999999", "-1", "+5", " 5", "1_0", "", "a", "\N{ARABIC-INDIC DIGIT ONE}"]
INSTANCES = ["", "-1", "0x1", "g", " 1", "1_0", "1" * 17, "F"]


@pytest.mark.parametrize(
    "text",
    ["", "h", "h:1", "::", "localhost:1900"]
    + [f"{host}:1900:0" for host in HOSTS]
    + [f"h:{port}:0" for port in PORTS]
    + [f"h:1900:{instance}" for instance in INSTANCES],
)
def test_only_what_we_write_is_read(text):
    with pytest.raises(ValueError, match="is not host:port:instance"):
        parse(text)


@given(st.text(max_size=40))
@settings(derandomize=True, deadline=None)
def test_other_text_raises_value_error_only(text):
    try:
        address = address_of(text)
    except ValueError:
        return
    assert text_of(address) == text or parse(text) == address.addressDetails
