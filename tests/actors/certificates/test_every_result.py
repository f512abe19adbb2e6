"""Every command of the interface with every result it has, through manager and workers (M8.6)."""

import base64
import os
import re
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from actors.certificates import messages
from actors.certificates.commands import ROWS
from certs import pem, pki
from certs.hashes import hash_data
from certs.keys import KeyKind, generate_key
from certs.pki.hierarchies import contents
from certs.profiles import Domain
from certs.store.hash_types import to_message
from protocols.interfaces import evse_security as say
from protocols.message import Failure, Reply
from protocols.types import evse_security as types
from tests.support.disk import file_size_limit
from tests.support.managers import Stage
from tests.support.stores import (
    DAY,
    NOW,
    PEM,
    STATION,
    Ca,
    Kind,
    Leaf,
    add_leaf,
    chain_text,
    leaf_for,
    opened,
    other_world,
    provision,
    put,
    requested,
    signed,
    text,
    world,
)  # fmt: skip

ROOT, SUB1, SUB2 = (world()[name] for name in ("V2G_ROOT_CA", "CPO_SUB_CA1", "CPO_SUB_CA2"))
MO, MO_SUB, CSMS = world()["MO_LEAF"], world()["MO_SUB_CA2"], world()["CSMS_LEAF"]
FULL = 2000
"""Files."""


@dataclass
class Case:
    """A command in a store, and its outcome as text."""

    outcome: str
    command: Any
    """The command, or what makes it from the folder of the store."""
    have: tuple[str, ...] = STATION
    prepare: Any = None
    """Done to the folder before the start."""
    full_disk: bool = False


def made(name, issuer=None, key=None, **changes):
    usual = contents(world().rows[name], world().options, pki.Edition.ISO2)
    return world().mint.identity("MADE", replace(usual, **changes), issuer, key=key)


def bent(certificate):
    der = bytearray(pem.to_der(certificate))
    der[-1] ^= 1
    return pem.load_der(bytes(der))


def fill(root):
    for number in range(FULL):
        put(root / f"client/cso/{number}.pem", "")


def ca(certificate, kind=Ca.V2G):
    given = certificate if isinstance(certificate, str) else text(certificate)
    return say.InstallCaCertificate(certificate=given, certificate_type=kind)


OLD = {"not_before": NOW - 9 * DAY, "not_after": NOW - DAY}
STRANGER = other_world()["V2G_ROOT_CA"].certificate
INSTALL = [
    Case("Accepted", lambda _: ca(STRANGER)),
    Case("Expired", lambda _: ca(made("V2G_ROOT_CA", **OLD).certificate)),
    Case("InvalidFormat", lambda _: ca("garbage")),
    Case("InvalidSignature", lambda _: ca(bent(ROOT.certificate))),
    Case("InvalidCertificateChain", lambda _: ca(world()["SECC_LEAF"].certificate)),
    Case(
        "InvalidCommonName",
        lambda _: ca(made("V2G_ROOT_CA", subject=type(ROOT.certificate.subject)([])).certificate),
    ),
    Case("NoRootCertificateInstalled", lambda _: ca(other_world()["CPO_SUB_CA1"].certificate)),
    Case(
        "CertificateStoreMaxLengthExceeded", lambda _: ca(STRANGER),
        prepare=fill,
    ),
    Case("WriteError", lambda _: ca(STRANGER), full_disk=True),
]  # fmt: skip


def key_in(root):
    key = generate_key(KeyKind.P256)
    from certs.keys import key_to_pem

    put(root / "client/cso/MINE.key", key_to_pem(key), 0o600)
    return key


def leaf(chain, kind=Leaf.V2G):
    return say.UpdateLeafCertificate(certificate_chain=chain, certificate_type=kind)


def own(root, **changes):
    return leaf(text(leaf_for(key_in(root), **changes), *SUB2.chain))


UPDATE = [
    Case("Accepted", own),
    Case("Accepted", lambda root: leaf(signed(requested(opened(root), Leaf.CSMS), Leaf.CSMS), Leaf.CSMS)),
    Case("Expired", lambda root: own(root, start=NOW - 9 * DAY, end=NOW - DAY)),
    Case("InvalidFormat", lambda _: leaf("garbage")),
    Case(
        "InvalidSignature",
        lambda root: leaf(text(bent(leaf_for(key_in(root))), *SUB2.chain)),
    ),
    Case("InvalidCertificateChain", lambda root: own(root, common_name="x", component=None)),
    Case("InvalidCommonName", lambda root: leaf(text(*nameless(root)))),
    Case("NoRootCertificateInstalled", own, have=("client/",)),
    Case("CertificateStoreMaxLengthExceeded", own, prepare=fill),
    Case("WriteError", lambda _: leaf(chain_text("MO_LEAF"), Leaf.MO)),
    Case("WriteError", own, full_disk=True),
]


def nameless(root):
    usual = contents(world().rows["SECC_LEAF"], world().options, pki.Edition.ISO2)
    name = world()["SECC_LEAF"].certificate.subject
    subject = type(name)([one for one in name if one.rfc4514_attribute_name == "DC"])
    changed = replace(usual, subject=subject)
    one = pki.issue(changed, key_in(root).public_key(), SUB2, SUB2.key, next(world().mint.serials))
    return (one, *SUB2.chain)


def contract(**changes):
    return text(*made("MO_LEAF", MO_SUB, MO.key, **changes).chain)


def verify(chain, *kinds):
    return say.VerifyCertificate(certificate_chain=chain, certificate_types=kinds or (Leaf.MO,))


VERIFY = [
    Case("Valid", verify(chain_text("MO_LEAF"))),
    Case("Valid", verify(chain_text("MO_LEAF"), Leaf.MO, Leaf.V2G)),
    Case("Valid", verify(chain_text("SECC_LEAF"), Leaf.V2G)),
    Case("Valid", verify(chain_text("CSMS_LEAF"), Leaf.CSMS)),
    Case("Valid", verify(chain_text("MF_LEAF"), Leaf.MF)),
    Case("Expired", lambda _: verify(contract(**OLD))),
    Case("InvalidLeafSignature", verify(text(bent(MO.certificate), *MO_SUB.chain))),
    Case("InvalidSignature", verify(text(MO.certificate, bent(MO_SUB.certificate), *MO_SUB.chain[1:]))),
    Case("IssuerNotFound", verify(text(MO.certificate))),
    Case("IssuerNotFound", verify(text(*other_world()["MO_LEAF"].path))),
    Case("InvalidChain", lambda _: verify(contract(usages=frozenset({"crl_sign"})))),
    Case("Unknown", verify("garbage")),
    Case("Unknown", lambda _: verify(contract(not_before=NOW + DAY, not_after=NOW + 9 * DAY))),
]


def delete(one, above):
    data = to_message(hash_data(one.certificate, above.certificate))
    return say.DeleteCertificate(certificate_hash_data=data)


DELETE = [
    Case("Accepted", delete(ROOT, ROOT)),
    Case("Accepted", delete(world()["SECC_LEAF"], SUB2)),
    Case("Failed", delete(CSMS, CSMS.issuer)),
    Case("Failed", delete(world()["SECC_LEAF"], SUB2), full_disk=True),
    Case("NotFound", delete(other_world()["V2G_ROOT_CA"], other_world()["V2G_ROOT_CA"])),
]


def revoked(one=MO, above=MO_SUB):
    der = pki.ocsp_response(one.certificate, above, period=pki.Period.around(NOW))
    return say.UpdateOcspCache(
        certificate_hash_data=to_message(hash_data(one.certificate, above.certificate)),
        ocsp_response=base64.b64encode(der).decode(),
    )


SECC_ANSWER = revoked(world()["SECC_LEAF"], SUB2)
OCSP = [
    Case("done", SECC_ANSWER),
    Case("Failure Invalid", revoked(other_world()["SECC_LEAF"], other_world()["CPO_SUB_CA2"])),
    Case("Failure Invalid", replace(SECC_ANSWER, ocsp_response="no base64")),
    Case("Failure Unavailable", SECC_ANSWER, full_disk=True),
    Case("1 requests", say.GetV2gOcspRequestData(), have=("ca/v2g", "client/cso")),
    Case("0 requests", say.GetV2gOcspRequestData(), have=()),
    Case("1 requests", say.GetMoOcspRequestData(certificate_chain=chain_text("MO_LEAF"))),
    Case("0 requests", say.GetMoOcspRequestData(certificate_chain=chain_text("MO_LEAF")), have=()),
    Case("0 requests", say.GetMoOcspRequestData(certificate_chain="garbage")),
]


def request(kind=Leaf.V2G, *, use_tpm=False, country="DE"):
    return say.GenerateCertificateSigningRequest(
        certificate_type=kind, country=country, organization="O", common="E1", use_tpm=use_tpm
    )


def request20(*, use_tpm=False, country="DE"):
    return messages.GenerateIso20SigningRequest(
        country=country, organization="O", common="E1", use_tpm=use_tpm
    )


REQUEST = [
    Case("Accepted", request(Leaf.V2G)),
    Case("Accepted", request(Leaf.CSMS)),
    Case("InvalidRequestedType", request(Leaf.MO)),
    Case("InvalidRequestedType", request(Leaf.MF)),
    Case("KeyGenError", request(use_tpm=True)),
    Case("KeyGenError", request(), full_disk=True),
    Case("GenerationError", request(country="Germany")),
    Case("GenerationError", request(country="D" * 2_000_000)),
    Case("Accepted", request20()),
    Case("KeyGenError", request20(use_tpm=True)),
    Case("GenerationError", request20(country="Germany")),
]

FROM = {
    "Accepted": {"have": STATION},
    "NotFound": {"have": ("ca/",)},
    "NotFoundValid": {
        "have": ("ca/",),
        "prepare": lambda root: add_leaf(root, "old", start=NOW - 9 * DAY, end=NOW - DAY),
    },
    "PrivateKeyNotFound": {
        "have": ("ca/",), "prepare": lambda root: add_leaf(root, "keyless", with_key=False),
    },
}  # fmt: skip
ONE = {"certificate_type": Leaf.V2G, "encoding": PEM, "include_ocsp": True}
INFO = [
    *(Case(name, say.GetLeafCertificateInfo(**ONE), **how) for name, how in FROM.items()),
    Case("Rejected", say.GetLeafCertificateInfo(**ONE | {"certificate_type": Leaf.MO})),
    *(Case(name, say.GetAllValidCertificatesInfo(**ONE), **how) for name, how in FROM.items()),
    Case("Rejected", say.GetAllValidCertificatesInfo(**ONE | {"certificate_type": Leaf.MF})),
    *(Case(name, messages.GetSeccCertificates(secc_id="x"), **how) for name, how in FROM.items()),
]

LISTED = [Case("Accepted", say.GetInstalledCertificates(certificate_types=(kind,))) for kind in Kind] + [
    Case("NotFound", say.GetInstalledCertificates(certificate_types=(kind,)), have=()) for kind in Kind
]

FILES = [
    Case(outcome, kind(certificate_type=domain), have=have)
    for kind in (say.GetVerifyFile, say.GetVerifyLocation)
    for domain in Ca
    for outcome, have in (("a path", STATION), ("no path", ()))
]

ASKED = [
    Case("some certificates", messages.ListCertificates()),
    Case("no certificates", messages.ListCertificates(), have=()),
    *(Case("yes", say.IsCaCertificateInstalled(certificate_type=one)) for one in Ca),
    *(Case("no", say.IsCaCertificateInstalled(certificate_type=one), have=()) for one in Ca),
    *(Case("some days", say.GetLeafExpiryDaysCount(certificate_type=one)) for one in (Leaf.V2G, Leaf.CSMS)),
    *(Case("no days", say.GetLeafExpiryDaysCount(certificate_type=one), have=()) for one in Leaf),
]


def firmware(root, content=b"firmware"):
    put(root / "firmware", b"firmware")
    signature = world()["MF_LEAF"].key.sign(content, ec.ECDSA(hashes.SHA256()))
    return say.VerifyFileSignature(
        file_path=str(root / "firmware"),
        signing_certificate=text(world()["MF_LEAF"].certificate),
        signature=base64.b64encode(signature).decode(),
    )


OTHERS = [
    Case("yes", firmware),
    Case("no", lambda root: firmware(root, b"other")),
    Case("no", lambda root: replace(firmware(root), file_path="/nowhere")),
    Case("Valid", messages.Verify(certificates=tuple(map(pem.to_der, MO.chain)), domains=(Domain.MO,))),
    Case("Unknown", messages.Verify(certificates=(), domains=(Domain.MO,))),
]

CASES = [*INSTALL, *UPDATE, *VERIFY, *DELETE, *OCSP, *REQUEST, *INFO, *LISTED, *FILES, *ASKED, *OTHERS]


def requests(reply):
    return f"{min(1, len(reply.request_data.ocsp_request_data_list))} requests"


OUTCOMES = {
    say.GetV2gOcspRequestDataReply: requests,
    say.GetMoOcspRequestDataReply: requests,
    say.GetVerifyFileReply: lambda one: "a path" if os.path.exists(one.path) else "no path",
    say.GetVerifyLocationReply: lambda one: "a path" if os.path.exists(one.path) else "no path",
    messages.ListCertificatesReply: lambda one: f"{'some' if one.certificates else 'no'} certificates",
    say.GetLeafExpiryDaysCountReply: lambda one: "some days" if one.days > 0 else "no days",
    say.IsCaCertificateInstalledReply: lambda one: "yes" if one.installed else "no",
    say.VerifyFileSignatureReply: lambda one: "yes" if one.valid else "no",
    Failure: lambda one: f"Failure {one.reason}",
    Reply: lambda _: "done",
}
"""How the table says what has no result value."""


def outcome_of(reply):
    said = OUTCOMES.get(type(reply))
    return said(reply) if said else str(getattr(reply.result, "status", reply.result))


def command_of(case, root):
    return case.command(root) if callable(case.command) else case.command


def name_of(number):
    return re.sub(r"\W+", "-", f"{number}-{CASES[number].outcome}")


@pytest.mark.parametrize("number", range(len(CASES)), ids=name_of)
def test_each_command_has_each_of_its_results(tmp_path, number):
    case, root = CASES[number], tmp_path / "certs"
    root.mkdir()
    if case.have:
        provision(root, case.have)
    if case.prepare is not None:
        case.prepare(root)
    command = command_of(case, root)
    stage = Stage(tmp_path)

    with file_size_limit(0) if case.full_disk else nullcontext():
        number = stage.post(command)
        stage.simulation.run()
    stage.pass_time(1)

    (reply,) = stage.answers_to(number)
    assert outcome_of(reply) == case.outcome


def kind_of(case, tmp):
    return type(command_of(case, tmp))


def test_the_table_has_every_value_of_every_result(tmp_path):
    found = {}
    for case in CASES:
        found.setdefault(kind_of(case, tmp_path), set()).add(case.outcome)

    assert set(found) == set(ROWS)
    assert found[say.InstallCaCertificate] == set(types.InstallCertificateResult)
    assert found[say.UpdateLeafCertificate] == set(types.InstallCertificateResult)
    assert found[say.VerifyCertificate] == set(types.CertificateValidationResult)
    assert found[say.DeleteCertificate] == set(types.DeleteCertificateResult)
    assert found[say.GetInstalledCertificates] == set(types.GetInstalledCertificatesStatus)
    assert found[say.GenerateCertificateSigningRequest] == set(types.GetCertificateSignRequestStatus)
    asked20 = set(types.GetCertificateSignRequestStatus) - {
        types.GetCertificateSignRequestStatus.INVALID_REQUESTED_TYPE
    }
    assert found[messages.GenerateIso20SigningRequest] == asked20
    assert found[say.GetLeafCertificateInfo] == set(types.GetCertificateInfoStatus)
    assert found[say.GetAllValidCertificatesInfo] == set(types.GetCertificateInfoStatus)


def test_the_clock_of_the_site_decides_what_has_expired(tmp_path):
    provision(tmp_path / "certs")
    stage = Stage(tmp_path, NOW + timedelta(days=4000))

    assert outcome_of(stage.ask(verify(chain_text("MO_LEAF")))) == "Expired"
