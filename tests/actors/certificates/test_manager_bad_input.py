"""What a CSMS, a car or a person may put in, through the manager: a documented result, soon, nothing lost."""

import os
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.certificates import messages
from actors.certificates.commands import MAX_GIVEN_BYTES
from certs import pem, pki
from certs.keys import KeyKind
from certs.names import subject
from certs.pki.hierarchies import contents
from certs.pki.issuing import CA_USAGES, Contents
from certs.profiles import Domain
from protocols.interfaces import evse_security as say
from protocols.message import Failure, FailureReason
from tests.support.disk import as_nobody, fill, needs_root, small_disk
from tests.support.managers import Stage
from tests.support.stores import (
    DAY,
    NOW,
    Ca,
    Leaf,
    chain_text,
    opened,
    other_world,
    provision,
    put,
    text,
    tree,
    world,
)  # fmt: skip

ROOT = text(world()["V2G_ROOT_CA"].certificate)
STRANGER = text(other_world()["V2G_ROOT_CA"].certificate)
CPU_LIMIT_S = 2.0
"""For one command, and whatever it is done by."""
INSTALL = say.InstallCaCertificate(certificate=STRANGER, certificate_type=Ca.MO)
VERIFY = say.VerifyCertificate(certificate_chain=chain_text("MO_LEAF"), certificate_types=(Leaf.MO,))
REQUEST = say.GenerateCertificateSigningRequest(
    certificate_type=Leaf.V2G, country="DE", organization="O", common="C", use_tpm=False
)


def commands(given_text):
    """Every command that takes a certificate."""
    return [
        say.InstallCaCertificate(certificate=given_text, certificate_type=Ca.MO),
        say.UpdateLeafCertificate(certificate_chain=given_text, certificate_type=Leaf.V2G),
        say.VerifyCertificate(certificate_chain=given_text, certificate_types=(Leaf.MO, Leaf.V2G)),
        say.GetMoOcspRequestData(certificate_chain=given_text),
        say.VerifyFileSignature(file_path="/dev/zero", signing_certificate=given_text, signature="AAAA"),
    ]


def thousand():
    leaf, sub = world()["MO_LEAF"], world()["MO_SUB_CA2"]
    usual = contents(world().rows["MO_SUB_CA2"], world().options, pki.Edition.ISO2)
    above, public = world()["MO_SUB_CA1"], sub.key.public_key()
    return text(leaf.certificate, *(pki.issue(usual, public, above, above.key, n) for n in range(1, 1000)))


def namesakes():
    """A thousand CAs that may each have issued every other one."""
    name = subject(common_name="Namesake", organization="O")
    usages = CA_USAGES
    shared = Contents(subject=name, not_before=NOW - DAY, not_after=NOW + DAY, ca=True, usages=usages)
    mint = pki.insecure_mint("namesakes")
    return text(
        *(mint.identity(f"N{n}", shared, None, kind=KeyKind.ED25519).certificate for n in range(1000))
    )


CASES = {
    "nothing": lambda: "",
    "garbage": lambda: "garbage \x00 \u1234",
    "a block that is cut": lambda: ROOT[: len(ROOT) // 2],
    "a block without an end": lambda: ROOT.replace("-----END CERTIFICATE-----", ""),
    "a mebibyte of marks": lambda: "-----BEGIN CERTIFICATE-----\n" * (MAX_GIVEN_BYTES // 28),
    "a mebibyte of one block": lambda: (
        ROOT[:100] + "A" * (MAX_GIVEN_BYTES - 200) + "\n-----END CERTIFICATE-----"
    ),
    "ten mebibytes": lambda: ROOT * (pem.MAX_BYTES // len(ROOT)),
    "a thousand certificates": thousand,
    "a thousand CAs of one name": namesakes,
    "one certificate a thousand times": lambda: ROOT * 1000,
}


@pytest.mark.untraced
@pytest.mark.parametrize("case", CASES)
def test_absurd_input_has_a_result_and_soon(tmp_path, case):
    provision(tmp_path / "certs")
    stage = Stage(tmp_path)
    before = tree(stage.certs)
    for command in commands(CASES[case]()):
        started = time.process_time()
        reply = stage.ask(command) if not isinstance(command, say.VerifyFileSignature) else None
        if reply is None:
            number = stage.post(command)
            stage.pass_time(0.1)
            (reply,) = stage.answers_to(number)
        assert time.process_time() - started < CPU_LIMIT_S
        assert isinstance(reply, command.answer)
        assert getattr(reply, "result", None) not in ("Accepted", "Valid")
    assert tree(stage.certs) == before
    assert stage.heard() == []
    assert stage.ask(VERIFY).result == "Valid"


@pytest.mark.parametrize(
    "certificates", [(), (b"",), (b"\x30\x82",), (b"x" * MAX_GIVEN_BYTES,), (b"x" * (MAX_GIVEN_BYTES + 1),)]
)
def test_a_chain_in_der_that_is_none_is_unknown(tmp_path, certificates):
    stage = Stage(tmp_path)

    assert stage.ask(messages.Verify(certificates=certificates, domains=(Domain.MO,))).result == "Unknown"


@pytest.fixture
def stage(tmp_path):
    return Stage(tmp_path)


@pytest.mark.untraced
@settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.text(max_size=200), st.sampled_from(Leaf), st.booleans())
def test_any_text_has_a_result_of_its_command(stage, given_text, kind, use_tpm):
    every = [
        *commands(given_text)[:4],
        say.GenerateCertificateSigningRequest(
            certificate_type=kind,
            country=given_text,
            organization=given_text,
            common=given_text,
            use_tpm=use_tpm,
        ),
    ]

    for command in every:
        assert isinstance(stage.ask(command), command.answer)


@pytest.mark.parametrize("target", ["/etc/passwd", "/dev/zero", "/nonexistent", ".", "loop.pem"])
def test_a_link_out_of_the_store_is_not_followed(tmp_path, target):
    root = provision(tmp_path / "certs")
    os.symlink(target, root / "client/cso/loop.pem")
    stage = Stage(tmp_path)

    assert stage.ask(VERIFY).result == "Valid"
    assert stage.ask(INSTALL).result == "Accepted"
    assert os.readlink(root / "client/cso/loop.pem") == target


def test_a_bundle_that_is_a_link_to_elsewhere_keeps_the_store_shut(tmp_path):
    root = provision(tmp_path / "certs")
    (root / "ca/mo/MO_ROOT_CA.pem").unlink()
    os.symlink("/etc/passwd", root / "ca/mo/MO_ROOT_CA.pem")
    before = tree(root)
    stage = Stage(tmp_path)

    reply = stage.ask(say.IsCaCertificateInstalled(certificate_type=Ca.MO))

    assert isinstance(reply, Failure)
    assert reply.reason is FailureReason.UNAVAILABLE
    assert "MO_ROOT_CA.pem" in reply.detail
    assert stage.ask(INSTALL).result == "WriteError"
    assert tree(root) == before


def test_a_leaf_directory_that_is_a_ca_path_is_refused(tmp_path):
    stage = Stage(tmp_path, secc_leaf_cert_directory="ca/v2g", v2g_ca_bundle="ca/v2g")

    reply = stage.ask(say.GetLeafExpiryDaysCount(certificate_type=Leaf.V2G))

    assert "secc_leaf_cert_directory is the same as v2g_ca_bundle" in reply.detail


@needs_root
def test_a_store_nobody_may_write_answers_and_recovers(open_folder):
    # given
    root = provision(open_folder / "certs")
    with as_nobody():
        stage = Stage(open_folder)
        # when
        refused = stage.ask(INSTALL), stage.ask(VERIFY), stage.ask(REQUEST)
    stage.pass_time(3)
    # then
    assert [str(getattr(one.result, "status", one.result)) for one in refused] == [
        "WriteError",
        "Unknown",
        "GenerationError",
    ]
    assert stage.ask(VERIFY).result == "Valid"
    assert stage.ask(INSTALL).result == "Accepted"
    assert opened(root).troubles() == ()


@needs_root
def test_a_full_disk_keeps_what_is_there(tmp_path):
    with small_disk(tmp_path / "disk", 4 << 20) as disk:
        # given
        provision(disk / "certs")
        stage = Stage(disk)
        ballast = fill(disk)
        before = tree(disk / "certs")
        # when
        refused = stage.ask(INSTALL).result, stage.ask(REQUEST).result.status
        there = stage.ask(VERIFY).result
        after = tree(disk / "certs")
        ballast.unlink()
        # then
        assert refused == ("WriteError", "KeyGenError")
        assert (there, after) == ("Valid", before)
        assert stage.ask(INSTALL).result == "Accepted"


def test_garbage_put_beside_good_files_is_named_and_harms_nobody(tmp_path):
    root = provision(tmp_path / "certs")
    for name in ("garbage.pem", "garbage.key", "garbage.der", "ocsp/garbage.hash", "ocsp/garbage.der"):
        put(root / "client/cso" / name, os.urandom(1000))
    stage = Stage(tmp_path)
    stage.pass_time(3)

    found = stage.ask(say.GetInstalledCertificates(certificate_types=()))

    assert len(found.result.certificate_hash_data_chain) == 5
    assert stage.heard() == []
