import base64
import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from certs import pem, pki
from certs.hashes import HashAlgorithm, hash_data
from certs.ocsp import MAX_RESPONSE_BYTES, Status
from certs.ocsp_cache import read_hash_file
from certs.store import OcspUpdate
from certs.store.hash_types import to_message
from tests.support.der import without_version
from tests.support.disk import file_size_limit
from tests.support.stores import (
    DAY,
    NOW,
    PEM,
    Ca,
    Leaf,
    add_leaf,
    chain_text,
    opened,
    other_world,
    provision,
    put,
    station,
    text,
    tree,
    world,
)  # fmt: skip

LEAF, SUB1, SUB2, ROOT = (
    world()[name] for name in ("SECC_LEAF", "CPO_SUB_CA1", "CPO_SUB_CA2", "V2G_ROOT_CA")
)
HOUR = timedelta(hours=1)
URL = "http://127.0.0.1:8888"


def asked(data):
    return [(one.certificate_hash_data, one.responder_url) for one in data.ocsp_request_data_list]


def expected(*path):
    return [
        (to_message(hash_data(one.certificate, above.certificate)), URL)
        for one, above in itertools.pairwise(path)
    ]


def answer(identity=LEAF, issuer=SUB2, **more):
    period = more.pop("period", pki.Period.around(NOW))
    return pki.ocsp_response(identity.certificate, issuer, period=period, **more)


def update(store, der, identity=LEAF, issuer=SUB2, algorithm=HashAlgorithm.SHA256, now=NOW):
    data = to_message(hash_data(identity.certificate, issuer.certificate, algorithm))
    given = base64.b64encode(der).decode() if isinstance(der, bytes) else der
    return store.update_ocsp_cache(data, given, now=now)


def kept(root, folder="client/cso/ocsp"):
    return sorted(path.suffix for path in (root / folder).glob("*"))


def test_every_link_of_the_station_is_asked_about(tmp_path):
    assert asked(station(tmp_path).get_v2g_ocsp_request_data(now=NOW)) == expected(LEAF, SUB2, SUB1, ROOT)


def test_links_two_leaves_share_are_asked_about_once(tmp_path):
    other = add_leaf(provision(tmp_path), "other")

    data = asked(opened(tmp_path).get_v2g_ocsp_request_data(now=NOW))

    assert len(data) == 4
    assert f"{other.serial_number:x}" in {one.serial_number for one, _ in data}


def test_a_leaf_of_tomorrow_is_asked_about_already(tmp_path):
    add_leaf(provision(tmp_path, ("ca/",)), "a", start=NOW + DAY)

    assert len(asked(opened(tmp_path).get_v2g_ocsp_request_data(now=NOW))) == 3


@pytest.mark.parametrize(
    "changes",
    [{"end": NOW - DAY, "start": NOW - 9 * DAY}, {"with_key": False}],
    ids=["expired", "without key"],
)
def test_a_leaf_that_is_not_used_is_not_asked_about(tmp_path, changes):
    add_leaf(provision(tmp_path, ("ca/",)), "a", **changes)

    assert asked(opened(tmp_path).get_v2g_ocsp_request_data(now=NOW)) == []


def test_without_responder_url_nothing_is_asked(tmp_path):
    add_leaf(provision(tmp_path, ("ca/",)), "a", ocsp_url=None)

    assert asked(opened(tmp_path).get_v2g_ocsp_request_data(now=NOW)) == expected(SUB2, SUB1, ROOT)


def test_a_url_too_long_for_the_message_is_left_out(tmp_path):
    add_leaf(provision(tmp_path, ("ca/",)), "a", ocsp_url="http://" + "x" * 512)

    assert len(asked(opened(tmp_path).get_v2g_ocsp_request_data(now=NOW))) == 2


def test_without_installed_root_nothing_is_asked(tmp_path):
    assert asked(opened(provision(tmp_path, ("client/",))).get_v2g_ocsp_request_data(now=NOW)) == []


def test_below_an_expired_root_nothing_is_asked(tmp_path):
    store = station(tmp_path)

    assert asked(store.get_v2g_ocsp_request_data(now=NOW + 14601 * DAY)) == []
    assert asked(store.get_mo_ocsp_request_data(chain_text("MO_LEAF"), now=NOW + 14601 * DAY)) == []


def test_every_link_of_a_contract_is_asked_about(tmp_path):
    names = ("MO_LEAF", "MO_SUB_CA2", "MO_SUB_CA1", "MO_ROOT_CA")

    data = station(tmp_path).get_mo_ocsp_request_data(chain_text("MO_LEAF"), now=NOW)

    assert asked(data) == expected(*(world()[name] for name in names))


def test_an_expired_contract_is_asked_about_all_the_same(tmp_path):
    store = station(tmp_path)

    assert len(asked(store.get_mo_ocsp_request_data(chain_text("MO_LEAF"), now=NOW + 400 * DAY))) == 3


def test_a_contract_below_a_v2g_root_is_asked_about(tmp_path):
    chain = text(LEAF.certificate, *SUB2.chain)

    assert len(asked(station(tmp_path).get_mo_ocsp_request_data(chain, now=NOW))) == 3


ODD = pem.load_der(without_version(pem.to_der(ROOT.certificate)))


@pytest.mark.parametrize(
    "chain",
    [
        "garbage",
        "",
        text(world()["MO_LEAF"].certificate),
        text(*other_world()["MO_LEAF"].path),
        text(ODD),
    ],
    ids=["garbage", "nothing", "no sub-CAs", "a stranger with its root", "unreadable"],
)
def test_a_chain_that_reaches_no_root_is_not_asked_about(tmp_path, chain):
    assert asked(station(tmp_path).get_mo_ocsp_request_data(chain, now=NOW)) == []


def test_an_unreadable_link_does_not_hide_the_others(tmp_path):
    chain = chain_text("MO_LEAF") + text(ODD)

    assert len(asked(station(tmp_path).get_mo_ocsp_request_data(chain, now=NOW))) == 3


def test_a_serial_number_too_long_is_not_asked_about(tmp_path):
    usual = world()["MO_LEAF"].certificate
    builder = x509.CertificateBuilder(
        issuer_name=usual.issuer,
        subject_name=usual.subject,
        public_key=usual.public_key(),
        not_valid_before=usual.not_valid_before_utc.replace(tzinfo=None),
        not_valid_after=usual.not_valid_after_utc.replace(tzinfo=None),
        extensions=list(usual.extensions),
    )
    builder._serial_number = 1 << 168  # the public setter keeps to 20 bytes
    long = builder.sign(world()["MO_SUB_CA2"].key, hashes.SHA256())

    data = station(tmp_path).get_mo_ocsp_request_data(text(long, *world()["MO_SUB_CA2"].chain), now=NOW)

    assert asked(data) == []


def test_an_answer_is_kept_beside_the_leaf(tmp_path):
    store = station(tmp_path)

    given = answer()

    assert update(store, given) is OcspUpdate.STORED

    (der,) = (tmp_path / "client/cso/ocsp").glob("*.der")
    assert der.read_bytes() == given
    assert read_hash_file(der.with_suffix(".hash").read_bytes()) == hash_data(
        LEAF.certificate, SUB2.certificate
    )


def test_a_newer_answer_takes_the_place_of_the_older(tmp_path):
    store = station(tmp_path)
    update(store, answer())
    newer = answer(period=pki.Period.around(NOW + DAY))

    assert update(store, newer, algorithm=HashAlgorithm.SHA512, now=NOW + DAY) is OcspUpdate.STORED

    assert kept(tmp_path) == [".der", ".hash"]
    (der,) = (tmp_path / "client/cso/ocsp").glob("*.der")
    assert der.read_bytes() == newer


def test_a_sub_ca_of_the_bundle_has_its_answers_there(tmp_path):
    store = station(tmp_path)
    sub = world()["MO_SUB_CA1"]
    store.install_ca_certificate(text(sub.certificate), Ca.MO, now=NOW)

    root = world()["MO_ROOT_CA"]
    assert update(store, answer(sub, root), sub, root) is OcspUpdate.STORED
    assert kept(tmp_path, "ca/mo/ocsp") == [".der", ".hash"]


REFUSED = {
    "garbage": lambda: b"garbage",
    "not base64": lambda: "!!",
    "far too long": lambda: "A" * (2 * MAX_RESPONSE_BYTES + 1),
    "a responder's error": pki.refusal,
    "another certificate": lambda: answer(SUB2, SUB1),
    "a stranger's signature": lambda: answer(responder=world()["MO_SUB_CA2"]),
    "stale": lambda: answer(period=pki.Period.around(NOW - 30 * DAY)),
    "from the future": lambda: answer(period=pki.Period.around(NOW + 30 * DAY)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_answer_that_cannot_be_relied_on_is_refused(tmp_path, case):
    assert update(station(tmp_path), REFUSED[case]()) is OcspUpdate.REFUSED
    assert not (tmp_path / "client/cso/ocsp").exists()


def test_a_revocation_is_an_answer_like_others(tmp_path):
    assert update(station(tmp_path), answer(status=Status.REVOKED)) is OcspUpdate.STORED


def made(hours, status, **more):
    """An answer made so many hours ago."""
    return answer(period=pki.Period.around(NOW - hours * HOUR), status=status, **more)


GOOD, REVOKED, UNKNOWN = Status.GOOD, Status.REVOKED, Status.UNKNOWN
SUPERSEDED, STORED = OcspUpdate.SUPERSEDED, OcspUpdate.STORED


@pytest.mark.parametrize(
    ("kept_one", "given", "expected"),
    [
        ((1, REVOKED), (72, GOOD), SUPERSEDED),
        ((1, REVOKED), (1, GOOD), SUPERSEDED),
        ((1, GOOD), (1, REVOKED), STORED),
        ((1, GOOD), (1, GOOD), STORED),
        ((1, GOOD), (72, REVOKED), SUPERSEDED),
        ((72, REVOKED), (1, GOOD), STORED),
        ((72, REVOKED), (1, UNKNOWN), SUPERSEDED),
        ((72, GOOD), (1, UNKNOWN), SUPERSEDED),
        ((1, UNKNOWN), (72, GOOD), STORED),
        ((1, UNKNOWN), (72, UNKNOWN), SUPERSEDED),
        ((72, UNKNOWN), (1, UNKNOWN), STORED),
    ],
)
def test_no_older_answer_and_nothing_unknown_replaces_what_is_known(tmp_path, kept_one, given, expected):
    store = station(tmp_path)
    before, after = made(*kept_one), made(*given)
    assert update(store, before) is STORED

    assert update(store, after) is expected

    (der,) = (tmp_path / "client/cso/ocsp").glob("*.der")
    assert der.read_bytes() == (after if expected is STORED else before)


def test_a_replayed_answer_does_not_take_a_revocation_back(tmp_path):
    store = station(tmp_path)
    update(store, made(1, REVOKED))

    update(store, made(72, GOOD))

    assert store.verify_certificate(chain_text("SECC_LEAF"), [Leaf.V2G], now=NOW) == "InvalidChain"


def test_a_stale_answer_gives_way_to_anything_fresh(tmp_path):
    store = station(tmp_path)
    update(store, answer(status=REVOKED))
    later = NOW + 9 * DAY

    assert update(store, answer(period=pki.Period.around(later), status=UNKNOWN), now=later) is STORED


def test_an_answer_in_the_folder_that_is_not_verified_outweighs_nothing(tmp_path):
    store = station(tmp_path)
    update(store, made(72, GOOD))
    (der,) = (tmp_path / "client/cso/ocsp").glob("*.der")
    der.write_bytes(made(1, REVOKED, responder=world()["MO_SUB_CA2"]))

    assert update(store, made(72, GOOD)) is STORED


def test_an_answer_about_a_stranger_is_not_kept(tmp_path):
    assert update(opened(tmp_path), answer()) is OcspUpdate.UNKNOWN_CERTIFICATE


def test_hash_data_that_are_none_are_refused(tmp_path):
    data = replace(to_message(hash_data(LEAF.certificate, SUB2.certificate)), serial_number="none")

    assert station(tmp_path).update_ocsp_cache(data, "", now=NOW) is OcspUpdate.REFUSED


def test_a_full_disk_keeps_neither_answer_nor_hash(tmp_path):
    store = station(tmp_path)

    with file_size_limit(300):
        result = update(store, answer())

    assert result is OcspUpdate.WRITE_ERROR
    assert kept(tmp_path) == []
    assert update(store, answer()) is OcspUpdate.STORED


@pytest.mark.parametrize("with_old", [True, False])
def test_a_folder_of_answers_that_leads_elsewhere_is_not_followed(tmp_path, with_old):
    # given
    root, elsewhere = provision(tmp_path / "certs"), tmp_path / "elsewhere"
    if with_old:
        update(opened(root), answer())
        (root / "client/cso/ocsp").rename(elsewhere)
    elsewhere.mkdir(exist_ok=True)
    put(elsewhere / ".evsite-of-somebody", "")
    before = tree(elsewhere)
    # when
    (root / "client/cso/ocsp").symlink_to(elsewhere)
    store = opened(root)
    # then
    assert update(store, answer(period=pki.Period.around(NOW + HOUR))) is OcspUpdate.WRITE_ERROR
    assert tree(elsewhere) == before
    assert (root / "client/cso/ocsp", "a link out of the store") in store.troubles()


def test_a_folder_of_answers_may_be_a_link_inside_the_store(tmp_path):
    root = provision(tmp_path)
    (root / "answers").mkdir()
    (root / "client/cso/ocsp").symlink_to(root / "answers")
    store = opened(root)

    assert update(store, answer()) is OcspUpdate.STORED
    assert kept(root, "answers") == [".der", ".hash"]
    assert store.troubles() == ()


def test_spaces_in_base64_do_not_matter(tmp_path):
    spread = base64.encodebytes(answer()).decode()

    assert update(station(tmp_path), spread) is OcspUpdate.STORED


def test_answers_of_an_everest_directory_are_used(tmp_path):
    data = hash_data(LEAF.certificate, SUB2.certificate)
    joined = data.issuer_name_hash + data.issuer_key_hash + data.serial_number
    provision(tmp_path)
    put(tmp_path / "client/cso/ocsp/theirs.der", answer())
    put(tmp_path / "client/cso/ocsp/theirs.hash", joined)

    found = opened(tmp_path).get_leaf_certificate_info(Leaf.V2G, PEM, include_ocsp=True, now=NOW)

    assert found.info.ocsp[0].ocsp_path == str(tmp_path / "client/cso/ocsp/theirs.der")
