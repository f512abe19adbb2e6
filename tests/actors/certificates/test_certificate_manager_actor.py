"""The manager in a simulation: publications, watch, timers, and deaths at every instant."""

import base64
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from actors.certificates import certificate_manager_actor as module
from actors.certificates import messages
from actors.certificates.pool import MAX_WAITING
from actors.engine import messages as engine
from actors.engine import supervision
from actors.engine.faults import Fault, Rule
from certs import pem, pki
from certs.hashes import hash_data
from certs.keys import KeyKind, kind_of
from certs.profiles import Domain
from certs.requests import load_request
from certs.store.hash_types import to_message
from protocols.interfaces import evse_security as say
from protocols.message import Failure, FailureReason, Reply, tag_of
from tests.support.managers import MANAGER, WORKERS, Stage
from tests.support.stores import (
    DAY,
    NOW,
    Ca,
    Leaf,
    add_leaf,
    chain_text,
    opened,
    other_world,
    provision,
    put,
    requested,
    signed,
    text,
    tree,
    world,
)  # fmt: skip

ROOT, SUB, LEAF = (world()[name] for name in ("V2G_ROOT_CA", "CPO_SUB_CA2", "SECC_LEAF"))
OTHER_ROOT = text(other_world()["V2G_ROOT_CA"].certificate)
VERIFY = say.VerifyCertificate(certificate_chain=chain_text("MO_LEAF"), certificate_types=(Leaf.MO,))
VALID = say.VerifyCertificateReply(result="Valid")
DAYS = say.GetLeafExpiryDaysCount(certificate_type=Leaf.V2G)
REQUEST = say.GenerateCertificateSigningRequest(
    certificate_type=Leaf.V2G, country="DE", organization="EVSITE", common="E1", use_tpm=False
)


def install(certificate=OTHER_ROOT, kind=Ca.MO):
    return say.InstallCaCertificate(certificate=certificate, certificate_type=kind)


def delete(one=LEAF, above=SUB):
    return say.DeleteCertificate(
        certificate_hash_data=to_message(hash_data(one.certificate, above.certificate))
    )


def answer_about(one=LEAF, above=SUB, moment=NOW):
    der = pki.ocsp_response(one.certificate, above, period=pki.Period.around(moment))
    return say.UpdateOcspCache(
        certificate_hash_data=to_message(hash_data(one.certificate, above.certificate)),
        ocsp_response=base64.b64encode(der).decode(),
    )


@pytest.fixture
def stage(tmp_path):
    provision(tmp_path / "certs")
    return Stage(tmp_path)


# -- publications ------------------------------------------------------------------------------------------


def test_nothing_is_told_of_what_was_there_from_the_beginning(stage):
    stage.pass_time(10)

    assert stage.heard() == []


@pytest.mark.parametrize("kind", Ca)
def test_an_installed_root_is_published_once(stage, kind):
    assert stage.ask(install(kind=kind)).result == "Accepted"
    stage.pass_time(10)

    assert stage.heard() == [f"Installed {kind}"]


def test_a_root_installed_again_is_published_again(stage):
    stage.ask(install())
    stage.ask(install())
    stage.pass_time(10)

    assert stage.heard() == ["Installed MO", "Installed MO"]


def test_what_was_refused_is_not_published(stage):
    stage.ask(install("garbage"))
    stage.ask(delete(other_world()["SECC_LEAF"], other_world()["CPO_SUB_CA2"]))
    stage.pass_time(10)

    assert stage.heard() == []


@pytest.mark.parametrize("kind", [Leaf.V2G, Leaf.CSMS])
def test_a_renewed_leaf_is_published_when_it_is_installed(stage, kind):
    # given
    csr = requested(opened(stage.certs), kind)
    stage.pass_time(10)
    silence = stage.heard()
    # when
    update = say.UpdateLeafCertificate(certificate_chain=signed(csr, kind), certificate_type=kind)
    reply = stage.ask(update)
    stage.pass_time(10)
    # then
    assert (silence, reply.result, stage.heard()) == ([], "Accepted", [f"Installed {kind}"])


@pytest.mark.parametrize(
    ("command", "told"), [(delete(), "Deleted V2G"), (delete(ROOT, ROOT), "Deleted V2G")]
)
def test_a_deletion_is_published_with_its_type(stage, command, told):
    assert stage.ask(command).result == "Accepted"
    stage.pass_time(10)

    assert stage.heard() == [told]


def test_an_update_is_heard_before_the_command_is_answered(stage):
    number = stage.post(install())
    while not (answers := stage.answers()):
        assert stage.simulation.base.step()

    assert answers[0][0] == number
    stage.simulation.run()
    assert stage.heard() == ["Installed MO"]


def test_an_answer_of_a_responder_is_news_about_revocation(stage):
    assert stage.ask(answer_about()) == Reply()
    stage.pass_time(10)

    assert stage.heard() == ["revocation"]


@pytest.mark.parametrize("given", ["!", "", base64.b64encode(b"\x30\x00").decode()])
def test_an_answer_that_is_none_is_refused_with_a_reason(stage, given):
    command = say.UpdateOcspCache(
        certificate_hash_data=answer_about().certificate_hash_data, ocsp_response=given
    )

    reply = stage.ask(command)

    assert reply.reason is FailureReason.INVALID
    assert stage.heard() == []


# -- the watch ---------------------------------------------------------------------------------------------


def test_a_leaf_provisioned_by_hand_is_noticed_within_the_period(stage):
    add_leaf(stage.certs, "byhand")
    stage.pass_time(2.1)

    assert stage.heard() == ["Installed V2G"]


def test_a_leaf_without_its_key_is_no_update_but_told(stage):
    before = stage.files_changed()

    add_leaf(stage.certs, "keyless", with_key=False)
    stage.pass_time(2.1)

    assert stage.files_changed() == before + 1
    assert stage.heard() == []
    problems = {each.problem for each in stage.ask(messages.ListCertificates()).certificates}
    assert "its private key is missing" in problems


def test_files_that_stay_as_they_are_are_no_news(stage):
    before = stage.files_changed()

    stage.pass_time(10)

    assert stage.files_changed() == before


def test_whoever_has_asked_before_the_first_look_misses_nothing(tmp_path, evsite_faults):
    # given a manager whose first look reaches its worker late
    evsite_faults([Rule(fault=Fault.DELAY, tag=tag_of(messages.Look), seconds=2.0)])
    stage = Stage(tmp_path)
    # when somebody asks before that, and a file comes before that as well
    number = stage.post(say.IsCaCertificateInstalled(certificate_type=Ca.V2G))
    stage.pass_time(0.5)
    put(stage.certs / "ca/v2g/V2G_ROOT_CA.pem", OTHER_ROOT)
    stage.pass_time(10)
    # then
    (reply,) = stage.answers_to(number)
    assert reply.installed or stage.heard() == ["Installed V2G"]


@pytest.mark.parametrize(("period_s", "noticed"), [(0.5, ["Installed MO"]), (60.0, [])])
def test_the_period_of_the_watch_is_a_parameter(tmp_path, period_s, noticed):
    provision(tmp_path / "certs")
    stage = Stage(tmp_path, store_watch_s=period_s)
    put(tmp_path / "certs/ca/mo/MO_ROOT_CA.pem", chain_text("MO_SUB_CA1") + OTHER_ROOT)
    stage.pass_time(1.0)

    assert [line for line in stage.heard() if line.startswith("Installed")] == noticed


def test_a_file_changed_by_hand_is_seen_by_every_worker(stage):
    # given every worker knows the store
    for _ in range(6):
        assert stage.ask(VERIFY) == VALID
    # when
    put(stage.certs / "ca/mo/MO_ROOT_CA.pem", "")
    stage.pass_time(2.1)
    # then
    assert {stage.simulation.ask(worker, VERIFY).result for worker in WORKERS} == {"IssuerNotFound"}
    assert stage.heard() == ["Deleted MO"]


def test_what_one_worker_has_written_all_others_know(stage):
    stage.ask(install(kind=Ca.CSMS))

    asked = [stage.simulation.ask(worker, messages.Look()) for worker in WORKERS]

    assert len({one.fingerprint for one in asked}) == 1
    command = say.IsCaCertificateInstalled(certificate_type=Ca.CSMS)
    assert all(stage.simulation.ask(worker, command).installed for worker in WORKERS)


# -- time --------------------------------------------------------------------------------------------------


def test_a_leaf_is_told_when_its_time_begins_and_ends(tmp_path):
    # given a watch that is too slow to notice
    provision(tmp_path / "certs", ("ca/",))
    minute = timedelta(minutes=1)
    add_leaf(tmp_path / "certs", "later", start=NOW + minute, end=NOW + 2 * minute)
    stage = Stage(tmp_path, store_watch_s=3600.0)
    # when, then
    stage.pass_time(58)
    assert stage.heard() == []
    stage.pass_time(4)
    assert stage.heard() == ["Installed V2G"]
    stage.pass_time(60)
    assert stage.heard() == ["Deleted V2G"]


def test_an_answer_that_gets_old_is_told_then(tmp_path):
    # given a site that starts shortly before
    root = provision(tmp_path / "certs")
    store, given = opened(root), answer_about()
    fresh = store.snapshot(now=NOW).answers
    store.update_ocsp_cache(given.certificate_hash_data, given.ocsp_response, now=NOW)
    end = NOW
    while store.snapshot(now=end).answers > fresh:
        end = store.next_moment(now=end)
    stage = Stage(tmp_path, end - timedelta(seconds=5), store_watch_s=3600.0)
    # when, then
    stage.pass_time(3)
    assert stage.heard() == []
    stage.pass_time(3)
    assert "revocation" in stage.heard()


def test_a_key_nobody_needs_is_collected_after_an_hour(tmp_path, monkeypatch):
    # given
    monkeypatch.setattr(module, "CLEAN_UP_INTERVAL", timedelta(seconds=10))
    stage = Stage(tmp_path)
    stage.ask(REQUEST)
    # when
    stage.simulation.clock.jump(3590)
    stage.pass_time(5)
    early = list((stage.certs / "client/cso").glob("*.key"))
    stage.pass_time(15)
    # then
    assert len(early) == 1
    assert list((stage.certs / "client/cso").glob("*.key")) == []
    assert stage.heard() == []


def test_a_clock_that_jumps_is_noticed_by_the_watch(stage):
    stage.simulation.clock.jump(400 * DAY.total_seconds() * 10)
    stage.pass_time(3)

    assert set(stage.heard()) == {"Deleted V2G", "Deleted CSMS"}


# -- deaths ------------------------------------------------------------------------------------------------

COMMANDS = {
    "verify": (lambda: VERIFY, "Valid"),
    "install": (install, "Accepted"),
    "delete": (delete, "Accepted"),
    "request": (lambda: REQUEST, "Accepted"),
}


def result_of(reply):
    return str(getattr(reply.result, "status", reply.result))


@pytest.mark.untraced
@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("victim", [*WORKERS[:2], MANAGER], ids=lambda path: path.rpartition("/")[2])
def test_a_death_at_any_instant_leaves_one_answer_and_no_half(tmp_path, name, victim):
    """Kill after every single message that the command causes; then look at answers, files and news."""
    given, expected = COMMANDS[name]
    instant = 0
    while True:
        directory = tmp_path / str(instant)
        provision(directory / "certs")
        stage = Stage(directory)
        number = stage.post(given())
        survived = any(not stage.simulation.base.step() for _ in range(instant))
        if victim in stage.simulation.actors():
            stage.simulation.kill(victim)
        stage.pass_time(8)
        answers = stage.answers_to(number)
        _check(stage, victim, name, answers, expected)
        if survived:
            break
        instant += 1
    assert instant > 4


def _check(stage, victim, name, answers, expected):
    if victim == MANAGER:  # in a simulation nobody tells the asker of a death; outside the engine does
        assert len(answers) <= 1
    else:
        assert [result_of(one) for one in answers] == [expected]
    store = opened(stage.certs)
    assert store.troubles() == ()
    assert not (stage.certs / ".evsite/journal").exists()
    before = tree(provision(stage.certs.parent / "again"))
    here = tree(stage.certs, lambda one: ".evsite" not in one and not one.endswith(".key"))
    changed = any(here.get(path) != content for path, content in before.items() if path in here)
    heard = stage.heard()
    news = {"install": "Installed MO", "delete": "Deleted V2G"}.get(name)
    done = (
        changed
        if name == "install"
        else name == "delete" and len(here) < len({one for one in before if not one.endswith(".key")})
    )
    assert set(heard) == ({news} if done else set())
    assert len(heard) <= (2 if victim == MANAGER else 1)
    if answers:
        assert done is (news is not None)


@pytest.mark.parametrize("command", [VERIFY, install(), delete()], ids=lambda one: type(one).__name__)
def test_a_command_that_kills_every_worker_is_answered_as_documented(stage, evsite_faults, command):
    # given
    tag = tag_of(type(command))
    evsite_faults([Rule(fault=Fault.CRASH, actor="StoreWorkerActor", tag=tag, times=2)])
    # when
    number = stage.post(command)
    stage.pass_time(30)
    # then
    (reply,) = stage.answers_to(number)
    assert result_of(reply) in {"Unknown", "WriteError", "Failed"}
    assert stage.heard() == []
    assert stage.ask(VERIFY) == VALID
    assert stage.ask(install()).result == "Accepted"


def test_a_command_without_a_failure_value_gets_a_failure(stage, evsite_faults):
    evsite_faults(
        [Rule(fault=Fault.CRASH, actor="StoreWorkerActor", tag="*.get_leaf_expiry_days_count", times=2)]
    )
    number = stage.post(DAYS)
    stage.pass_time(30)

    (reply,) = stage.answers_to(number)
    assert isinstance(reply, Failure)
    assert reply.reason is FailureReason.UNAVAILABLE


@pytest.mark.parametrize("command", [VERIFY, install(), REQUEST], ids=lambda one: type(one).__name__)
def test_a_hung_worker_is_replaced_and_its_job_done_by_another(stage, command):
    # given the worker that comes next
    stage.simulation.hang(WORKERS[0])
    # when
    number = stage.post(command)
    stage.pass_time(20)
    # then
    (reply,) = stage.answers_to(number)
    assert result_of(reply) in {"Valid", "Accepted"}
    assert WORKERS[0] in stage.simulation.actors()


def test_a_worker_whose_answer_is_lost_is_replaced_in_time(stage, evsite_faults):
    # given a worker that answers pings, and whose answer to the job never arrives
    evsite_faults([Rule(fault=Fault.DROP, actor="StoreWorkerActor", tag="*.verify_certificate_reply")])
    # when
    number = stage.post(VERIFY)
    stage.pass_time(module.JOB_S - 0.5)
    early = stage.answers()
    stage.pass_time(5)
    # then
    assert early == []
    assert stage.answers() == [(number, VALID)]


def test_a_worker_that_neither_answers_nor_dies_blocks_writers_only(stage, evsite_faults, monkeypatch):
    # given a job that is lost on its way, and a supervisor that does not hear the manager
    monkeypatch.setattr(module.CertificateManagerActor, "_overdue", lambda _self, _worker: None)
    evsite_faults([Rule(fault=Fault.DROP, actor="*/manager", tag="*.install_ca_certificate")])
    first, second = stage.post(install()), stage.post(install(OTHER_ROOT, Ca.MF))
    # when
    stage.pass_time(module.JOB_S + 1)
    meanwhile = stage.ask(VERIFY)
    stage.pass_time(module.DEATH_S + 5)
    # then
    answers = dict(stage.answers())
    assert meanwhile == VALID
    assert answers[first].result == "WriteError"
    assert answers[second].result == "Accepted"


def test_a_write_that_comes_to_life_again_cannot_undo_a_later_one(stage, monkeypatch):
    # given a worker that hangs over an installation, and supervisors that do not notice
    monkeypatch.setattr(supervision, "hung", lambda *_: False)
    monkeypatch.setattr(module.CertificateManagerActor, "_overdue", lambda _self, _worker: None)
    base, busy = stage.simulation.base, stage.manager()._pool
    first, second = stage.post(install()), stage.post(delete_other_root())
    while install() not in {job.command for job in busy.busy.values()}:
        base.step()
    (worker,) = [name for name, job in busy.busy.items() if job.command == install()]
    stage.simulation.hang(f"site/{worker}")
    # when
    stage.pass_time(module.JOB_S + module.DEATH_S + 10)
    early = dict(stage.answers())
    for letter in base.hung.pop(stage.simulation.actor(f"site/{worker}").myAddress.actorAddressString):
        base._pendingSends.append(letter)
    stage.pass_time(10)
    # then
    assert {number: result_of(reply) for number, reply in early.items()} == {first: "WriteError"}
    assert [result_of(reply) for reply in stage.answers_to(second)] == ["Accepted"]
    assert stage.heard() == ["Installed MO", "Deleted MO"]


def delete_other_root():
    other = other_world()["V2G_ROOT_CA"]
    return delete(other, other)


def test_a_worker_that_was_not_heard_is_asked_again(tmp_path, evsite_faults):
    evsite_faults([Rule(fault=Fault.DROP, actor="StoreWorkerActor", tag="message.reply", times=3)])
    provision(tmp_path / "certs")
    stage = Stage(tmp_path)
    number = stage.post(VERIFY)
    stage.pass_time(module.AWAIT_S - 5)
    early = stage.answers()
    stage.pass_time(10)

    assert early == []
    assert stage.answers_to(number) == [VALID]


def test_what_could_not_be_remembered_is_remembered_later(stage, evsite_faults):
    # given
    remember = "actors.certificates.messages.remember"
    evsite_faults([Rule(fault=Fault.CRASH, actor="StoreWorkerActor", tag=remember, times=2)])
    stage.ask(install())
    stage.pass_time(10)
    # when
    stage.simulation.kill(MANAGER)
    stage.pass_time(5)
    # then
    assert stage.heard() == ["Installed MO"]


def test_a_successor_tells_what_has_changed_since_its_predecessor(stage):
    # given
    stage.pass_time(5)
    stage.simulation.kill(MANAGER)
    # when
    add_leaf(stage.certs, "meanwhile")
    stage.pass_time(5)
    # then
    assert stage.heard() == ["Installed V2G"]


def test_a_site_that_was_down_is_told_what_changed(stage):
    # given
    stage.pass_time(5)
    stage.simulation.tell("site", engine.Stop(within_s=3.0))
    add_leaf(stage.certs, "meanwhile")
    # when
    Stage(stage.directory).pass_time(5)
    # then
    assert stage.heard() == ["Installed V2G"]


# -- limits ------------------------------------------------------------------------------------------------


def test_commands_that_write_are_done_in_the_order_they_came(stage):
    # given twenty deletions and installations of one root in turn
    commands = [install(text(ROOT.certificate), Ca.V2G) if n % 2 else delete(ROOT, ROOT) for n in range(20)]
    # when
    numbers = [stage.post(command) for command in commands]
    stage.pass_time(5)
    # then
    answers = stage.answers()
    assert [number for number, _ in answers] == numbers
    assert {result_of(reply) for _, reply in answers} == {"Accepted"}
    assert stage.heard() == ["Deleted V2G", "Installed V2G"] * 10


def test_too_many_commands_at_once_are_refused_at_once(stage):
    # given
    for worker in WORKERS:
        stage.simulation.hang(worker)
    # when
    numbers = [stage.post(VERIFY) for _ in range(MAX_WAITING + 10)]
    stage.simulation.run()
    refused = stage.answers()
    stage.pass_time(20)
    answered = stage.answers()
    # then
    assert {reply.reason for _, reply in refused} == {FailureReason.OVERLOADED}
    assert {reply.result for _, reply in answered} == {"Valid"}
    assert sorted(number for number, _ in (*refused, *answered)) == numbers


def test_a_command_told_without_an_asker_is_carried_out(stage):
    stage.simulation.tell(MANAGER, install())
    stage.pass_time(5)

    assert stage.heard() == ["Installed MO"]


def test_a_verdict_says_why_and_shows_certificates_as_der(stage):
    chain = [pem.to_der(one) for one in world()["MO_LEAF"].chain]
    good = stage.ask(messages.Verify(certificates=(chain[0], *chain[:0:-1]), domains=(Domain.MO,)))
    bad = stage.ask(messages.Verify(certificates=tuple(chain[:1]), domains=(Domain.MO,)))

    assert good.path[0] == chain[0]
    assert (good.result, good.reason) == ("Valid", "")
    assert (bad.result, bad.reason) == ("IssuerNotFound", "no certificate of its issuer is known")


def test_the_leaf_of_an_evse_comes_first_for_its_secc(stage):
    add_leaf(stage.certs, "mine", common_name="DE*EVS*E9", end=NOW + 2 * DAY)

    found = stage.ask(messages.GetSeccCertificates(secc_id="DE*EVS*E9")).result

    assert "mine" in str(found.info[0].certificate)


def test_a_request_for_iso_15118_20_has_the_key_that_its_cars_take(stage):
    ask = messages.GenerateIso20SigningRequest(country="DE", organization="O", common="E1", use_tpm=False)

    made = stage.ask(ask).result

    assert kind_of(load_request(made.csr).public_key()) is KeyKind.P521


def test_an_secc_is_told_where_the_revocation_lists_are(tmp_path):
    provision(tmp_path / "certs")
    listed = pki.crl(world()["CPO_SUB_CA2"], period=pki.Period.around(NOW))
    path = put(tmp_path / "certs/crl/list.pem", listed.public_bytes(Encoding.PEM))

    found = Stage(tmp_path, crl_directory="crl").ask(messages.GetSeccCertificates(secc_id=""))

    assert found.revocation_lists == (str(path),)


def test_an_secc_is_told_which_roots_vehicles_may_have_beside_those_of_v2g(tmp_path):
    provision(tmp_path / "certs")
    path = put(tmp_path / "certs/ca/oem/OEM_ROOT_CA.pem", b"roots")
    ask = messages.GetSeccCertificates(secc_id="")

    assert Stage(tmp_path).ask(ask).vehicle_roots == (str(path),)
    path.unlink()
    assert Stage(tmp_path).ask(ask).vehicle_roots == ()
    assert Stage(tmp_path, oem_ca_bundle="").ask(ask).vehicle_roots == ()


# -- configuration -----------------------------------------------------------------------------------------


def test_files_go_where_the_configuration_says_and_nowhere_else(tmp_path):
    # given EVerest's directories at a place of their own, and keys apart from certificates
    places = {
        "certificate_root": str(tmp_path / "etc/everest/certs"),
        "mo_ca_bundle": "roots/mo",
        "secc_leaf_cert_directory": "secc",
        "secc_leaf_key_directory": str(tmp_path / "keys"),
    }
    stage = Stage(tmp_path, **places)
    # when
    stage.ask(install(text(ROOT.certificate), Ca.V2G))
    stage.ask(install(kind=Ca.MO))
    chain = signed(stage.ask(REQUEST).result.csr)
    updated = stage.ask(say.UpdateLeafCertificate(certificate_chain=chain, certificate_type=Leaf.V2G))
    # then
    assert updated.result == "Accepted"
    names = {path.parent.relative_to(tmp_path) for path in tmp_path.rglob("*.pem") if path.stat().st_size}
    assert {str(one) for one in names} == {
        "etc/everest/certs/ca/v2g", "etc/everest/certs/roots/mo", "etc/everest/certs/secc",
    }  # fmt: skip
    (key,) = tmp_path.rglob("*.key")
    assert (key.parent, key.stat().st_mode & 0o777) == (tmp_path / "keys", 0o600)
    assert not stage.certs.exists()


def test_with_a_password_keys_are_encrypted_and_leaves_are_used(tmp_path):
    # given
    provision(tmp_path / "certs", ("ca/",))
    stage = Stage(tmp_path, private_key_password="secret")
    # when
    chain = signed(stage.ask(REQUEST).result.csr)
    stage.ask(say.UpdateLeafCertificate(certificate_chain=chain, certificate_type=Leaf.V2G))
    found = stage.ask(messages.GetSeccCertificates(secc_id="")).result
    # then
    (key,) = (stage.certs / "client/cso").glob("*.key")
    assert b"ENCRYPTED" in key.read_bytes()
    assert [one.password for one in found.info] == ["secret"]
