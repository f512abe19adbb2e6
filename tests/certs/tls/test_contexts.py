import subprocess
import sys

import pytest
from OpenSSL import SSL

from certs.tls import Edition
from certs.tls.client_hello import HelloReader
from certs.tls.contexts import client_context, server_context
from certs.tls.editions import RULES
from certs.tls.material import ClientMaterial, ServerMaterial
from tests.support.tls import NOW, car, oem_roots, secc, v2g_roots


def offered(*editions, **more):
    return HelloReader().feed(car(*editions, **more).connect(now=NOW).data_to_send())


@pytest.mark.parametrize("edition", list(Edition))
def test_a_car_offers_what_its_edition_asks_for(edition):
    rules, said = RULES[edition], offered(edition)

    assert said.offers(rules.version)
    assert said.groups == tuple(rules.groups.values())
    assert said.signature_schemes == tuple(rules.signatures.values())
    assert set(said.suites) - {0x00FF} == set(rules.suites.values())
    assert said.wants_status


def test_a_car_of_both_editions_offers_all_of_it():
    said = offered(*Edition)

    assert all(said.offers(rules.version) for rules in RULES.values())
    assert said.groups == (0x19, 0x1E, 0x17)


def test_a_car_names_its_roots_to_stations_of_the_older_edition():
    assert len(offered(Edition.ISO2).trusted_authorities) == len(v2g_roots())
    assert offered(Edition.ISO20).trusted_authorities is None
    assert offered(Edition.ISO2, hints=None).trusted_authorities is None


@pytest.mark.parametrize("edition", list(Edition))
def test_a_server_context_keeps_to_the_rules(edition):
    rules, identity = RULES[edition], secc("SECC_LEAF" if edition is Edition.ISO2 else "SECC_LEAF_20")
    material = ServerMaterial(identities=(identity,), vehicle_roots=oem_roots())

    context = server_context(rules, identity, material, acknowledge=False, key_log=False)

    assert context.get_session_cache_mode() == SSL.SESS_CACHE_OFF
    verify = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
    assert context.get_verify_mode() == (verify if rules.client else SSL.VERIFY_NONE)
    wanted = SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_TICKET | SSL.OP_NO_COMPRESSION
    assert context.set_options(0) & wanted == wanted


def test_without_limited_groups_one_curve_is_still_enforced(monkeypatch):
    monkeypatch.setattr("certs.tls.binding.AVAILABLE", frozenset())

    context = client_context(ClientMaterial(roots=v2g_roots()), key_log=False)

    connection = SSL.Connection(context, None)
    connection.set_connect_state()
    with pytest.raises(SSL.WantReadError):
        connection.do_handshake()
    assert HelloReader().feed(connection.bio_read(4096)).groups == (0x17,)


FIRST_CONTEXTS = """
import os, resource
from OpenSSL import SSL
from certs import tls

def pages_of_a_child():
    reader, writer = os.pipe()
    if os.fork() == 0:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        SSL.Context(SSL.TLS_SERVER_METHOD)
        os.write(writer, str(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before).encode())
        os._exit(0)
    os.wait()
    return int(os.read(reader, 20))

cold = pages_of_a_child()
tls.prepare()
print(cold, pages_of_a_child())
"""


@pytest.mark.timeout(60)
def test_children_of_a_prepared_process_need_less_for_their_first_context():
    said = subprocess.run([sys.executable, "-c", FIRST_CONTEXTS], check=True, capture_output=True, text=True)

    cold, warm = map(int, said.stdout.split())
    assert warm < cold / 2
