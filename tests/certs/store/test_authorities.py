import os
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from OpenSSL import SSL

from certs import pem, pki
from certs.pki.hierarchies import contents
from certs.profiles import Domain
from certs.store import Limits, StoreError, StoreProblem, files
from protocols.types.evse_security import InstallCertificateResult as Result
from tests.support.disk import file_size_limit
from tests.support.stores import DAY, NOW, Ca, opened, other_world, provision, put, station, text, world

ROOT, SUB1, SUB2 = world()["V2G_ROOT_CA"], world()["CPO_SUB_CA1"], world()["CPO_SUB_CA2"]
SHA256 = hashes.SHA256()
OTHER_ROOT = other_world()["V2G_ROOT_CA"]


def made(name="V2G_ROOT_CA", issuer=None, key=None, **changes):
    usual = contents(world().rows[name], world().options, pki.Edition.ISO2)
    return world().mint.identity("MADE", replace(usual, **changes), issuer, key=key).certificate


def forged():
    der = bytearray(pem.to_der(ROOT.certificate))
    der[-1] ^= 1
    return pem.load_der(bytes(der))


CASES = {
    "a root": (lambda: text(OTHER_ROOT.certificate), Result.ACCEPTED),
    "the same root again": (lambda: text(ROOT.certificate), Result.ACCEPTED),
    "a root of tomorrow": (
        lambda: text(made(not_before=NOW + DAY, not_after=NOW + 9 * DAY)),
        Result.ACCEPTED,
    ),
    "a sub-CA below it": (lambda: text(SUB1.certificate), Result.ACCEPTED),
    "line ends of Windows": (lambda: text(OTHER_ROOT.certificate).replace("\n", "\r\n"), Result.ACCEPTED),
    "text before it": (lambda: "subject=CN = X\n" + text(OTHER_ROOT.certificate), Result.ACCEPTED),
    "an expired root": (
        lambda: text(made(not_before=NOW - 9 * DAY, not_after=NOW - DAY)),
        Result.EXPIRED,
    ),
    "garbage": (lambda: "garbage", Result.INVALID_FORMAT),
    "nothing": (lambda: "", Result.INVALID_FORMAT),
    "a block that is cut": (lambda: text(ROOT.certificate)[:300], Result.INVALID_FORMAT),
    "two certificates": (lambda: text(ROOT.certificate, SUB1.certificate), Result.INVALID_FORMAT),
    "ten mebibytes": (lambda: "x" * (pem.MAX_BYTES + 1), Result.INVALID_FORMAT),
    "a name that is empty": (
        lambda: text(made(subject=type(ROOT.certificate.subject)([]))),
        Result.INVALID_COMMON_NAME,
    ),
    "a leaf": (lambda: text(world()["SECC_LEAF"].certificate), Result.INVALID_CERTIFICATE_CHAIN),
    "a root that has not signed itself": (lambda: text(forged()), Result.INVALID_SIGNATURE),
    "a sub-CA nobody has signed": (
        lambda: text(made("CPO_SUB_CA1", replace(ROOT, key=SUB2.key))),
        Result.INVALID_SIGNATURE,
    ),
    "a sub-CA of a stranger": (
        lambda: text(other_world()["CPO_SUB_CA1"].certificate),
        Result.NO_ROOT_CERTIFICATE_INSTALLED,
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("bundle", ["ca/v2g/V2G_ROOT_CA.pem", "ca/v2g"])
def test_each_kind_of_ca_certificate_has_its_result(tmp_path, case, bundle):
    store = station(tmp_path, v2g_ca_bundle=bundle)
    given, expected = CASES[case]

    result = store.install_ca_certificate(given(), Ca.V2G, now=NOW)

    assert result is expected


@pytest.mark.parametrize(
    "case", [name for name, (_, result) in CASES.items() if result is not Result.ACCEPTED]
)
def test_a_refused_ca_certificate_changes_no_file(tmp_path, case):
    store = station(tmp_path)
    before = store.fingerprint()

    store.install_ca_certificate(CASES[case][0](), Ca.V2G, now=NOW)

    assert store.fingerprint() == before
    assert not store.changes()


def test_an_installed_root_stands_behind_the_others(tmp_path):
    store = station(tmp_path)
    bundle = tmp_path / "ca/v2g/V2G_ROOT_CA.pem"
    before = bundle.read_bytes()

    store.install_ca_certificate(text(OTHER_ROOT.certificate), Ca.V2G, now=NOW)

    assert bundle.read_bytes() == before + pem.to_pem([OTHER_ROOT.certificate])
    assert stat.S_IMODE(bundle.stat().st_mode) == 0o644


@pytest.mark.parametrize("kind", Ca)
def test_every_domain_takes_roots_into_a_folder(tmp_path, kind):
    folder = f"roots/{kind.value}"
    store = opened(tmp_path, **{f"{kind.value.lower()}_ca_bundle": folder})

    store.install_ca_certificate(text(ROOT.certificate), kind, now=NOW)
    store.install_ca_certificate(text(SUB1.certificate), kind, now=NOW)

    assert sorted(path.name.rpartition("_")[0] for path in (tmp_path / folder).iterdir()) == [
        f"{kind.value}_ROOT_CA",
        f"{kind.value}_SUB_CA",
    ]


def root_of(key, digest=SHA256):
    """A CA that has signed itself with any key."""
    usual = ROOT.certificate
    builder = x509.CertificateBuilder(
        issuer_name=usual.subject,
        subject_name=usual.subject,
        public_key=key.public_key(),
        serial_number=7,
        not_valid_before=usual.not_valid_before_utc.replace(tzinfo=None),
        not_valid_after=usual.not_valid_after_utc.replace(tzinfo=None),
    ).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return text(builder.sign(key, digest))


KEYS = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "of Bitcoin": lambda: ec.generate_private_key(ec.SECP256K1()),
    "RSA 2048": lambda: rsa.generate_private_key(65537, 2048),
    "RSA 1024": lambda: rsa.generate_private_key(65537, 1024),
}
ISO, OCPP = {"P-256", "P-521"}, {"P-256", "P-384", "P-521", "RSA 2048"}


@pytest.mark.parametrize(("kind", "good"), [(Ca.V2G, ISO), (Ca.MO, ISO), (Ca.CSMS, OCPP), (Ca.MF, OCPP)])
def test_roots_have_a_key_that_some_leaf_below_them_may_rely_on(tmp_path, kind, good):
    store = opened(tmp_path)

    results = {
        name: store.install_ca_certificate(root_of(make()), kind, now=NOW) for name, make in KEYS.items()
    }

    assert {name for name, result in results.items() if result is Result.ACCEPTED} == good
    assert set(results.values()) == {Result.ACCEPTED, Result.INVALID_CERTIFICATE_CHAIN}


def test_a_sub_ca_with_a_hash_nobody_allows_is_not_taken(tmp_path):
    store = station(tmp_path)
    usual = SUB1.certificate
    builder = x509.CertificateBuilder(
        issuer_name=usual.issuer,
        subject_name=usual.subject,
        public_key=usual.public_key(),
        serial_number=7,
        not_valid_before=usual.not_valid_before_utc.replace(tzinfo=None),
        not_valid_after=usual.not_valid_after_utc.replace(tzinfo=None),
    ).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)

    results = [
        store.install_ca_certificate(text(builder.sign(ROOT.key, digest)), Ca.V2G, now=NOW)
        for digest in (hashes.SHA224(), SHA256)
    ]

    assert results == [Result.INVALID_CERTIFICATE_CHAIN, Result.ACCEPTED]


def test_a_bundle_that_was_removed_is_made_again(tmp_path):
    store = opened(tmp_path)
    (tmp_path / "ca/mo/MO_ROOT_CA.pem").unlink()

    assert store.install_ca_certificate(text(ROOT.certificate), Ca.MO, now=NOW) is Result.ACCEPTED
    assert store.is_ca_certificate_installed(Ca.MO)


@pytest.mark.parametrize("limits", [Limits(entries=1), Limits(size_bytes=1)], ids=["entries", "size"])
def test_a_full_store_takes_only_what_it_has(tmp_path, limits):
    store = opened(provision(tmp_path), limits)

    assert store.install_ca_certificate(text(ROOT.certificate), Ca.V2G, now=NOW) is Result.ACCEPTED
    assert (
        store.install_ca_certificate(text(OTHER_ROOT.certificate), Ca.V2G, now=NOW)
        is Result.CERTIFICATE_STORE_MAX_LENGTH_EXCEEDED
    )


def test_a_bundle_takes_no_more_than_can_be_read(tmp_path, monkeypatch):
    store = station(tmp_path)
    monkeypatch.setattr(pem, "MAX_CERTIFICATES", 1)

    result = store.install_ca_certificate(text(OTHER_ROOT.certificate), Ca.V2G, now=NOW)

    assert result is Result.CERTIFICATE_STORE_MAX_LENGTH_EXCEEDED


def test_a_full_disk_is_a_write_error_and_loses_nothing(tmp_path):
    store = station(tmp_path)
    before = (tmp_path / "ca/v2g/V2G_ROOT_CA.pem").read_bytes()

    with file_size_limit(len(before)):
        result = store.install_ca_certificate(text(OTHER_ROOT.certificate), Ca.V2G, now=NOW)

    assert result is Result.WRITE_ERROR
    assert (tmp_path / "ca/v2g/V2G_ROOT_CA.pem").read_bytes() == before
    assert [path.name for path in (tmp_path / "ca/v2g").iterdir()] == ["V2G_ROOT_CA.pem"]


def test_a_bundle_that_became_a_link_outwards_is_not_written(tmp_path):
    store = station(tmp_path / "certs")
    outside = put(tmp_path / "outside.pem", "theirs")
    bundle = tmp_path / "certs/ca/v2g/V2G_ROOT_CA.pem"
    bundle.unlink()
    bundle.symlink_to(outside)

    assert store.install_ca_certificate(text(ROOT.certificate), Ca.V2G, now=NOW) is Result.WRITE_ERROR
    assert outside.read_text() == "theirs"
    assert bundle.is_symlink()


@pytest.mark.parametrize("kind", Ca)
def test_a_domain_without_roots_has_nothing_to_verify_with(tmp_path, kind):
    store = opened(tmp_path)

    assert not store.is_ca_certificate_installed(kind)
    assert (store.get_verify_file(kind), store.get_verify_location(kind)) == ("", "")


@pytest.mark.parametrize("kind", Ca)
def test_a_sound_bundle_is_the_file_to_verify_with(tmp_path, kind):
    store = station(tmp_path)

    assert store.is_ca_certificate_installed(kind)
    assert Path(store.get_verify_file(kind)) == tmp_path / f"ca/{kind.value.lower()}/{kind.value}_ROOT_CA.pem"


def test_a_folder_of_roots_becomes_one_file(tmp_path):
    store = station(tmp_path, v2g_ca_bundle="ca/v2g")
    store.install_ca_certificate(text(OTHER_ROOT.certificate), Ca.V2G, now=NOW)

    path = Path(store.get_verify_file(Ca.V2G))

    assert set(pem.load_certificates(path.read_bytes())) == {ROOT.certificate, OTHER_ROOT.certificate}
    assert not path.is_relative_to(tmp_path / "ca")


def test_a_damaged_bundle_is_given_as_a_sound_copy(tmp_path):
    store = station(tmp_path)
    bundle = tmp_path / "ca/v2g/V2G_ROOT_CA.pem"
    bundle.write_bytes(bundle.read_bytes() + b"-----BEGIN CERTIFICATE-----\n")
    store.changes()

    path = Path(store.get_verify_file(Ca.V2G))

    assert path != bundle
    assert pem.load_certificates(path.read_bytes()) == (ROOT.certificate,)


def test_openssl_finds_roots_in_the_hashed_folder(tmp_path):
    store = station(tmp_path)
    again = made(
        not_before=NOW - DAY, not_after=NOW + DAY, key=ROOT.key
    )  # the same name and so the same hash
    store.install_ca_certificate(text(again), Ca.V2G, now=NOW)

    folder = Path(store.get_verify_location(Ca.V2G))

    SSL.Context(SSL.TLS_CLIENT_METHOD).load_verify_locations(None, str(folder).encode())
    names = sorted(path.name for path in folder.iterdir())
    assert [name[-2:] for name in names] == [".0", ".1"]
    assert len({name[:8] for name in names}) == 1


def test_the_hashed_folder_follows_what_is_installed(tmp_path):
    store = station(tmp_path)
    folder = Path(store.get_verify_location(Ca.V2G))
    before = {path.name: path.stat().st_ino for path in folder.iterdir()}
    (tmp_path / "ca/v2g/V2G_ROOT_CA.pem").write_bytes(pem.to_pem([OTHER_ROOT.certificate]))
    store.changes()

    store.get_verify_location(Ca.V2G)
    after = {path.name: path.stat().st_ino for path in folder.iterdir()}
    store.get_verify_location(Ca.V2G)

    assert before.keys() != after.keys()
    assert {path.name: path.stat().st_ino for path in folder.iterdir()} == after


def test_copies_wait_for_whoever_is_writing(tmp_path, monkeypatch):
    store = station(tmp_path)
    monkeypatch.setattr(files, "_LOCK_TRIES", 1)

    with files.locked(tmp_path / ".evsite"), pytest.raises(StoreError) as error:
        store.get_verify_location(Ca.V2G)

    assert error.value.problem is StoreProblem.BUSY


def test_what_does_not_belong_into_the_hashed_folder_goes(tmp_path):
    store = station(tmp_path)
    folder = Path(store.get_verify_location(Ca.V2G))
    wanted = {path.name for path in folder.iterdir()}
    put(folder / ".evsite-left-behind", "x")
    (folder / "link").symlink_to("nowhere")

    store.get_verify_location(Ca.V2G)

    assert {path.name for path in folder.iterdir()} == wanted


def test_a_copy_that_cannot_be_written_is_an_error(tmp_path):
    store = station(tmp_path)
    put(tmp_path / ".evsite/verify", "in the way")

    with pytest.raises(StoreError, match="verify"):
        store.get_verify_location(Ca.V2G)


def test_an_expired_root_is_still_installed(tmp_path):
    put(tmp_path / "ca/v2g/V2G_ROOT_CA.pem", text(made(not_before=NOW - 9 * DAY, not_after=NOW - DAY)))

    assert opened(tmp_path).is_ca_certificate_installed(Ca.V2G)


def test_a_root_expires_after_its_last_second(tmp_path):
    store = opened(tmp_path)
    root = text(made(not_before=NOW - DAY, not_after=NOW))

    late = store.install_ca_certificate(root, Ca.V2G, now=NOW + timedelta(seconds=1))

    assert (late, store.install_ca_certificate(root, Ca.V2G, now=NOW)) == (Result.EXPIRED, Result.ACCEPTED)


def test_a_store_that_is_gone_is_a_write_error(tmp_path):
    store = station(tmp_path / "certs")
    os.rename(tmp_path / "certs", tmp_path / "away")

    assert store.install_ca_certificate(text(OTHER_ROOT.certificate), Ca.V2G, now=NOW) is Result.WRITE_ERROR
    assert not store.is_ca_certificate_installed(Ca.V2G)


def test_domains_share_nothing(tmp_path):
    store = opened(tmp_path)
    store.install_ca_certificate(text(ROOT.certificate), Ca.MO, now=NOW)

    assert [kind for kind in Ca if store.is_ca_certificate_installed(kind)] == [Ca.MO]
    assert Domain.MO.value == Ca.MO.value
