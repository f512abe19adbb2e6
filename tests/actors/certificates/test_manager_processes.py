"""The manager and its workers as processes: killed, hung and slow, with callers that go on asking."""

import os
import random
import signal
import time
from datetime import UTC, datetime

import pytest

from actors.certificates import certificates_supervisor
from actors.certificates.inventory import packed
from actors.engine import messages as engine
from actors.engine import vitals
from actors.engine.faults import Fault, Rule
from certs import pem, pki
from certs.hashes import hash_data
from certs.pki.hierarchies import contents
from certs.store import files
from certs.store.hash_types import to_message
from protocols import codec
from protocols.interfaces import evse_security as say
from protocols.message import Failure, FailureReason
from tests.support.engine import eventually
from tests.support.managers import CALLERS, MAIN, MANAGER, WORKERS, live, living_world
from tests.support.stores import Ca, Leaf, chain_text, opened, text

pytestmark = pytest.mark.timeout(180)

VERIFY = say.VerifyCertificate(
    certificate_chain=chain_text("MO_LEAF", living_world()), certificate_types=(Leaf.MO,)
)
REQUEST = say.GenerateCertificateSigningRequest(
    certificate_type=Leaf.V2G, country="DE", organization="EVSITE", common="E1", use_tpm=False
)
MAILBOX_S = 0.005


def some_roots(count):
    made = living_world()
    usual, key = contents(made.rows["MO_ROOT_CA"], made.options, pki.Edition.ISO2), made["MO_ROOT_CA"].key
    return [pki.issue(usual, key.public_key(), None, key, 70_000 + number) for number in range(count)]


def install(root):
    return say.InstallCaCertificate(certificate=text(root), certificate_type=Ca.MF)


def delete(root):
    return say.DeleteCertificate(certificate_hash_data=to_message(hash_data(root, root)))


def results(replies):
    return {str(getattr(one.result, "status", one.result)) for one in replies}


def inspect(directory):
    """What is on the disk once everything is over."""
    for path in (directory / "certs").rglob("*"):
        if path.suffix == ".pem" and path.is_file() and path.read_bytes():
            pem.load_certificates(path.read_bytes())
    store = opened(directory / "certs")
    assert store.troubles() == ()
    assert not list((directory / "certs").rglob(f"{files.TEMPORARY}*"))
    assert not (directory / "certs/.evsite" / files.JOURNAL).exists()
    return store


@pytest.fixture
def quick_to_judge(monkeypatch):
    """Silence is a hang after a second already."""
    monkeypatch.setattr(certificates_supervisor, "WORKER_DEADLINE_S", 1.0)


def test_killed_workers_cost_no_answer_and_no_order(tmp_path, evsite_seed):
    # given changes whose result depends on their order, and questions beside them
    source = random.Random(evsite_seed)
    (root,) = some_roots(1)
    changes = [install(root) if number % 2 == 0 else delete(root) for number in range(60)]
    with live(tmp_path) as site:
        site.call(changes, CALLERS[0], window=6)
        site.call([VERIFY, REQUEST] * 50, CALLERS[1])
        # when workers die one by one: whose command loses two of them is told so
        for _ in range(6):
            site.kill(source.choice(WORKERS))
            site.settle()
            time.sleep(source.uniform(0, 0.05))
        # then
        assert results(site.results(CALLERS[0])[0]) == {"Accepted"}
        assert results(site.results(CALLERS[1])[0]) == {"Valid", "Accepted"}
        eventually(lambda: len(site.heard()) >= len(changes))
        assert site.heard() == ["Installed MF", "Deleted MF"] * 30
    inspect(tmp_path)


def test_a_killed_manager_answers_everybody_and_loses_no_news(tmp_path, evsite_seed):
    # given
    source = random.Random(evsite_seed)
    roots = some_roots(60)
    with live(tmp_path) as site:
        eventually((site.certs / ".evsite/told").exists)
        for begin in range(0, 60, 20):
            site.call([install(one) for one in roots[begin : begin + 20]], window=3)
            # when
            time.sleep(source.uniform(0, 0.1))
            site.kill(MANAGER)
            # then those whose command was there at that moment are told so, all others are served
            replies, _ = site.results()
            failures = [one for one in replies if isinstance(one, Failure)]
            assert {one.reason for one in failures} <= {FailureReason.CRASHED}
            assert len(failures) <= 3
            assert results(one for one in replies if one not in failures) <= {"Accepted"}
        assert site.ask(install(roots[0])).result == "Accepted"
        eventually(lambda: told(site.certs) == seen(site.certs))
        heard = site.heard()
    installed = len(pem.load_certificates((tmp_path / "certs/ca/mf/MF_ROOT_CA.pem").read_bytes())) - 1
    assert set(heard) == {"Installed MF"}
    assert abs(len(heard) - 1 - installed) <= 3
    assert installed >= 60 - 3 * 3
    inspect(tmp_path)


def told(root):
    return codec.decode((root / ".evsite/told").read_bytes())


def seen(root):
    return packed(opened(root).snapshot(now=datetime.now(UTC)))


@pytest.mark.parametrize("command", [VERIFY, REQUEST], ids=lambda one: type(one).__name__)
def test_a_worker_that_hangs_is_replaced_and_its_job_done(tmp_path, quick_to_judge, command):
    with live(tmp_path) as site:
        # given
        stopped = site.pid(WORKERS[0])
        os.kill(stopped, signal.SIGSTOP)
        # when
        site.call([command] * 3, window=3)
        begun_s = time.monotonic()
        replies, _ = site.results()
        # then
        assert results(replies) <= {"Valid", "Accepted"}
        assert time.monotonic() - begun_s < 10
        eventually(lambda: site.pid(WORKERS[0]) != stopped, 20.0)


def test_a_command_over_which_workers_hang_is_answered_in_the_end(tmp_path, quick_to_judge, evsite_faults):
    evsite_faults(
        [Rule(fault=Fault.HANG_STOPPED, actor="StoreWorkerActor", tag="*.verify_certificate", times=2)]
    )
    with live(tmp_path) as site:
        site.call([VERIFY], window=1)
        (reply,), _ = site.results()

        assert results([reply]) == {"Unknown"}
        assert site.ask(VERIFY).result == "Valid"


def test_a_slow_job_holds_up_neither_mailbox_nor_callers(tmp_path):
    """Two slow jobs of a second or more each, and a hundred quick ones meanwhile."""
    # given files whose signatures take long, and chains of hundreds of certificates
    large = tmp_path / "firmware"
    with large.open("wb") as file:
        file.truncate(1 << 30)
    slow = say.VerifyFileSignature(
        file_path=str(large),
        signing_certificate=chain_text("MF_LEAF", living_world()),
        signature="MEUCIC5VFwfcWSkClN1UvVkWknSfgEKKsutFn3/CbTGpMphLAiEAwe56s7w97HqUnBIDV4cUm+bhTA3WheavE+3V222/77E=",
    )
    with live(tmp_path) as site:
        site.call([slow, slow], CALLERS[0], window=2)
        manager = site.pid(MANAGER)
        before, begun = site.client.ask(MAIN, engine.GetMetrics()), vitals.read(manager)
        # when
        site.call([VERIFY] * 100, CALLERS[1], window=1)
        quick, taken = site.results(CALLERS[1])
        after, ended = site.client.ask(MAIN, engine.GetMetrics()), vitals.read(manager)
        late, slowly = site.results(CALLERS[0])
        # then most of the quick ones were answered before the first slow one
        assert results(quick) == {"Valid"}
        assert [one.valid for one in late] == [False, False]
        assert sum(one < min(slowly.ended_s) for one in taken.ended_s) >= 50
        # and the manager's handlers are quick: they do little, and wait for a core at most
        handled = sum(after.handler_s) - sum(before.handler_s)
        took_s = after.handler_total_s - before.handler_total_s - (ended.waited_s - begun.waited_s)
        assert handled >= 200
        assert took_s < MAILBOX_S * handled
        assert ended.ran_s - begun.ran_s < MAILBOX_S * 100


def test_a_full_disk_loses_nothing_and_is_told(tmp_path, evsite_faults):
    evsite_faults([])
    one, two = some_roots(2)
    with live(tmp_path) as site:
        # given
        assert site.ask(install(one)).result == "Accepted"
        full = engine.Inject(rules=(codec.to_plain(Rule(fault=Fault.DISK_FULL)),))
        for worker in WORKERS:
            name = worker.removeprefix("site/")
            site.client.ask(name, full)
        # when
        refused = [site.ask(each) for each in (install(two), delete(one), REQUEST)]
        there = site.ask(say.GetInstalledCertificates(certificate_types=()))
        for worker in WORKERS:
            site.kill(worker)
        # then
        assert [results([one]) for one in refused] == [{"WriteError"}, {"Failed"}, {"KeyGenError"}]
        assert there.result.status == "Accepted"
        assert site.ask(install(two)).result == "Accepted"
    inspect(tmp_path)
