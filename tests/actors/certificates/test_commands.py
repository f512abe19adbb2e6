import base64

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import Phase, find, settings

from actors.certificates import commands, messages
from actors.certificates.commands import ROWS, announced, failed, given_bytes, refused, settled
from certs.profiles import Domain
from certs.store import changes
from protocols import interfaces
from protocols.interfaces import evse_security as say
from protocols.message import Failure, FailureReason, Reply
from protocols.types import evse_security as types
from tests.support import strategies
from tests.support.stores import NOW, opened, put, text, world

FIRST = settings(phases=[Phase.generate], max_examples=1, database=None, derandomize=True)
OWN = {
    messages.Verify,
    messages.GetSeccCertificates,
    messages.GenerateIso20SigningRequest,
    messages.ListCertificates,
}
INSTALLED = types.CertificateStoreUpdateOperation.INSTALLED
DELETED = types.CertificateStoreUpdateOperation.DELETED
HASHES = types.CertificateHashData(
    hash_algorithm=types.HashAlgorithm.SHA256, issuer_name_hash="", issuer_key_hash="", serial_number="1"
)
DELETE = say.DeleteCertificate(certificate_hash_data=HASHES)
INSTALL = say.InstallCaCertificate(certificate="", certificate_type=types.CaCertificateType.MO)
LEAF = say.UpdateLeafCertificate(certificate_chain="", certificate_type=types.LeafCertificateType.CSMS)
LOST = Failure(reason=FailureReason.CRASHED, detail="it died")
MO_INSTALLED = changes.authority(Domain.MO, INSTALLED)


def deleted(result):
    return say.DeleteCertificateReply(result=types.DeleteCertificateResult(result))


def test_there_is_a_row_for_every_command():
    assert set(ROWS) == set(interfaces.load_all()["evse_security"].commands.values()) | OWN


@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.__name__)
def test_what_is_answered_in_trouble_fits_the_command(kind):
    command = find(strategies.messages(kind), lambda _one: True, settings=FIRST)

    for reply in (failed(command, LOST), refused(ROWS[kind])):
        assert type(reply) in (kind.answer, Failure)


FAILED = {
    say.InstallCaCertificate: "WriteError",
    say.UpdateLeafCertificate: "WriteError",
    say.DeleteCertificate: "Failed",
    say.VerifyCertificate: "Unknown",
    say.GenerateCertificateSigningRequest: "GenerationError",
    say.GetLeafCertificateInfo: "Rejected",
    say.GetAllValidCertificatesInfo: "Rejected",
    messages.Verify: "Unknown",
    messages.GetSeccCertificates: "Rejected",
    messages.GenerateIso20SigningRequest: "GenerationError",
}


@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.__name__)
def test_each_command_fails_with_the_value_it_documents(kind):
    reply = ROWS[kind].failed("why")

    result = getattr(reply, "result", None)
    assert getattr(result, "status", result) == FAILED.get(kind)
    assert kind in FAILED or reply == Failure(reason=FailureReason.UNAVAILABLE, detail="why")


def test_a_job_of_the_manager_itself_fails_as_it_did():
    assert failed(messages.Look(), LOST) is LOST


REFUSED = {
    say.InstallCaCertificate: types.InstallCertificateResult.INVALID_FORMAT,
    say.UpdateLeafCertificate: types.InstallCertificateResult.INVALID_FORMAT,
    say.VerifyCertificate: types.CertificateValidationResult.UNKNOWN,
}


@pytest.mark.parametrize("kind", REFUSED, ids=lambda kind: kind.__name__)
def test_too_much_is_refused_as_what_cannot_be_read(kind):
    assert refused(ROWS[kind]).result is REFUSED[kind]


def test_everything_a_command_carries_is_counted():
    assert given_bytes(LEAF) == len("CSMS")
    assert given_bytes(messages.Verify(certificates=(b"123", b"45"), domains=(Domain.MO,))) == 7


@pytest.mark.parametrize(
    ("attempts", "changed", "expected"),
    [(1, True, "NotFound"), (2, False, "NotFound"), (2, True, "Accepted"), (1, False, "NotFound")],
)
def test_a_deletion_done_twice_was_done_if_files_have_changed(attempts, changed, expected):
    reply = settled(DELETE, deleted("NotFound"), attempts=attempts, changed=changed)

    assert reply == deleted(expected)


@pytest.mark.parametrize("result", ["Accepted", "Failed"])
def test_other_answers_to_a_deletion_stay_as_they_are(result):
    assert settled(DELETE, deleted(result), attempts=2, changed=True) == deleted(result)


def test_answers_to_other_commands_stay_as_they_are():
    assert settled(INSTALL, LOST, attempts=2, changed=True) is LOST


@pytest.mark.parametrize("seen", [(), (MO_INSTALLED,)])
def test_an_accepted_root_is_announced_once_whatever_was_seen(seen):
    reply = say.InstallCaCertificateReply(result=types.InstallCertificateResult.ACCEPTED)

    assert announced(INSTALL, reply, seen) == (MO_INSTALLED,)


def test_an_accepted_leaf_is_announced():
    reply = say.UpdateLeafCertificateReply(result=types.InstallCertificateResult.ACCEPTED)

    assert announced(LEAF, reply, ()) == (changes.leaf(Domain.CSMS, INSTALLED),)


@pytest.mark.parametrize(
    "command", [INSTALL, LEAF, DELETE, messages.CollectGarbage()], ids=lambda one: type(one).__name__
)
def test_what_was_not_accepted_announces_only_what_was_seen(command):
    assert announced(command, LOST, (MO_INSTALLED,)) == (MO_INSTALLED,)


def test_a_deletion_nobody_could_see_is_announced_as_a_leaf():
    assert announced(DELETE, deleted("Accepted"), ()) == (changes.leaf(Domain.V2G, DELETED),)


def test_a_deletion_that_was_seen_is_announced_as_that():
    seen = (changes.authority(Domain.V2G, DELETED),)

    assert announced(DELETE, deleted("Accepted"), seen) == seen


def test_rows_that_change_nothing_do_not_take_turns():
    reading = {kind for kind, row in ROWS.items() if not row.writes}

    assert {say.VerifyCertificate, say.GetMoOcspRequestData, messages.Verify} <= reading
    assert commands.MAX_GIVEN_BYTES == 2**20
    assert isinstance(ROWS[say.UpdateOcspCache].failed("x"), Reply)


def test_a_signature_is_verified_at_once_as_in_steps(tmp_path):
    put(tmp_path / "firmware", b"firmware")
    key, certificate = world()["MF_LEAF"].key, text(world()["MF_LEAF"].certificate)
    signature = base64.b64encode(key.sign(b"firmware", ec.ECDSA(hashes.SHA256()))).decode()
    command = say.VerifyFileSignature(
        file_path=str(tmp_path / "firmware"), signing_certificate=certificate, signature=signature
    )

    reply = ROWS[say.VerifyFileSignature].run(opened(tmp_path / "certs"), command, NOW)

    assert reply == say.VerifyFileSignatureReply(valid=True)
