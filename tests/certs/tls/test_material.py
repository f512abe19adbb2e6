import pickle
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs import pki
from certs.errors import CertificateError, Problem
from certs.hashes import HashAlgorithm
from certs.keys import key_to_pem
from certs.pem import to_pem
from certs.tls import ClientMaterial, Edition, Identity, ServerMaterial, load_identity
from certs.tls.material import MAX_CHAIN
from tests.support.tls import LATER, NOW, oem_roots, secc, staple_of, v2g_roots, world


def secrets_of(key):
    raw = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return {str(key.private_numbers().private_value), raw.hex(), repr(raw)}


@pytest.mark.parametrize(
    ("name", "edition"),
    [("SECC_LEAF", Edition.ISO2), ("SECC_LEAF_20", Edition.ISO20)],
)
def test_an_identity_knows_its_edition(name, edition):
    assert secc(name).edition is edition


def test_a_repr_does_not_show_the_key():
    shown = repr(secc()) + repr(ServerMaterial(identities=(secc(),)))

    assert "key" not in shown.replace("key_id", "")
    assert not any(secret in shown for secret in secrets_of(secc().key))


def test_an_identity_cannot_be_pickled_away_with_its_key():
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(secc())


def test_a_chain_comes_from_pem_in_any_order():
    made = world()["SECC_LEAF"]
    chain = to_pem(reversed(made.path))

    loaded = load_identity(chain, key_to_pem(made.key), root=made.path[-1])

    assert loaded.certificates == made.chain


@pytest.mark.parametrize(
    ("password", "problem"),
    [(None, Problem.PASSWORD_MISSING), (b"hunter3-wrong", Problem.PASSWORD_WRONG)],
)
def test_an_encrypted_key_needs_its_password(password, problem):
    made = world()["SECC_LEAF"]
    key = key_to_pem(made.key, b"hunter2")

    assert load_identity(to_pem(made.chain), key, b"hunter2").leaf == made.certificate
    with pytest.raises(CertificateError) as caught:
        load_identity(to_pem(made.chain), key, password)
    assert caught.value.problem is problem
    assert "hunter" not in repr(caught.value)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param({"certificates": ()}, Problem.EMPTY, id="no certificate"),
        pytest.param(
            {"certificates": (world()["SECC_LEAF"].certificate,) * (MAX_CHAIN + 1)},
            Problem.TOO_MANY,
            id="too many",
        ),
        pytest.param({"key": world()["MO_LEAF"].key}, Problem.OTHER_CERTIFICATE, id="another key"),
        pytest.param({"staple": b"garbage"}, Problem.MALFORMED, id="garbage staple"),
        pytest.param({"staple": staple_of("MO_LEAF")}, Problem.OTHER_CERTIFICATE, id="another's staple"),
        pytest.param(
            {"certificates": (world()["SECC_LEAF"].certificate,), "staple": staple_of("SECC_LEAF")},
            Problem.OTHER_CERTIFICATE,
            id="staple without issuer",
        ),
    ],
)
def test_an_identity_that_cannot_serve_is_refused(changes, problem):
    made = world()["SECC_LEAF"]

    with pytest.raises(CertificateError) as caught:
        Identity(**{"certificates": made.chain, "key": made.key} | changes)

    assert caught.value.problem is problem


@pytest.mark.parametrize("algorithm", list(HashAlgorithm))
def test_a_staple_may_use_any_hash(algorithm):
    made = world()["SECC_LEAF"]
    staple = staple_of("SECC_LEAF", algorithm=algorithm)

    identity = Identity(certificates=made.chain, key=made.key, staple=staple)

    assert identity.fresh_staple(NOW) == staple


def test_the_issuer_of_a_leaf_below_the_root_is_the_root():
    made = world()["CSMS_SERVER"]
    staple = staple_of("CSMS_SERVER")

    identity = Identity(certificates=made.chain, key=made.key, root=made.path[-1], staple=staple)

    assert identity.fresh_staple(NOW) == staple


def test_a_stale_staple_is_not_shown():
    assert secc().fresh_staple(NOW + pki.status.PERIOD + timedelta(days=1)) is None
    assert secc(stapled=False).fresh_staple(NOW) is None


@pytest.mark.parametrize("name", ["SECC_LEAF", "SECC_LEAF_20"])
def test_a_staple_somebody_else_has_signed_is_not_shown(name):
    made, stranger = world()[name], world()["MO_SUB_CA2"]
    forged = pki.ocsp_response(
        made.certificate, made.issuer, period=pki.Period.around(NOW), responder=stranger
    )
    identity = Identity(certificates=made.chain, key=made.key, staple=forged)

    assert identity.fresh_staple(NOW) is None


def test_a_staple_with_a_broken_signature_is_not_shown():
    made = world()["SECC_LEAF"]
    staple = bytearray(staple_of("SECC_LEAF"))
    staple[-1] ^= 1

    assert Identity(certificates=made.chain, key=made.key, staple=bytes(staple)).fresh_staple(NOW) is None


def test_a_staple_is_shown_as_long_as_its_responder_may_answer():
    made, mint = world()["SECC_LEAF"], pki.insecure_mint("responder", 7000)
    delegate = pki.responder(made.issuer, mint, now=NOW, days=1)
    staple = pki.ocsp_response(
        made.certificate, made.issuer, period=pki.Period.around(NOW), responder=delegate
    )
    identity = Identity(certificates=made.chain, key=made.key, staple=staple)

    assert identity.fresh_staple(NOW) == staple
    assert identity.fresh_staple(NOW + timedelta(days=2)) is None


def test_a_staple_of_tomorrow_is_not_shown_today():
    made = world()["SECC_LEAF"]
    period = pki.Period.around(NOW + timedelta(days=1))
    staple = pki.ocsp_response(made.certificate, made.issuer, period=period)

    assert Identity(certificates=made.chain, key=made.key, staple=staple).fresh_staple(NOW) is None


@pytest.mark.parametrize(("now", "valid"), [(NOW, True), (LATER, False), (NOW - timedelta(days=1), False)])
def test_an_identity_is_valid_while_all_its_certificates_are(now, valid):
    assert secc().is_valid(now) is valid


def test_material_keeps_the_editions_apart():
    material = ServerMaterial(identities=(secc(), secc("SECC_LEAF_20")), vehicle_roots=oem_roots())

    assert material.of(Edition.ISO20) == (secc("SECC_LEAF_20"),)


def test_a_key_no_edition_allows_is_refused():
    made = pki.build(pki.Options(now=NOW, ocpp_kind=pki.hierarchies.KeyKind.P384))["CSMS_SERVER"]

    with pytest.raises(CertificateError) as caught:
        ServerMaterial(identities=(Identity(certificates=made.chain, key=made.key),))

    assert caught.value.problem is Problem.UNSUPPORTED_KEY


def test_mutual_tls_needs_roots_for_vehicles():
    with pytest.raises(CertificateError, match="root for vehicle"):
        ServerMaterial(identities=(secc("SECC_LEAF_20"),))


def test_a_car_has_to_speak_some_edition():
    with pytest.raises(CertificateError, match="no edition"):
        ClientMaterial(roots=v2g_roots(), editions=frozenset())
