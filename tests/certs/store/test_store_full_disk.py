"""A disk of its own that is really full: every command that writes fails with its value and loses nothing."""

import base64

import pytest

from certs.hashes import hash_data
from certs.pki import Period, ocsp_response
from certs.store import OcspUpdate
from certs.store.hash_types import to_message
from protocols.types import evse_security as types
from tests.support.disk import fill, needs_root, small_disk
from tests.support.stores import (
    NOW,
    Ca,
    Leaf,
    opened,
    other_world,
    provision,
    requested,
    signed,
    station,
    text,
    tree,
    world,
)

ROOM = 1024 * 1024
ROOT = text(other_world()["V2G_ROOT_CA"].certificate)


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "disk", ROOM) as folder:
        yield folder


def mine(folder):
    return tree(folder, lambda name: "ballast" not in name)


@needs_root
def test_a_full_disk_refuses_everything_and_keeps_everything(disk):
    # given a station with an unanswered request, and not a byte of room
    store = station(disk)
    answer = signed(requested(store))
    leaf, sub = world()["SECC_LEAF"], world()["CPO_SUB_CA2"]
    der = ocsp_response(leaf.certificate, sub, period=Period.around(NOW))
    about = to_message(hash_data(leaf.certificate, sub.certificate))
    before = mine(disk)
    ballast = fill(disk)

    def everything():
        return (
            store.install_ca_certificate(ROOT, Ca.V2G, now=NOW).value,
            store.update_leaf_certificate(answer, Leaf.V2G, now=NOW).value,
            store.generate_certificate_signing_request(
                Leaf.V2G, "DE", "O", "CN", use_tpm=False, now=NOW
            ).status.value,
            store.update_ocsp_cache(about, base64.b64encode(der).decode(), now=NOW),
        )

    # when everything is asked of it, then each command says that it could not
    assert everything() == ("WriteError", "WriteError", "KeyGenError", OcspUpdate.WRITE_ERROR)
    assert store.delete_certificate(about) is types.DeleteCertificateResult.FAILED

    # and nothing is lost, half written or left behind
    assert mine(disk) == before

    # and with room again everything works, without a restart
    ballast.unlink()
    assert everything()[:3] == ("Accepted", "Accepted", "Accepted")


@needs_root
def test_questions_are_answered_while_the_disk_is_full(disk):
    provision(disk)
    store = opened(disk)
    fill(disk)

    assert store.is_ca_certificate_installed(Ca.V2G)
    assert store.get_leaf_expiry_days_count(Leaf.V2G, now=NOW) > 300
    assert opened(disk).is_ca_certificate_installed(Ca.MO)
