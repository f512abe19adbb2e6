"""Revocation lists in a folder of their own (`crl_directory`, ours): whatever is verified is held to them."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs import pki
from protocols.types.evse_security import CertificateValidationResult as Validation
from protocols.types.evse_security import InstallCertificateResult as Installed
from tests.support.stores import DAY, NOW, Leaf, add_leaf, chain_text, opened, provision, put, text, world

WHY = x509.ReasonFlags.key_compromise


def crl_of(name, *revoked, now=NOW, issuer=None):
    serials = {one.serial_number: WHY for one in revoked}
    return pki.crl(issuer or world()[name], period=pki.Period.around(now), revoked=serials)


def store_with(root, content, name="list.pem"):
    provision(root)
    put(root / "crl" / name, content)
    return opened(root, crl_directory="crl")


def verified(store, chain="SECC_LEAF", kind=Leaf.V2G):
    return store.verify_certificate(chain_text(chain), [kind], now=NOW)


@pytest.mark.parametrize(("encoding", "name"), [(Encoding.PEM, "a.pem"), (Encoding.DER, "a.crl")])
def test_a_leaf_on_a_list_is_not_valid(tmp_path, encoding, name):
    listed = crl_of("CPO_SUB_CA2", world()["SECC_LEAF"].certificate)

    assert verified(store_with(tmp_path, listed.public_bytes(encoding), name)) is Validation.INVALID_CHAIN


def test_a_sub_ca_on_a_list_spoils_the_contracts_below(tmp_path):
    listed = crl_of("MO_ROOT_CA", world()["MO_SUB_CA1"].certificate)
    store = store_with(tmp_path, listed.public_bytes(Encoding.PEM))

    assert verified(store, "MO_LEAF", Leaf.MO) is Validation.INVALID_CHAIN


@pytest.mark.parametrize(
    "listed",
    [
        crl_of("CPO_SUB_CA2"),
        crl_of("CPO_SUB_CA1", world()["SECC_LEAF"].certificate),
        crl_of("CPO_SUB_CA2", world()["SECC_LEAF"].certificate, now=NOW - 30 * DAY),
    ],
    ids=["empty", "of another CA", "stale"],
)
def test_a_list_that_says_nothing_about_a_leaf_lets_it_pass(tmp_path, listed):
    assert verified(store_with(tmp_path, listed.public_bytes(Encoding.PEM))) is Validation.VALID


def test_without_the_key_lists_are_not_looked_for(tmp_path):
    listed = crl_of("CPO_SUB_CA2", world()["SECC_LEAF"].certificate)
    store_with(tmp_path, listed.public_bytes(Encoding.PEM))

    assert verified(opened(tmp_path)) is Validation.VALID


def test_a_revoked_leaf_is_not_installed(tmp_path):
    store = store_with(tmp_path, crl_of("CPO_SUB_CA2").public_bytes(Encoding.PEM))
    leaf = add_leaf(tmp_path, "new")
    put(tmp_path / "crl/list.pem", crl_of("CPO_SUB_CA2", leaf).public_bytes(Encoding.PEM))

    result = store.update_leaf_certificate(text(leaf, *world()["CPO_SUB_CA2"].chain), Leaf.V2G, now=NOW)

    assert result is Installed.INVALID_CERTIFICATE_CHAIN


def test_a_new_list_is_a_change_that_tls_has_to_take_up(tmp_path):
    store = store_with(tmp_path, crl_of("CPO_SUB_CA2").public_bytes(Encoding.PEM))
    store.changes()
    put(tmp_path / "crl/other.pem", crl_of("CPO_SUB_CA1").public_bytes(Encoding.PEM))

    changes = store.changes()

    assert changes.ocsp
    assert not changes.updates


def test_garbage_among_the_lists_is_trouble_and_no_more(tmp_path):
    store = store_with(tmp_path, b"garbage")

    assert verified(store) is Validation.VALID
    assert [path.name for path, _ in store.troubles()] == ["list.pem"]


def test_a_list_that_is_too_large_is_trouble_and_not_read(tmp_path):
    provision(tmp_path)
    path = put(tmp_path / "crl/list.crl", b"")
    with path.open("wb") as file:
        file.truncate(5 * 1024 * 1024)

    store = opened(tmp_path, crl_directory="crl")

    assert "bytes" in dict(store.troubles())[path]


def test_who_verifies_himself_is_told_the_paths_of_readable_lists(tmp_path):
    put(tmp_path / "crl/a.pem", "garbage")
    store = store_with(tmp_path, crl_of("CPO_SUB_CA2").public_bytes(Encoding.PEM), "b.pem")

    assert store.revocation_lists() == (tmp_path / "crl/b.pem",)
