import base64
import stat
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from certs import pem, pki
from certs.hashes import hash_data
from certs.keys import KeyKind, key_matches, load_key
from certs.names import attributes
from certs.ocsp import Status as Said
from certs.pki.hierarchies import contents
from certs.requests import load_request
from certs.store import Limits, OcspUpdate, StoreError, StoreProblem, files
from certs.store.hash_types import to_message
from protocols.types.evse_security import GetCertificateSignRequestStatus as Status
from protocols.types.evse_security import InstallCertificateResult as Result
from tests.support.der import without_version
from tests.support.disk import file_size_limit
from tests.support.stores import (
    DAY,
    NOW,
    Ca,
    Leaf,
    leaf_for,
    opened,
    other_world,
    provision,
    renewed,
    requested,
    signed,
    station,
    text,
    world,
)  # fmt: skip

SUB = world()["CPO_SUB_CA2"]
OWN = {Leaf.V2G: "client/cso", Leaf.CSMS: "client/csms"}


def folder(root, kind=Leaf.V2G):
    return root / OWN[kind]


def new_key(store, root, kind=Leaf.V2G):
    before = set(folder(root, kind).glob("*.key"))
    requested(store, kind)
    (path,) = set(folder(root, kind).glob("*.key")) - before
    return load_key(path.read_bytes())


def ask(store, kind=Leaf.V2G, *, use_tpm=False, common="DE*EVS*E1", country="DE", **more):
    return store.generate_certificate_signing_request(
        kind, country, "EVSITE", common, use_tpm=use_tpm, now=NOW, **more
    )


@pytest.mark.parametrize("kind", OWN)
def test_a_request_is_for_a_new_p256_key(tmp_path, kind):
    store = opened(tmp_path)

    answer = ask(store, kind)

    assert answer.status is Status.ACCEPTED
    request = load_request(answer.csr)
    (path,) = folder(tmp_path, kind).glob("*.key")
    assert key_matches(load_key(path.read_bytes()), request)
    assert request.public_key().curve.name == "secp256r1"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_subject_of_a_request_is_what_was_asked(tmp_path):
    subject = load_request(ask(opened(tmp_path)).csr).subject

    oids = (NameOID.COUNTRY_NAME, NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
    assert [attributes(subject, oid) for oid in oids] == [("DE",), ("EVSITE",), ("DE*EVS*E1",)]


def test_another_kind_of_key_can_be_asked_for(tmp_path):
    request = load_request(ask(opened(tmp_path), key_kind=KeyKind.P521).csr)

    assert request.public_key().curve.name == "secp521r1"


def test_with_a_password_new_keys_are_encrypted(tmp_path):
    store = opened(tmp_path, private_key_password="secret")

    renewed(store_with_roots(store))

    (path,) = folder(tmp_path).glob("*.key")
    assert b"ENCRYPTED" in path.read_bytes()
    assert load_key(path.read_bytes(), b"secret")


def store_with_roots(store):
    for kind, name in ((Ca.V2G, "V2G_ROOT_CA"), (Ca.CSMS, "CSMS_ROOT_CA")):
        store.install_ca_certificate(text(world()[name].certificate), kind, now=NOW)
    return store


REQUEST_CASES = {
    "a contract": ({"kind": Leaf.MO}, Status.INVALID_REQUESTED_TYPE),
    "firmware": ({"kind": Leaf.MF}, Status.INVALID_REQUESTED_TYPE),
    "a security chip": ({"use_tpm": True}, Status.KEY_GEN_ERROR),
    "no name": ({"common": ""}, Status.GENERATION_ERROR),
    "a country that is none": ({"country": "Germany"}, Status.GENERATION_ERROR),
}


@pytest.mark.parametrize("case", REQUEST_CASES)
def test_each_request_that_cannot_be_made_has_its_status(tmp_path, case):
    given, expected = REQUEST_CASES[case]

    answer = ask(opened(tmp_path), **given)

    assert (answer.status, answer.csr) == (expected, None)
    assert not list(tmp_path.rglob("*.key"))


def test_a_request_for_a_full_disk_is_a_key_error(tmp_path):
    store = opened(tmp_path)

    with file_size_limit(10):
        answer = ask(store)

    assert answer.status is Status.KEY_GEN_ERROR
    assert list(folder(tmp_path).iterdir()) == []


def test_a_request_for_a_full_store_is_refused(tmp_path):
    assert ask(opened(tmp_path, Limits(entries=1))).status is Status.GENERATION_ERROR


@pytest.mark.parametrize("kind", OWN)
def test_an_answered_request_becomes_leaf_and_chain(tmp_path, kind):
    store = station(tmp_path)
    before = set(folder(tmp_path, kind).glob("*.pem"))

    chain = pem.load_certificates(renewed(store, kind))

    written = sorted(set(folder(tmp_path, kind).glob("*.pem")) - before)
    assert [path.name[:8] for path in written] == {
        Leaf.V2G: ["CPO_CERT", "SECC_LEA"],
        Leaf.CSMS: ["CSMS_CER", "CSMS_LEA"],
    }[kind]
    assert [pem.load_certificates(path.read_bytes()) for path in written] == [chain, chain[:1]]
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o644}


def test_sub_cas_that_were_not_sent_are_added(tmp_path):
    store = station(tmp_path)
    bundle = tmp_path / "ca/v2g/V2G_ROOT_CA.pem"
    bundle.write_bytes(bundle.read_bytes() + text(*SUB.chain).encode())
    leaf = signed(requested(store), with_chain=False)

    assert store.update_leaf_certificate(leaf, Leaf.V2G, now=NOW) is Result.ACCEPTED

    (chain,) = folder(tmp_path).glob("CPO_CERT_CHAIN_2*.pem")
    assert pem.load_certificates(chain.read_bytes()) == (*pem.load_certificates(leaf), *SUB.chain)


def test_roots_that_were_sent_are_left_out(tmp_path):
    store = station(tmp_path)
    sent = text(world()["V2G_ROOT_CA"].certificate) + signed(requested(store))

    assert store.update_leaf_certificate(sent, Leaf.V2G, now=NOW) is Result.ACCEPTED

    (chain,) = folder(tmp_path).glob("CPO_CERT_CHAIN_2*.pem")
    assert len(pem.load_certificates(chain.read_bytes())) == 3


def test_the_same_answer_twice_changes_nothing(tmp_path):
    store = station(tmp_path)
    chain = renewed(store)
    before = store.fingerprint()

    assert store.update_leaf_certificate(chain, Leaf.V2G, now=NOW) is Result.ACCEPTED
    assert store.fingerprint() == before


def test_a_leaf_known_by_other_names_keeps_them(tmp_path):
    # given a leaf provisioned without its chain, and one whose chain is not whole
    store = station(tmp_path)
    (folder(tmp_path) / "CPO_CERT_CHAIN.pem").unlink()
    leaf = world()["SECC_LEAF"]

    # when the chain arrives, and again after somebody has cut it or removed the leaf alone
    assert store.update_leaf_certificate(text(*leaf.chain), Leaf.V2G, now=NOW) is Result.ACCEPTED
    (chain,) = folder(tmp_path).glob("CPO_CERT_CHAIN_*.pem")
    chain.write_bytes(pem.to_pem(leaf.chain[:2]))
    (folder(tmp_path) / "SECC_LEAF.pem").unlink()
    store.changes()
    assert store.update_leaf_certificate(text(*leaf.chain), Leaf.V2G, now=NOW) is Result.ACCEPTED

    # then it is there once, and whole
    assert pem.load_certificates(chain.read_bytes()) == leaf.chain
    assert len(list(folder(tmp_path).glob("*.pem"))) == 2


def test_a_leaf_directly_below_its_root_needs_no_new_files(tmp_path):
    store = station(tmp_path)
    before = store.fingerprint()

    again = store.update_leaf_certificate(text(world()["CSMS_LEAF"].certificate), Leaf.CSMS, now=NOW)

    assert again is Result.ACCEPTED
    assert store.fingerprint() == before


def refused_cases():
    def with_leaf(**changes):
        return lambda store, root: text(leaf_for(new_key(store, root), **changes), *SUB.chain)

    return {
        "a contract": (lambda store, root: text(*world()["MO_LEAF"].chain), Leaf.MO, Result.WRITE_ERROR),
        "firmware": (lambda store, root: text(*world()["MF_LEAF"].chain), Leaf.MF, Result.WRITE_ERROR),
        "garbage": (lambda store, root: "garbage", Leaf.V2G, Result.INVALID_FORMAT),
        "an expired leaf": (
            with_leaf(start=NOW - 9 * DAY, end=NOW - DAY), Leaf.V2G, Result.EXPIRED,
        ),
        "a wrong domain component": (
            with_leaf(common_name="x", component=None), Leaf.V2G, Result.INVALID_CERTIFICATE_CHAIN,
        ),
        "a leaf of another domain": (
            with_leaf(), Leaf.CSMS, Result.NO_ROOT_CERTIFICATE_INSTALLED,
        ),
        "a stranger's leaf": (
            lambda store, root: text(
                leaf_for(new_key(store, root), made=other_world()), *other_world()["CPO_SUB_CA2"].chain
            ),
            Leaf.V2G,
            Result.NO_ROOT_CERTIFICATE_INSTALLED,
        ),
        "a wrong signature": (
            with_leaf(issuer=replace(SUB, key=world()["MO_SUB_CA2"].key)),
            Leaf.V2G,
            Result.INVALID_SIGNATURE,
        ),
        "a leaf of a foreign key": (
            lambda store, root: text(leaf_for(world()["MO_LEAF"].key), *SUB.chain),
            Leaf.V2G,
            Result.WRITE_ERROR,
        ),
    }  # fmt: skip


@pytest.mark.parametrize("case", refused_cases())
def test_each_leaf_that_is_refused_has_its_result(tmp_path, case):
    store = station(tmp_path)
    given, kind, expected = refused_cases()[case]
    sent = given(store, tmp_path)
    before = store.fingerprint()

    assert store.update_leaf_certificate(sent, kind, now=NOW) is expected
    assert store.fingerprint() == before


def test_a_leaf_without_common_name_is_refused_as_such(tmp_path):
    store = station(tmp_path)
    usual = contents(world().rows["SECC_LEAF"], world().options, pki.Edition.ISO2)
    nameless = x509.Name([one for one in usual.subject if one.oid != NameOID.COMMON_NAME])
    leaf = pki.issue(
        replace(usual, subject=nameless), new_key(store, tmp_path).public_key(), SUB, SUB.key, 77_000
    )

    result = store.update_leaf_certificate(text(leaf, *SUB.chain), Leaf.V2G, now=NOW)

    assert result is Result.INVALID_COMMON_NAME


def test_a_leaf_that_contradicts_itself_has_no_format(tmp_path):
    odd = pem.load_der(without_version(pem.to_der(world()["SECC_LEAF"].certificate)))

    result = station(tmp_path).update_leaf_certificate(text(odd), Leaf.V2G, now=NOW)

    assert result is Result.INVALID_FORMAT


def test_a_leaf_of_next_month_is_refused_where_its_issuer_is_revoked_today(tmp_path):
    # given a sub-CA that its responder has revoked; what it says is too old in a month
    store = station(tmp_path)
    above = world()["CPO_SUB_CA1"]
    der = pki.ocsp_response(SUB.certificate, above, period=pki.Period.around(NOW), status=Said.REVOKED)
    data = to_message(hash_data(SUB.certificate, above.certificate))
    assert store.update_ocsp_cache(data, base64.b64encode(der).decode(), now=NOW) is OcspUpdate.STORED
    # when
    leaf = leaf_for(new_key(store, tmp_path), start=NOW + 30 * DAY, end=NOW + 900 * DAY)
    result = store.update_leaf_certificate(text(leaf, *SUB.chain), Leaf.V2G, now=NOW)
    # then
    assert result is Result.INVALID_CERTIFICATE_CHAIN


def test_a_leaf_may_be_installed_before_its_time(tmp_path):
    store = station(tmp_path)
    leaf = leaf_for(new_key(store, tmp_path), start=NOW + DAY, end=NOW + 900 * DAY)

    result = store.update_leaf_certificate(text(leaf, *SUB.chain), Leaf.V2G, now=NOW)

    assert result is Result.ACCEPTED


def test_a_leaf_whose_sub_ca_ends_before_it_begins_is_expired(tmp_path):
    store = station(tmp_path)
    start = NOW + timedelta(days=1461)
    leaf = leaf_for(new_key(store, tmp_path), start=start, end=start + DAY)

    assert store.update_leaf_certificate(text(leaf, *SUB.chain), Leaf.V2G, now=NOW) is Result.EXPIRED


def test_a_full_store_takes_no_leaf(tmp_path):
    chain = signed(requested(station(tmp_path)))
    full = opened(tmp_path, Limits(entries=9))

    result = full.update_leaf_certificate(chain, Leaf.V2G, now=NOW)

    assert result is Result.CERTIFICATE_STORE_MAX_LENGTH_EXCEEDED


@pytest.mark.parametrize("room", [100, 1000])
def test_a_full_disk_leaves_neither_leaf_nor_chain(tmp_path, room):
    store = station(tmp_path)
    chain = signed(requested(store))
    before = sorted(folder(tmp_path).iterdir())

    with file_size_limit(room):
        result = store.update_leaf_certificate(chain, Leaf.V2G, now=NOW)

    assert result is Result.WRITE_ERROR
    assert sorted(folder(tmp_path).iterdir()) == before
    assert store.update_leaf_certificate(chain, Leaf.V2G, now=NOW) is Result.ACCEPTED


def test_a_store_that_stays_busy_is_a_write_error(tmp_path, monkeypatch):
    store = station(tmp_path)
    chain = signed(requested(store))

    def busy(state):
        raise StoreError(StoreProblem.BUSY, str(state))

    monkeypatch.setattr(files, "locked", busy)

    assert store.update_leaf_certificate(chain, Leaf.V2G, now=NOW) is Result.WRITE_ERROR
    assert ask(store).status is Status.KEY_GEN_ERROR


def test_every_result_of_an_update_has_its_case():
    shown = {expected for _, _, expected in refused_cases().values()}

    assert shown | {
        Result.ACCEPTED, Result.INVALID_COMMON_NAME, Result.CERTIFICATE_STORE_MAX_LENGTH_EXCEEDED,
    } == set(Result)  # fmt: skip


def test_keys_of_requests_bear_the_time_they_were_made(tmp_path):
    requested(opened(provision(tmp_path)))

    assert list(folder(tmp_path).glob("SECC_LEAF_20261121T120000Z_*.key"))
