from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from certs.facts import read
from certs.hashes import HashAlgorithm, hash_data
from certs.pki.hierarchies import contents
from certs.profiles import Domain
from certs.store.settings import Settings
from certs.store.vault import Vault
from tests.support.stores import add_leaf, opened, provision, put, text, world

SUB1, SUB2, LEAF = world()["CPO_SUB_CA1"], world()["CPO_SUB_CA2"], world()["SECC_LEAF"]


@pytest.fixture
def root(tmp_path):
    return provision(tmp_path)


def index_of(root):
    return Vault(Settings(root=root)).index


def test_every_domain_has_its_own_roots(root):
    index = index_of(root)

    assert {domain: index.roots(domain) for domain in index.bundles} == {
        domain: world().roots(domain) for domain in (Domain.CSMS, Domain.MF, Domain.MO, Domain.V2G)
    }


def test_sub_cas_of_a_bundle_are_held_but_are_no_roots(root):
    bundle = root / "ca/v2g/V2G_ROOT_CA.pem"
    bundle.write_bytes(bundle.read_bytes() + text(SUB1.certificate).encode())

    index = index_of(root)

    assert index.certificates(Domain.V2G) == (*world().roots(Domain.V2G), SUB1.certificate)
    assert index.roots(Domain.V2G) == world().roots(Domain.V2G)


def test_a_self_issued_leaf_in_a_bundle_is_no_root(root):
    leaf = world().mint.identity("SELF", replace(_contents(), ca=False), None).certificate
    put(root / "ca/mo/MO_ROOT_CA.pem", text(leaf))

    assert index_of(root).roots(Domain.MO) == ()


def _contents():
    return contents(world().rows["MO_ROOT_CA"], world().options, None)


def test_a_folder_of_roots_is_read_like_a_file(tmp_path):
    (root,) = world().roots(Domain.V2G)
    put(tmp_path / "ca/v2g/one.pem", text(root))
    put(tmp_path / "ca/v2g/two.crt", text(root, SUB1.certificate))
    index = Vault(Settings(root=tmp_path, v2g_ca_bundle="ca/v2g")).index

    assert index.certificates(Domain.V2G) == (root, SUB1.certificate)


@pytest.mark.parametrize("algorithm", HashAlgorithm)
def test_a_certificate_is_found_by_hashes_of_every_kind(root, algorithm):
    held = index_of(root).find(hash_data(LEAF.certificate, SUB2.certificate, algorithm))

    assert {one.path.name for one in held} == {"SECC_LEAF.pem", "CPO_CERT_CHAIN.pem"}
    assert {one.place.domain for one in held} == {Domain.V2G}


def test_hashes_of_another_issuer_find_nothing(root):
    stranger = hash_data(LEAF.certificate, SUB2.certificate)
    changed = type(stranger)(
        algorithm=stranger.algorithm,
        issuer_name_hash=stranger.issuer_name_hash,
        issuer_key_hash="0" * 64,
        serial_number=stranger.serial_number,
    )

    assert index_of(root).find(changed) == ()


def test_without_its_issuer_a_certificate_has_no_hashes(root):
    (root / "ca/v2g/V2G_ROOT_CA.pem").write_bytes(b"")
    index = index_of(root)

    assert index.hash_of(read(SUB1.certificate)) is None
    assert index.hash_of(read(SUB2.certificate)) == hash_data(SUB2.certificate, SUB1.certificate)


def test_a_serial_number_too_long_for_hashes_is_passed_over(root):
    long = LEAF.certificate.serial_number | 1 << 168
    made = _with_serial(long)
    put(root / "client/cso/long.pem", text(made))

    assert index_of(root).hash_of(read(made)) is None


def _with_serial(serial):
    builder = x509.CertificateBuilder(
        issuer_name=SUB2.certificate.subject,
        subject_name=LEAF.certificate.subject,
        public_key=LEAF.key.public_key(),
        serial_number=None,
        not_valid_before=LEAF.certificate.not_valid_before_utc.replace(tzinfo=None),
        not_valid_after=LEAF.certificate.not_valid_after_utc.replace(tzinfo=None),
    )
    builder._serial_number = serial  # the public setter keeps to 20 bytes

    return builder.sign(SUB2.key, hashes.SHA256())


def test_the_key_may_lie_in_a_folder_of_its_own(root):
    (root / "private").mkdir(mode=0o700)
    (root / "client/cso/SECC_LEAF.key").rename(root / "private/x.key")
    index = Vault(Settings(root=root, secc_leaf_key_directory="private")).index

    assert [leaf.key for leaf in index.leaves[Domain.V2G]] == [root / "private/x.key"]


def test_troubles_name_what_a_person_has_to_mend(root, tmp_path):
    add_leaf(root, "keyless", with_key=False, with_chain=False)
    put(root / "client/cso/turned.pem", text(SUB2.certificate, LEAF.certificate))
    put(root / "client/csms/bad.key", "garbage", 0o600)
    put(root / "ca/mo/MO_ROOT_CA.pem", "-----BEGIN CERTIFICATE-----")
    (root / "client/cso/out.pem").symlink_to("/etc/hostname")

    troubles = {path.name: what for path, what in opened(root).troubles()}

    assert set(troubles) == {"keyless.pem", "turned.pem", "bad.key", "MO_ROOT_CA.pem", "out.pem"}
    assert troubles["keyless.pem"] == "the private key is missing"
    assert troubles["turned.pem"] == "a leaf that is not the first certificate of its file"
    assert troubles["out.pem"] == "a link out of the store"
