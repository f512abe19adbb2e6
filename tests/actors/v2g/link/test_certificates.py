"""Row S3.3. The certificate manager is played: its answers come when a test says so."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from actors.certificates.messages import GetSeccCertificates, GetSeccCertificatesReply, RevocationChanged
from actors.v2g.link.certificates import ServerCertificates
from certs import pki
from certs.keys import key_to_pem
from certs.pem import to_pem
from certs.tls import Edition
from certs.verdict import Reason
from protocols.interfaces import evse_security
from protocols.message import Failure, FailureReason
from protocols.types import evse_security as types
from tests.support.tls import NOW, oem_roots, world

Status = types.GetCertificateInfoStatus


class House:
    """What a link is to its certificates: keeps what is asked, subscribed to and logged."""

    def __init__(self):
        self.asked, self.subscribed, self.timers, self.logged = [], {}, {}, []
        self.log = self

    def ask(self, name, command, then, **_how):
        assert name == "certificates/main"
        self.asked.append((command, then))

    def subscribe(self, _name, kind, then):
        self.subscribed[kind] = then

    def start_timer(self, name, after_s, action):
        self.timers[name] = (after_s, action)

    def warning(self, event, **_facts):
        self.logged.append(event)

    def answer(self, reply):
        """Answer what was asked first; the command."""
        command, then = self.asked.pop(0)
        then(reply)
        return command


class Scene:
    """Files of a station, and its link's certificates."""

    def __init__(self, directory, *, editions=frozenset(Edition)):
        self.directory, self.house, self.changes = directory, House(), 0
        for name in ("SECC_LEAF", "SECC_LEAF_20"):
            (directory / f"{name}.pem").write_bytes(to_pem(world()[name].chain))
            (directory / f"{name}.key").write_bytes(key_to_pem(world()[name].key))
        self.roots = directory / "roots.pem"
        self.roots.write_bytes(to_pem(oem_roots()))
        self.made = ServerCertificates(
            self.house, "certificates/main", editions=editions, key_log=False, changed=self.changed
        )

    def changed(self):
        self.changes += 1

    def result(self, *names):
        info = tuple(
            types.CertificateInfo(
                key=str(self.directory / f"{name}.key"),
                certificate=str(self.directory / f"{name}.pem"),
                certificate_count=1,
            )
            for name in names
        )
        return types.GetCertificateFullInfoResult(status=Status.ACCEPTED, info=info)

    def answer(self, *names, lists=(), roots=None):
        """Answer both questions; what the first one was."""
        asked = self.house.answer(
            GetSeccCertificatesReply(result=self.result(*names), revocation_lists=lists)
        )
        self.house.answer(evse_security.GetVerifyFileReply(path=str(roots or self.roots)))
        return asked


@pytest.fixture
def scene(tmp_path):
    made = Scene(tmp_path)
    made.made.follow()
    return made


def editions(scene):
    return [each.edition for each in scene.made.contexts.material.identities]


def test_the_chains_of_the_manager_are_served_and_told_of(scene):
    asked = scene.answer("SECC_LEAF", "SECC_LEAF_20")

    assert asked == GetSeccCertificates(secc_id="")
    assert (editions(scene), scene.changes) == ([Edition.ISO2, Edition.ISO20], 1)


def test_only_chains_of_the_editions_that_are_spoken_are_served(tmp_path):
    scene = Scene(tmp_path, editions={Edition.ISO2})
    scene.made.fetch()

    scene.answer("SECC_LEAF", "SECC_LEAF_20")

    assert editions(scene) == [Edition.ISO2]


def test_the_chains_of_ones_own_name_are_asked_for_once_it_is_known(scene):
    scene.answer("SECC_LEAF")

    scene.made.be("DE*EVS*E1")
    scene.made.be("DE*EVS*E1")

    assert [command for command, _then in scene.house.asked] == [GetSeccCertificates(secc_id="DE*EVS*E1")]


@pytest.mark.parametrize("news", [evse_security.CertificateStoreUpdate, RevocationChanged])
def test_news_of_the_store_are_followed(scene, news):
    scene.answer("SECC_LEAF")
    first = scene.made.contexts

    scene.house.subscribed[news](None)
    scene.answer("SECC_LEAF_20")

    assert scene.made.contexts is first
    assert (editions(scene), scene.changes) == ([Edition.ISO20], 2)


def test_the_lists_of_the_manager_count_against_vehicles(scene):
    broken = pki.broken(world(), "VEHICLE_LEAF_20", "revoked")
    path = scene.directory / "oem.crl"
    path.write_bytes(broken.crls[0].public_bytes(Encoding.DER))

    scene.answer("SECC_LEAF_20", lists=(str(path),))

    known = scene.made.contexts.material.revocation
    assert known.check(broken.leaf, broken.received[0], NOW) is Reason.REVOKED


def test_a_manager_of_somebody_else_is_asked_as_everest_asks(scene):
    scene.house.answer(Failure(reason=FailureReason.UNSUPPORTED, detail=""))
    (command, _then), *_ = scene.house.asked
    scene.house.answer(evse_security.GetAllValidCertificatesInfoReply(result=scene.result("SECC_LEAF")))
    scene.house.answer(evse_security.GetVerifyFileReply(path=str(scene.roots)))

    assert isinstance(command, evse_security.GetAllValidCertificatesInfo)
    assert editions(scene) == [Edition.ISO2]


def test_a_manager_that_does_not_answer_is_asked_again(scene):
    scene.house.answer(Failure(reason=FailureReason.TIMEOUT, detail=""))
    after_s, ask_again = scene.house.timers["fetch certificates"]

    ask_again()
    scene.answer("SECC_LEAF")

    assert after_s > 0
    assert editions(scene) == [Edition.ISO2]


def test_news_during_a_fetch_are_fetched_after_it_and_once(scene):
    for news in scene.house.subscribed.values():  # the manager's workers would answer these in any order
        news(None)
    under_way = len(scene.house.asked)

    scene.answer()
    then = len(scene.house.asked)
    scene.answer("SECC_LEAF")

    assert (under_way, then, len(scene.house.asked)) == (1, 1, 0)
    assert (editions(scene), scene.changes) == ([Edition.ISO2], 2)


def test_a_failed_fetch_is_repeated_once_whatever_news_came(scene):
    scene.made.fetch()

    scene.house.answer(Failure(reason=FailureReason.TIMEOUT, detail=""))
    _after_s, ask_again = scene.house.timers["fetch certificates"]
    ask_again()
    scene.answer("SECC_LEAF")

    assert (editions(scene), len(scene.house.asked)) == ([Edition.ISO2], 0)


@pytest.mark.parametrize("roots", ["gone.pem", ""])
def test_without_roots_for_vehicles_the_older_edition_is_served(scene, roots):
    scene.house.answer(GetSeccCertificatesReply(result=scene.result("SECC_LEAF", "SECC_LEAF_20")))
    scene.house.answer(evse_security.GetVerifyFileReply(path=roots))

    assert editions(scene) == [Edition.ISO2]


def test_a_store_that_is_empty_ends_tls(scene):
    scene.answer("SECC_LEAF")

    scene.made.fetch()
    scene.answer()

    assert scene.made.contexts is None
    assert (scene.changes, scene.house.logged) == (2, ["v2g_without_tls"])
