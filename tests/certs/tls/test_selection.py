from dataclasses import replace
from datetime import timedelta

import pytest

from certs.keys import KeyKind
from certs.pki.hierarchies import contents
from certs.tls import Alert, Edition, Fault, HelloReader, ServerMaterial, TlsFailure
from certs.tls.authorities import IdentifierType, identify, write_trusted_ca_keys
from certs.tls.selection import select
from certs.tls.wire import vector
from tests.support.tls import LATER, NOW, identity_of, oem_roots, secc, world
from tests.support.tls_hello import (
    ISO2_EXTENSIONS,
    ISO2_SUITE,
    ISO20_EXTENSIONS,
    ISO20_SUITE,
    extension,
    groups,
    hello,
    schemes,
    versions,
)


def choose(*identities, now=NOW, **how):
    said = HelloReader().feed(hello(**how))
    chosen = identities or (secc(), secc("SECC_LEAF_20"))
    return select(said, ServerMaterial(identities=chosen, vehicle_roots=oem_roots()), now)


BOTH = groups(0x17, 0x19) + schemes(0x0403, 0x0603) + versions(0x0304, 0x0303)


@pytest.mark.parametrize(
    ("suites", "extensions", "edition"),
    [
        pytest.param((ISO2_SUITE,), ISO2_EXTENSIONS, Edition.ISO2, id="-2"),
        pytest.param((ISO2_SUITE,), schemes(0x0403), Edition.ISO2, id="-2 without groups"),
        pytest.param((ISO20_SUITE,), ISO20_EXTENSIONS, Edition.ISO20, id="-20"),
        pytest.param((0x1303,), ISO20_EXTENSIONS, Edition.ISO20, id="-20 with ChaCha20"),
        pytest.param((ISO2_SUITE, ISO20_SUITE), BOTH, Edition.ISO20, id="both: the newer"),
        pytest.param((ISO2_SUITE, 0x1301), BOTH, Edition.ISO2, id="1.3 without a suite of -20"),
        pytest.param(
            (ISO2_SUITE, ISO20_SUITE),
            groups(0x17) + schemes(0x0403) + versions(0x0304, 0x0303),
            Edition.ISO2,
            id="1.3 without a group of -20",
        ),
    ],
)
def test_the_newest_edition_in_common_is_chosen(suites, extensions, edition):
    selection = choose(suites=suites, extensions=extensions)

    assert selection.rules.edition is edition
    assert selection.identity.edition is edition


@pytest.mark.parametrize(
    ("how", "fault", "alert"),
    [
        pytest.param({"version": 0x0302}, Fault.VERSION, Alert.PROTOCOL_VERSION, id="TLS 1.1"),
        pytest.param({"suites": (0xC02B, 0xC025)}, Fault.SUITE, Alert.HANDSHAKE_FAILURE, id="GCM, ECDH"),
        pytest.param(
            {"extensions": groups(0x1D) + schemes(0x0403)},
            Fault.GROUP,
            Alert.HANDSHAKE_FAILURE,
            id="X25519",
        ),
        pytest.param(
            {"extensions": groups(0x17) + schemes(0x0804)},
            Fault.SIGNATURE,
            Alert.HANDSHAKE_FAILURE,
            id="RSA",
        ),
        pytest.param(
            {"suites": (ISO20_SUITE,), "extensions": versions(0x0304) + schemes(0x0603)},
            Fault.GROUP,
            Alert.HANDSHAKE_FAILURE,
            id="1.3 without groups",
        ),
        pytest.param(
            {"suites": (ISO20_SUITE,), "extensions": versions(0x0304) + groups(0x1E) + schemes(0x0808)},
            Fault.SIGNATURE,
            Alert.HANDSHAKE_FAILURE,
            id="Ed448, which no chain has",
        ),
        pytest.param({"now": LATER}, Fault.NO_CHAIN, Alert.HANDSHAKE_FAILURE, id="expired"),
    ],
)
def test_what_is_not_common_is_named(how, fault, alert):
    failure = choose(**how)

    assert isinstance(failure, TlsFailure)
    assert (failure.fault, failure.alert) == (fault, alert)


def test_a_refusal_shows_what_was_offered():
    assert choose(suites=(0xC02B,)).detail == "offered: c02b"


def test_a_refusal_shows_that_nothing_was_offered():
    assert choose(extensions=groups(0x17)).detail == "offered: none"


def test_a_station_without_chains_refuses_everybody():
    said = HelloReader().feed(hello())

    assert select(said, ServerMaterial(identities=()), NOW).fault is Fault.NO_CHAIN


def hints(root, kind=IdentifierType.CERT_SHA1_HASH):
    return ISO2_EXTENSIONS + extension(3, write_trusted_ca_keys([identify(root, kind)]))


@pytest.mark.parametrize("kind", [kind for kind in IdentifierType if kind is not IdentifierType.PRE_AGREED])
@pytest.mark.parametrize("seed", ["tls", "second root"])
def test_trusted_ca_keys_choose_the_chain(kind, seed):
    chains = {name: secc(seed=name) for name in ("tls", "second root")}

    selection = choose(*chains.values(), extensions=hints(chains[seed].root, kind))

    assert selection.identity is chains[seed]
    assert selection.acknowledged


def test_a_trusted_sub_ca_chooses_its_chain_too():
    chains = secc(), secc(seed="second root")

    assert choose(*chains, extensions=hints(chains[1].certificates[2])).identity is chains[1]


@pytest.mark.parametrize(
    "extensions",
    [
        pytest.param(ISO2_EXTENSIONS, id="no hint"),
        pytest.param(hints(world()["MO_ROOT_CA"].certificate), id="a root nobody leads to"),
        pytest.param(hints(world()["V2G_ROOT_CA"].certificate, IdentifierType.PRE_AGREED), id="pre-agreed"),
        pytest.param(ISO2_EXTENSIONS + extension(3, b"\0\x01\x09"), id="unreadable"),
    ],
)
def test_without_a_hint_that_fits_the_first_chain_is_shown(extensions):
    chains = secc(), secc(seed="second root")

    selection = choose(*chains, extensions=extensions)

    assert selection.identity is chains[0]
    assert not selection.acknowledged


def test_certificate_authorities_choose_the_chain_of_the_newer_edition():
    chains = secc("SECC_LEAF_20"), secc("SECC_LEAF_20", "second root")
    names = extension(47, vector(vector(chains[1].root.subject.public_bytes(), 2), 2))

    selection = choose(*chains, suites=(ISO20_SUITE,), extensions=ISO20_EXTENSIONS + names)

    assert selection.identity is chains[1]
    assert not selection.acknowledged


def test_a_chain_whose_signature_the_car_can_verify_is_shown():
    chains = secc("SECC_LEAF_20"), identity_of(world("ed", KeyKind.ED448)["SECC_LEAF_20"])
    offered = versions(0x0304) + groups(0x1E) + schemes(0x0808)

    assert choose(*chains, suites=(ISO20_SUITE,), extensions=offered).identity is chains[1]


def test_a_chain_is_used_from_its_first_valid_moment():
    # given a chain that takes over tomorrow
    made = world()["SECC_LEAF"]
    mint, row = world().mint, world().rows["SECC_LEAF"]
    said = contents(row, world().options, None)
    renewed = mint.identity(
        "RENEWED", replace(said, not_before=NOW + timedelta(days=1)), made.issuer, key=made.key
    )
    chains = identity_of(renewed), secc()

    # when, then
    assert choose(*chains).identity is chains[1]
    assert choose(*chains, now=NOW + timedelta(days=2)).identity is chains[0]
