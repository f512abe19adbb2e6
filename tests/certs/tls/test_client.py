from datetime import datetime, timedelta

import pytest
from OpenSSL import SSL

from certs import pki
from certs.ocsp import Status
from certs.revocation import Evidence
from certs.tls import Alert, Edition, Fault, Identity, ServerMaterial, State
from certs.verdict import Reason
from tests.support.tls import (
    NOW,
    both_open,
    car,
    identity_of,
    meet,
    oem_roots,
    pump,
    secc,
    staple_of,
    station,
    world,
)

BOTH = pytest.mark.parametrize("edition", list(Edition))
LEAVES = {Edition.ISO2: "SECC_LEAF", Edition.ISO20: "SECC_LEAF_20"}


UNSHOWN = {"expired", "expired-sub", "future", "weak-curve"}
"""Our server shows neither what is not valid now nor a key that no edition allows."""


def shows(*identities):
    """A station that shows what it is given, valid or not."""
    contexts = station()
    contexts.update(ServerMaterial(identities=identities, vehicle_roots=oem_roots()))
    return contexts


@BOTH
def test_a_car_speaks_first(edition):
    client = car(edition).connect(now=NOW)

    assert client.state is State.HANDSHAKE
    assert client.data_to_send()[:1] == b"\x16"


@BOTH
def test_a_car_knows_the_path_of_the_station(edition):
    client, _ = meet(context=car(edition))

    assert client.peer.path == world()[LEAVES[edition]].path


@BOTH
def test_a_station_nobody_knows_is_refused_by_both_ends(edition):
    client, server = meet(context=car(edition, roots=world("other").roots(pki.hierarchies.Domain.V2G)))

    assert client.failure.fault is Fault.PEER_CERTIFICATE
    assert client.failure.refused.reason is Reason.ISSUER_NOT_FOUND
    assert (server.failure.fault, server.failure.alert) == (Fault.PEER_ALERT, Alert.UNKNOWN_CA)


@pytest.mark.parametrize(
    ("edition", "variant"),
    [
        (edition, variant)
        for edition, name in LEAVES.items()
        for variant in pki.variants_of(world(), name)
        if variant not in UNSHOWN
        and (edition, variant) != (Edition.ISO2, "wrong-usage")  # OpenSSL does not sign with such a key
    ],
)
def test_a_broken_station_certificate_is_refused_with_its_reason(edition, variant):
    broken = pki.broken(world(), LEAVES[edition], variant)
    shown = Identity(certificates=(broken.leaf, *broken.received), key=broken.key)
    known = Evidence(responses=broken.responses, crls=broken.crls)

    client, server = meet(shows(shown), car(edition, revocation=known))

    assert client.failure.refused.reason is broken.reason
    assert server.failure.fault is Fault.PEER_ALERT


@BOTH
def test_a_car_whose_clock_is_ahead_sees_expired_certificates(edition):
    client = car(edition).connect(now=NOW + timedelta(days=400))
    server = station().accept(now=NOW)

    pump(client, server)

    assert client.failure.refused.reason is Reason.EXPIRED
    assert server.failure.alert == Alert.CERTIFICATE_EXPIRED


@BOTH
def test_a_station_that_staples_its_own_revocation_is_refused(edition):
    name = LEAVES[edition]
    shown = identity_of(world()[name], staple=staple_of(name, status=Status.REVOKED))

    client, server = meet(shows(shown), car(edition))

    assert client.failure.refused.reason is Reason.REVOKED
    assert server.state is not State.OPEN or edition is Edition.ISO20
    assert server.failure.alert == Alert.BAD_CERTIFICATE_STATUS_RESPONSE


@BOTH
@pytest.mark.parametrize("required", [False, True])
def test_a_missing_staple_matters_only_where_it_is_required(edition, required):
    shown = secc(LEAVES[edition], stapled=False)

    client, server = meet(shows(shown), car(edition, staple_required=required))

    assert both_open(client, server) is not required
    assert (client.failure.fault if client.failure else None) is (Fault.STAPLE if required else None)


@BOTH
def test_a_stale_staple_is_not_shown(edition):
    later = NOW + timedelta(days=30)

    client, server = meet(context=car(edition), now=later)

    assert both_open(client, server)
    assert (client.peer_staple, server.stapled) == (None, False)


@BOTH
def test_a_staple_that_is_not_the_issuers_never_reaches_the_car(edition):
    made = world()[LEAVES[edition]]
    forged = pki.ocsp_response(
        made.certificate, made.issuer, period=pki.Period.around(NOW), responder=world()["MO_SUB_CA1"]
    )

    client, server = meet(shows(identity_of(made, staple=forged)), car(edition))

    assert both_open(client, server)
    assert (client.peer_staple, server.stapled) == (None, False)


def test_a_car_of_the_older_edition_refuses_other_suites():
    # given a station that only has another suite
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_cipher_list(b"ECDHE-ECDSA-AES128-GCM-SHA256")
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    context.use_certificate(secc().leaf)
    context.use_privatekey(secc().key)
    server = SSL.Connection(context, None)
    server.set_accept_state()
    client = car().connect(now=NOW)

    # when
    server.bio_write(client.data_to_send())
    with pytest.raises(SSL.Error):
        server.do_handshake()
    client.receive_data(server.bio_read(4096))

    # then
    assert (client.failure.fault, client.failure.alert) == (Fault.PEER_ALERT, Alert.HANDSHAKE_FAILURE)


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 400\r\n", b"\x01\xfe\x80\x01\0\0\0\0", bytes.fromhex("160303000401000000")]
)
def test_a_station_that_speaks_no_tls_is_found_out(answer):
    client = car().connect(now=NOW)

    client.receive_data(answer)

    assert client.failure.fault is Fault.PROTOCOL


def test_a_station_that_closes_at_once_is_found_out():
    client = car().connect(now=NOW)

    client.receive_data(bytes.fromhex("15 0303 0002 01 00"))

    assert client.failure.fault is Fault.PEER_ALERT


def test_a_time_without_zone_is_a_mistake():
    with pytest.raises(ValueError, match="time zone"):
        car().connect(now=datetime(2026, 1, 1))  # noqa: DTZ001  # the point
