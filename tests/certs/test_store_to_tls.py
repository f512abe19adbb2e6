"""From the store to the car: what is installed is what the next handshake shows (S2.10, S13.9, S18.8)."""

import base64
from datetime import timedelta
from pathlib import Path

import pytest

from certs import pem
from certs.hashes import hash_data
from certs.pki import Period, ocsp_response
from certs.store import OcspUpdate
from certs.store.hash_types import to_message
from certs.tls import ClientContext, ClientMaterial, ServerContexts, ServerMaterial, State, load_identity
from tests.support.stores import DAY, NOW, PEM, Ca, Leaf, add_leaf, renewed, station, world
from tests.support.tls import pump

SOON = NOW + timedelta(minutes=1)


@pytest.fixture
def store(tmp_path):
    return station(tmp_path)


def shown(store, now=SOON):
    """What a car gets that asks: it takes part in a whole handshake."""
    info = store.get_leaf_certificate_info(Leaf.V2G, PEM, include_ocsp=True, now=now).info
    chain = Path(info.certificate or info.certificate_single).read_bytes()
    staple = next((one.ocsp_path for one in info.ocsp or () if one.ocsp_path is not None), None)
    identity = load_identity(
        chain,
        Path(info.key).read_bytes(),
        root=pem.load_certificate(info.certificate_root),
        staple=Path(staple).read_bytes() if staple is not None else None,
    )
    roots = pem.load_certificates(Path(store.get_verify_file(Ca.V2G)).read_bytes())
    server = ServerContexts(ServerMaterial(identities=(identity,))).accept(now=now)
    client = ClientContext(ClientMaterial(roots=roots)).connect(now=now)
    pump(client, server)
    assert (client.state, server.state) == (State.OPEN, State.OPEN)
    return server.identity.leaf.serial_number, client.peer_staple


def test_a_renewed_leaf_is_shown_in_the_next_handshake(store):
    before, _ = shown(store)

    new = renewed(store, Leaf.V2G)

    after, _ = shown(store)
    assert after != before
    assert after == pem.load_certificates(new)[0].serial_number


def test_a_leaf_provisioned_by_hand_is_shown_in_the_next_handshake(store, tmp_path):
    leaf = add_leaf(tmp_path, "by-hand", end=NOW + 4000 * DAY)

    assert shown(store)[0] == leaf.serial_number


def test_an_answer_that_was_kept_is_stapled_in_the_next_handshake(store):
    leaf, sub = world()["SECC_LEAF"], world()["CPO_SUB_CA2"]
    der = ocsp_response(leaf.certificate, sub, period=Period.around(NOW))
    assert shown(store)[1] is None

    about = to_message(hash_data(leaf.certificate, sub.certificate))
    assert store.update_ocsp_cache(about, base64.b64encode(der).decode(), now=NOW) is OcspUpdate.STORED

    assert shown(store)[1] == der


def test_an_answer_somebody_has_exchanged_on_the_disk_is_not_stapled(store, tmp_path):
    leaf, sub = world()["SECC_LEAF"], world()["CPO_SUB_CA2"]
    period = Period.around(NOW)
    about = to_message(hash_data(leaf.certificate, sub.certificate))
    good = ocsp_response(leaf.certificate, sub, period=period)
    store.update_ocsp_cache(about, base64.b64encode(good).decode(), now=NOW)
    (path,) = (tmp_path / "client/cso/ocsp").glob("*.der")

    path.write_bytes(ocsp_response(leaf.certificate, sub, period=period, responder=world()["MO_SUB_CA1"]))

    assert shown(store)[1] is None
