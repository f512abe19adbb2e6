import base64
import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs import pem, pki
from certs.hashes import hash_data
from certs.store.hash_types import to_message
from protocols.types.evse_security import EncodingFormat, GetInstalledCertificatesStatus
from protocols.types.evse_security import GetCertificateInfoStatus as Status
from tests.support.stores import (
    DAY,
    NOW,
    PEM,
    STATION,
    Kind,
    Leaf,
    add_leaf,
    listed,
    opened,
    provision,
    put,
    renewed,
    station,
    text,
    world,
)  # fmt: skip

LEAF, SUB1, SUB2, ROOT = (
    world()[name] for name in ("SECC_LEAF", "CPO_SUB_CA1", "CPO_SUB_CA2", "V2G_ROOT_CA")
)
WITHOUT_LEAVES = tuple(start for start in STATION if not start.startswith("client"))


def hashes_of(*path):
    return [
        to_message(hash_data(one.certificate, above.certificate)) for one, above in itertools.pairwise(path)
    ]


def info(store, kind=Leaf.V2G, encoding=PEM, *, include_ocsp=False, now=NOW, **more):
    return store.get_leaf_certificate_info(kind, encoding, include_ocsp=include_ocsp, now=now, **more)


def every(store, kind=Leaf.V2G, encoding=PEM, *, include_ocsp=False, now=NOW, **more):
    return store.get_all_valid_certificates_info(kind, encoding, include_ocsp=include_ocsp, now=now, **more)


def test_a_chain_is_listed_leaf_first_without_its_root(tmp_path):
    (chain,) = (
        station(tmp_path)
        .get_installed_certificates([Kind.V2G_CERTIFICATE_CHAIN], now=NOW)
        .certificate_hash_data_chain
    )

    expected = hashes_of(LEAF, SUB2, SUB1, ROOT)
    assert chain.certificate_hash_data == expected[0]
    assert chain.child_certificate_hash_data == tuple(expected[1:])


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Kind.V2G_ROOT_CERTIFICATE, "V2G_ROOT_CA"),
        (Kind.MO_ROOT_CERTIFICATE, "MO_ROOT_CA"),
        (Kind.CSMS_ROOT_CERTIFICATE, "CSMS_ROOT_CA"),
        (Kind.MF_ROOT_CERTIFICATE, "MF_ROOT_CA"),
    ],
)
def test_roots_are_listed_by_their_type(tmp_path, kind, name):
    found = station(tmp_path).get_installed_certificates([kind, kind], now=NOW)

    assert found.status is GetInstalledCertificatesStatus.ACCEPTED
    (chain,) = found.certificate_hash_data_chain
    assert chain.certificate_type is kind
    assert [chain.certificate_hash_data] == hashes_of(world()[name], world()[name])
    assert chain.child_certificate_hash_data is None


def test_sub_cas_of_a_bundle_are_not_listed(tmp_path):
    provision(tmp_path)
    bundle = tmp_path / "ca/v2g/V2G_ROOT_CA.pem"
    bundle.write_bytes(bundle.read_bytes() + text(SUB1.certificate).encode())

    assert listed(opened(tmp_path), Kind.V2G_ROOT_CERTIFICATE) == hashes_of(ROOT, ROOT)


def test_a_root_that_has_not_signed_itself_is_not_listed(tmp_path):
    der = bytearray(pem.to_der(ROOT.certificate))
    der[-1] ^= 1
    put(tmp_path / "ca/v2g/V2G_ROOT_CA.pem", text(pem.load_der(bytes(der))))

    assert listed(opened(tmp_path), Kind.V2G_ROOT_CERTIFICATE) == []


@pytest.mark.parametrize("kind", Kind)
def test_nothing_installed_is_not_found(tmp_path, kind):
    found = opened(tmp_path).get_installed_certificates([kind], now=NOW)

    assert found.status is GetInstalledCertificatesStatus.NOT_FOUND
    assert found.certificate_hash_data_chain == ()


def test_without_any_type_everything_is_listed(tmp_path):
    assert len(listed(station(tmp_path))) == 5


def test_the_leaf_in_use_is_listed_before_others(tmp_path):
    provision(tmp_path)
    future = add_leaf(tmp_path, "future", start=NOW + DAY, end=NOW + 900 * DAY)
    keyless = add_leaf(tmp_path, "keyless", with_key=False, end=NOW + 800 * DAY)

    found = [one.serial_number for one in listed(opened(tmp_path), Kind.V2G_CERTIFICATE_CHAIN)]

    serials = [LEAF.certificate.serial_number, future.serial_number, keyless.serial_number]
    assert found == [f"{one:x}" for one in serials]


def test_without_its_root_a_chain_is_listed_as_far_as_known(tmp_path):
    provision(tmp_path, ("client/cso/",))

    (chain,) = (
        opened(tmp_path)
        .get_installed_certificates([Kind.V2G_CERTIFICATE_CHAIN], now=NOW)
        .certificate_hash_data_chain
    )

    assert chain.child_certificate_hash_data == tuple(hashes_of(SUB2, SUB1))


def test_a_leaf_nobody_knows_the_issuer_of_is_not_listed(tmp_path):
    put(tmp_path / "client/cso/SECC_LEAF.pem", text(LEAF.certificate))

    assert listed(opened(tmp_path), Kind.V2G_CERTIFICATE_CHAIN) == []


@pytest.mark.parametrize("kind", [Leaf.MF, Leaf.MO])
def test_only_leaves_of_stations_can_be_asked_for(tmp_path, kind):
    store = station(tmp_path)

    assert (info(store, kind).status, every(store, kind).status) == (Status.REJECTED, Status.REJECTED)
    assert store.get_leaf_expiry_days_count(kind, now=NOW) == 0
    assert store.next_switch(kind, now=NOW) is None


def nothing(root):
    pass


def only_expired(root):
    add_leaf(root, "expired", start=NOW - 9 * DAY, end=NOW - DAY)


def only_future(root):
    add_leaf(root, "a", start=NOW + DAY)


def no_key(root):
    add_leaf(root, "a", with_key=False)
    only_expired(root)


def good(root):
    add_leaf(root, "b")
    no_key(root)


STATUSES = [
    (nothing, Status.NOT_FOUND),
    (only_expired, Status.NOT_FOUND_VALID),
    (only_future, Status.NOT_FOUND_VALID),
    (no_key, Status.PRIVATE_KEY_NOT_FOUND),
    (good, Status.ACCEPTED),
]


@pytest.mark.parametrize(("given", "expected"), STATUSES, ids=lambda one: getattr(one, "__name__", None))
def test_each_state_of_the_leaves_has_its_status(tmp_path, given, expected):
    given(provision(tmp_path, WITHOUT_LEAVES))
    store = opened(tmp_path)

    assert info(store).status is expected
    assert every(store).status is expected
    assert (info(store).info is None) is (expected is not Status.ACCEPTED)


def test_the_answer_says_where_everything_lies(tmp_path):
    found = info(station(tmp_path)).info

    assert found.key == str(tmp_path / "client/cso/SECC_LEAF.key")
    assert found.certificate == str(tmp_path / "client/cso/CPO_CERT_CHAIN.pem")
    assert found.certificate_single == str(tmp_path / "client/cso/SECC_LEAF.pem")
    assert found.certificate_root == text(ROOT.certificate)
    assert (found.certificate_count, found.password, found.ocsp) == (3, None, None)


def test_the_password_is_given_for_encrypted_keys_only(tmp_path):
    locked = opened(provision(tmp_path / "a", password=b"secret"), private_key_password="secret")
    plain = opened(provision(tmp_path / "b"), private_key_password="secret")

    assert info(locked).info.password == "secret"
    assert "secret" not in repr(info(locked)) + str(info(locked))
    assert info(plain).info.password is None


def test_a_key_the_password_does_not_open_is_missing(tmp_path):
    locked = opened(provision(tmp_path, password=b"secret"), private_key_password="other")

    assert info(locked).status is Status.PRIVATE_KEY_NOT_FOUND


def test_a_chain_alone_and_a_leaf_alone_are_told_apart(tmp_path):
    provision(tmp_path)
    (tmp_path / "client/cso/SECC_LEAF.pem").unlink()
    store = opened(tmp_path)

    assert info(store).info.certificate_single is None
    alone = info(store, Leaf.CSMS).info
    assert (alone.certificate, alone.certificate_count) == (None, 1)


def test_a_chain_of_one_has_two_files(tmp_path):
    store = station(tmp_path)
    (tmp_path / "client/csms/CSMS_LEAF.key").unlink()
    renewed(store, Leaf.CSMS)

    found = info(store, Leaf.CSMS).info

    assert "CSMS_LEAF_2" in found.certificate_single or "CSMS_LEAF_2" in found.certificate
    assert found.certificate != found.certificate_single
    assert found.certificate_count == 1


def test_without_an_installed_root_none_is_given(tmp_path):
    store = opened(provision(tmp_path, ("client/",)))

    assert info(store).info.certificate_root is None
    assert [one.certificate_root for one in every(store).info] == [None]


def test_der_is_given_only_where_everything_is_der(tmp_path):
    store = station(tmp_path)
    assert info(store, encoding=EncodingFormat.DER).status is Status.REJECTED

    key = LEAF.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    binary = opened(provision(tmp_path / "der", WITHOUT_LEAVES))
    put(tmp_path / "der/client/cso/a.der", pem.to_der(LEAF.certificate))
    put(tmp_path / "der/client/cso/a.key", key, 0o600)
    binary.changes()

    assert info(binary, encoding=EncodingFormat.DER).info.certificate_single.endswith("a.der")
    assert info(binary).status is Status.REJECTED


def test_all_valid_leaves_are_one_per_root(tmp_path):
    provision(tmp_path)
    newest = add_leaf(tmp_path, "newest", end=NOW + 900 * DAY)

    (found,) = every(opened(tmp_path)).info

    assert pem.load_certificate((tmp_path / "client/cso/newest.pem").read_bytes()) == newest
    assert found.certificate_single == str(tmp_path / "client/cso/newest.pem")


def test_leaves_nobody_has_signed_are_not_valid(tmp_path):
    provision(tmp_path, WITHOUT_LEAVES)
    add_leaf(tmp_path, "a", issuer=replace(SUB2, key=SUB1.key), with_chain=False)
    bundle = tmp_path / "ca/v2g/V2G_ROOT_CA.pem"
    bundle.write_bytes(bundle.read_bytes() + text(*SUB2.chain).encode())

    assert every(opened(tmp_path)).status is Status.NOT_FOUND_VALID


def test_every_evse_gets_the_leaf_made_out_to_it(tmp_path):
    provision(tmp_path)
    add_leaf(tmp_path, "two", common_name="DE*EVS*E000002")
    store = opened(tmp_path)

    for secc_id, name in (("DE*EVS*E000001", "SECC_LEAF"), ("DE*EVS*E000002", "two")):
        expected = str(tmp_path / f"client/cso/{name}.pem")
        assert info(store, secc_id=secc_id).info.certificate_single == expected
        assert [one.certificate_single for one in every(store, secc_id=secc_id).info] == [expected]


def test_answers_are_named_where_they_are_fresh(tmp_path):
    store = station(tmp_path)
    der = pki.ocsp_response(LEAF.certificate, SUB2, period=pki.Period.around(NOW))
    store.update_ocsp_cache(hashes_of(LEAF, SUB2)[0], base64.b64encode(der).decode(), now=NOW)

    fresh = info(store, include_ocsp=True).info.ocsp
    stale = info(store, include_ocsp=True, now=NOW + 30 * DAY).info.ocsp

    assert [one.hash for one in fresh] == hashes_of(LEAF, SUB2, SUB1, ROOT)
    (path,) = (tmp_path / "client/cso/ocsp").glob("*.der")
    assert [one.ocsp_path for one in fresh] == [str(path), None, None]
    assert [one.ocsp_path for one in stale] == [None, None, None]
    assert every(store, include_ocsp=True).info[0].ocsp == fresh


def test_of_an_unknown_issuer_no_answer_is_named(tmp_path):
    store = opened(provision(tmp_path, ("client/",)))

    assert [one.hash for one in info(store, include_ocsp=True).info.ocsp] == hashes_of(LEAF, SUB2, SUB1)


@pytest.mark.parametrize(
    ("ends", "days"),
    [(NOW + 30 * DAY, 30), (NOW + DAY - timedelta(seconds=1), 0), (NOW - DAY, 0)],
    ids=["a month", "less than a day", "over"],
)
def test_days_to_expiry_are_whole_days(tmp_path, ends, days):
    add_leaf(provision(tmp_path, WITHOUT_LEAVES), "a", start=NOW - 90 * DAY, end=ends)

    assert opened(tmp_path).get_leaf_expiry_days_count(Leaf.V2G, now=NOW) == days


def test_without_a_leaf_there_are_no_days(tmp_path):
    assert opened(tmp_path).get_leaf_expiry_days_count(Leaf.V2G, now=NOW) == 0


def test_a_renewed_leaf_counts_before_its_time(tmp_path):
    provision(tmp_path, WITHOUT_LEAVES)
    add_leaf(tmp_path, "old", end=NOW + 10 * DAY)
    add_leaf(tmp_path, "new", start=NOW + 5 * DAY, end=NOW + 100 * DAY)
    store = opened(tmp_path)

    assert store.get_leaf_expiry_days_count(Leaf.V2G, now=NOW) == 100
    assert store.next_switch(Leaf.V2G, now=NOW) == NOW + 5 * DAY


def test_two_files_of_one_leaf_are_one_leaf(tmp_path):
    provision(tmp_path)
    put(tmp_path / "client/cso/copy.pem", text(LEAF.certificate))

    assert len(listed(opened(tmp_path), Kind.V2G_CERTIFICATE_CHAIN)) == 1
