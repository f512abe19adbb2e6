import base64
import os
import shutil

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from actors.certificates import messages
from actors.certificates.store_worker_actor import settings_of
from actors.engine import messages as engine
from certs.store import Settings, files
from protocols import codec
from protocols.interfaces import evse_security as say
from protocols.message import Failure, FailureReason, Reply
from tests.support.managers import WORKERS, Stage
from tests.support.stores import Ca, Leaf, add_leaf, provision, put, text, world

INVENTORY = messages.Inventory(authorities={"V2G": ("ab",)})
ROOT = text(world()["V2G_ROOT_CA"].certificate)
LOOK = messages.Look()
INSTALLED = say.IsCaCertificateInstalled(certificate_type=Ca.V2G)


@pytest.fixture
def stage(tmp_path):
    return Stage(tmp_path)


def work(stage, command, worker=WORKERS[0]):
    return stage.simulation.ask(worker, command)


def test_the_root_lies_beside_the_journals_unless_it_is_absolute(tmp_path):
    parameters = {"certificate_root": "certs", "private_key_password": "p", "mo_ca_bundle": "x"}

    below = settings_of(parameters, "/somewhere/journals")
    elsewhere = settings_of(parameters | {"certificate_root": "/etc/everest/certs"}, "/somewhere/journals")

    assert str(below.root) == "/somewhere/certs"
    assert str(elsewhere.root) == "/etc/everest/certs"
    assert below == Settings(root=below.root, private_key_password="p", mo_ca_bundle="x")


def test_a_start_on_an_empty_disk_makes_what_is_missing(stage):
    names = {str(path.relative_to(stage.certs)) for path in stage.certs.rglob("*")}

    assert {"ca/v2g/V2G_ROOT_CA.pem", "ca/mo/MO_ROOT_CA.pem", "client/cso", "client/csms"} <= names


def test_a_look_tells_files_and_what_time_will_change(stage):
    before = work(stage, LOOK)
    add_leaf(stage.certs, "new")

    after = work(stage, LOOK)

    assert after.fingerprint != before.fingerprint
    assert after.next_moment is not None
    assert after.inventory.leaves["V2G"]


def test_a_look_tells_what_is_wrong_with_files(stage):
    put(stage.certs / "ca/mo/MO_ROOT_CA.pem", "-----BEGIN CERTIFICATE-----\n")

    (trouble,) = work(stage, LOOK).troubles

    assert "MO_ROOT_CA.pem" in trouble


def test_what_is_remembered_is_recalled_by_whoever_is_asked(stage):
    assert work(stage, messages.Remember(inventory=INVENTORY)) == Reply()

    assert work(stage, messages.Look(recall=True), WORKERS[1]).told == INVENTORY
    assert work(stage, LOOK, WORKERS[1]).told is None


def test_nothing_is_remembered_while_somebody_holds_the_lock(stage, monkeypatch):
    monkeypatch.setattr(files, "_LOCK_TRIES", 1)

    with files.locked(stage.certs / ".evsite"):
        refused = work(stage, messages.Remember(inventory=INVENTORY))

    assert refused.reason is FailureReason.UNAVAILABLE
    assert work(stage, messages.Look(recall=True)).told != INVENTORY


@pytest.mark.parametrize("content", [b"", b"\x00garbage", codec.encode(LOOK)])
def test_what_cannot_be_recalled_counts_as_nothing(stage, content):
    (stage.certs / ".evsite/told").write_bytes(content)

    assert work(stage, messages.Look(recall=True)).told is None


def test_what_another_worker_has_installed_is_seen_after_a_refresh(stage):
    # given a file written in place, of which a glance at the folder shows nothing
    folder = stage.certs / "ca/v2g"
    work(stage, INSTALLED)
    bundle = folder / "V2G_ROOT_CA.pem"
    status = bundle.stat()
    bundle.write_bytes(ROOT.encode())
    os.utime(bundle, ns=(status.st_atime_ns, status.st_mtime_ns))
    # when
    stage.simulation.tell(WORKERS[0], messages.Refresh())
    # then
    assert work(stage, INSTALLED).installed


def test_a_root_directory_somebody_has_removed_is_made_again(stage):
    shutil.rmtree(stage.certs)

    reply = work(stage, say.InstallCaCertificate(certificate=ROOT, certificate_type=Ca.V2G))

    assert reply.result == "Accepted"


def test_a_store_that_cannot_be_opened_is_told_and_tried_again(tmp_path):
    # given a file where the root should be
    put(tmp_path / "certs", "not a folder")
    stage = Stage(tmp_path)
    before = work(stage, INSTALLED)
    # when
    (tmp_path / "certs").unlink()
    # then
    assert isinstance(before, Failure)
    assert before.reason is FailureReason.UNAVAILABLE
    assert work(stage, INSTALLED) == say.IsCaCertificateInstalledReply(installed=False)


@pytest.mark.parametrize("command", [LOOK, messages.Remember(inventory=INVENTORY), messages.CollectGarbage()])
def test_no_job_kills_a_worker_without_a_store(tmp_path, command):
    put(tmp_path / "certs", "not a folder")
    stage = Stage(tmp_path)

    assert work(stage, command).reason is FailureReason.UNAVAILABLE


def test_a_signature_of_a_missing_file_is_told_without_a_store(tmp_path):
    put(tmp_path / "certs", "not a folder")
    command = say.VerifyFileSignature(file_path="/nowhere", signing_certificate=ROOT, signature="")

    assert work(Stage(tmp_path), command).reason is FailureReason.UNAVAILABLE


def test_a_worker_answers_pings_while_it_reads_a_large_file(stage, tmp_path):
    # given a file of several steps, signed
    content = os.urandom(1 << 20) * 40
    (tmp_path / "firmware").write_bytes(content)
    leaf = world()["MF_LEAF"]
    signature = base64.b64encode(leaf.key.sign(content, ec.ECDSA(hashes.SHA256()))).decode()
    command = say.VerifyFileSignature(
        file_path=str(tmp_path / "firmware"), signing_certificate=text(leaf.certificate), signature=signature
    )
    worker = stage.simulation.actor(WORKERS[0])
    seen = []
    # when
    with pytest.raises(LookupError):  # the answer needs time to pass
        work(stage, command)
    while worker.timers.running("file"):
        stage.simulation.base.ring()
        seen.append(work(stage, engine.Tick()))
    # then
    assert len(seen) >= 10
    assert all(one == Reply() for one in seen)


def test_garbage_that_is_collected_is_named(stage):
    provision(stage.certs, ("ca/",))
    work(stage, say.GenerateCertificateSigningRequest(
        certificate_type=Leaf.V2G, country="DE", organization="O", common="C", use_tpm=False
    ))  # fmt: skip
    stage.simulation.clock.jump(3601)

    (removed,) = work(stage, messages.CollectGarbage()).removed

    assert removed.endswith(".key")
