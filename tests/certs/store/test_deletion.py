import base64
import os

import pytest

from certs import pem, pki
from certs.hashes import HashAlgorithm, hash_data
from certs.keys import key_to_pem, load_key
from certs.store.hash_types import to_message
from protocols.types import evse_security as types
from protocols.types.evse_security import DeleteCertificateResult as Result
from tests.support.disk import as_nobody, file_size_limit, needs_root
from tests.support.stores import (
    NOW,
    Ca,
    Kind,
    Leaf,
    add_leaf,
    leaf_for,
    listed,
    opened,
    provision,
    put,
    renewed,
    station,
    text,
    tree,
    world,
)  # fmt: skip

LEAF, SUB1, SUB2 = world()["SECC_LEAF"], world()["CPO_SUB_CA1"], world()["CPO_SUB_CA2"]


def hashes_of(identity, algorithm=HashAlgorithm.SHA256):
    issuer = identity.issuer or identity
    return to_message(hash_data(identity.certificate, issuer.certificate, algorithm))


def files_in(root, folder="client/cso"):
    return sorted(
        str(path.relative_to(root / folder)) for path in (root / folder).rglob("*") if path.is_file()
    )


def with_answer(root, leaf=LEAF.certificate, issuer=SUB2):
    der = pki.ocsp_response(leaf, issuer, period=pki.Period.around(NOW))
    data = to_message(hash_data(leaf, issuer.certificate))
    opened(root).update_ocsp_cache(data, base64.b64encode(der).decode(), now=NOW)


@pytest.mark.parametrize("name", ["V2G_ROOT_CA", "CSMS_ROOT_CA", "MO_ROOT_CA", "MF_ROOT_CA"])
@pytest.mark.parametrize("algorithm", HashAlgorithm)
def test_a_root_goes_and_leaves_stay(tmp_path, name, algorithm):
    store = station(tmp_path)
    kind = Ca(name.partition("_")[0])
    leaves = tree(tmp_path / "client")

    assert store.delete_certificate(hashes_of(world()[name], algorithm)) is Result.ACCEPTED

    assert not store.is_ca_certificate_installed(kind)
    assert [one for one in Ca if store.is_ca_certificate_installed(one)] == [
        one for one in Ca if one is not kind
    ]
    assert tree(tmp_path / "client") == leaves


def test_a_deleted_root_leaves_the_rest_of_its_bundle(tmp_path):
    provision(tmp_path)
    bundle = tmp_path / "ca/mo/MO_ROOT_CA.pem"
    rest = "# mine\n" + text(world()["MO_SUB_CA1"].certificate)
    bundle.write_text(rest + bundle.read_text())

    opened(tmp_path).delete_certificate(hashes_of(world()["MO_ROOT_CA"]))

    assert bundle.read_text() == rest


def test_a_root_in_two_domains_goes_from_both(tmp_path):
    store = station(tmp_path)
    store.install_ca_certificate(text(world()["V2G_ROOT_CA"].certificate), Ca.MO, now=NOW)

    store.delete_certificate(hashes_of(world()["V2G_ROOT_CA"]))

    assert not store.is_ca_certificate_installed(Ca.V2G)
    assert listed(store, Kind.MO_ROOT_CERTIFICATE) == [hashes_of(world()["MO_ROOT_CA"])]


def test_a_root_of_its_own_file_takes_the_file_along(tmp_path):
    store = station(tmp_path, v2g_ca_bundle="ca/v2g")
    both = put(tmp_path / "ca/v2g/both.pem", text(world()["V2G_ROOT_CA"].certificate, SUB1.certificate))
    store.changes()

    store.delete_certificate(hashes_of(world()["V2G_ROOT_CA"]))

    assert files_in(tmp_path, "ca/v2g") == ["both.pem"]
    assert pem.load_certificates(both.read_bytes()) == (SUB1.certificate,)


@pytest.mark.parametrize("identity", [LEAF, SUB2, SUB1], ids=["leaf", "sub 2", "sub 1"])
def test_with_any_link_the_whole_chain_goes(tmp_path, identity):
    provision(tmp_path)
    with_answer(tmp_path)
    assert len(files_in(tmp_path)) == 5

    result = opened(tmp_path).delete_certificate(hashes_of(identity))

    assert result is Result.ACCEPTED
    assert files_in(tmp_path) == []


def test_other_leaves_keep_what_is_theirs(tmp_path):
    # given two leaves below the same sub-CAs, and answers about both
    store = station(tmp_path)
    other = add_leaf(tmp_path, "OTHER")
    with_answer(tmp_path, other)
    with_answer(tmp_path, SUB2.certificate, SUB1)
    kept = files_in(tmp_path)
    kept.remove("SECC_LEAF.pem")
    kept.remove("SECC_LEAF.key")
    kept.remove("CPO_CERT_CHAIN.pem")

    store.delete_certificate(hashes_of(LEAF))

    assert files_in(tmp_path) == kept


def test_a_key_two_leaves_share_stays_with_the_other(tmp_path):
    provision(tmp_path)
    key = load_key((tmp_path / "client/cso/SECC_LEAF.key").read_bytes())
    put(tmp_path / "client/cso/again.pem", text(leaf_for(key), *SUB2.chain))

    opened(tmp_path).delete_certificate(hashes_of(LEAF))

    assert files_in(tmp_path) == ["SECC_LEAF.key", "again.pem"]


def test_a_combined_file_goes_once(tmp_path):
    provision(tmp_path, ("ca/",))
    put(tmp_path / "client/cso/all.pem", text(*LEAF.chain).encode() + key_to_pem(LEAF.key), 0o600)

    assert opened(tmp_path).delete_certificate(hashes_of(LEAF)) is Result.ACCEPTED
    assert files_in(tmp_path) == []


def test_a_sub_ca_in_the_bundle_takes_its_leaves_along(tmp_path):
    provision(tmp_path)
    bundle = tmp_path / "ca/v2g/V2G_ROOT_CA.pem"
    root = bundle.read_bytes()
    bundle.write_bytes(root + text(*SUB2.chain).encode())
    (tmp_path / "client/cso/CPO_CERT_CHAIN.pem").unlink()

    assert opened(tmp_path).delete_certificate(hashes_of(SUB2)) is Result.ACCEPTED

    assert files_in(tmp_path) == []
    assert bundle.read_bytes() == root + text(SUB1.certificate).encode()


def test_a_contract_sub_ca_touches_no_leaf(tmp_path):
    provision(tmp_path)
    bundle = tmp_path / "ca/mo/MO_ROOT_CA.pem"
    bundle.write_bytes(bundle.read_bytes() + text(world()["MO_SUB_CA1"].certificate).encode())

    opened(tmp_path).delete_certificate(hashes_of(world()["MO_SUB_CA1"]))

    assert len(files_in(tmp_path)) == 3


def test_what_is_shown_to_the_csms_is_not_deleted(tmp_path):
    store = station(tmp_path)
    renewed(store, Leaf.CSMS)
    before = store.fingerprint()

    assert store.delete_certificate(hashes_of(world()["CSMS_LEAF"])) is Result.FAILED
    assert store.fingerprint() == before


def test_a_csms_root_in_a_chain_file_can_still_be_deleted(tmp_path):
    provision(tmp_path)
    put(tmp_path / "client/csms/whole.pem", text(*world()["CSMS_LEAF"].path))
    store = opened(tmp_path)

    assert store.delete_certificate(hashes_of(world()["CSMS_ROOT_CA"])) is Result.ACCEPTED
    assert store.delete_certificate(hashes_of(world()["CSMS_ROOT_CA"])) is Result.NOT_FOUND


@pytest.mark.parametrize("serial", ["ffff", "not a number"])
def test_what_is_not_there_is_not_found(tmp_path, serial):
    store = station(tmp_path)
    data = types.CertificateHashData(
        hash_algorithm=types.HashAlgorithm.SHA256,
        issuer_name_hash="0" * 64,
        issuer_key_hash="0" * 64,
        serial_number=serial,
    )

    assert store.delete_certificate(data) is Result.NOT_FOUND


def test_a_full_disk_fails_and_loses_nothing(tmp_path):
    store = station(tmp_path)
    before = tree(tmp_path)

    with file_size_limit(10):
        result = store.delete_certificate(hashes_of(LEAF))

    assert result is Result.FAILED
    assert tree(tmp_path) == before
    assert store.delete_certificate(hashes_of(LEAF)) is Result.ACCEPTED


@needs_root
def test_a_folder_that_became_unwritable_fails(open_folder):
    store = station(open_folder)
    before = tree(open_folder)

    with as_nobody():
        result = store.delete_certificate(hashes_of(LEAF))

    assert result is Result.FAILED
    assert tree(open_folder) == before


def test_a_bundle_that_became_a_link_is_followed(tmp_path):
    store = station(tmp_path)
    bundle = tmp_path / "ca/mo/MO_ROOT_CA.pem"
    os.rename(bundle, tmp_path / "ca/mo/real.pem")
    bundle.symlink_to("real.pem")

    assert store.delete_certificate(hashes_of(world()["MO_ROOT_CA"])) is Result.ACCEPTED
    assert bundle.is_symlink()
    assert not store.is_ca_certificate_installed(Ca.MO)
