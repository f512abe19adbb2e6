import gc
import logging

import pytest
from OpenSSL import SSL

from certs.errors import CertificateError, Problem
from certs.tls import Edition, Fault, State, binding
from certs.tls.binding import AVAILABLE, NEEDED, Feature
from tests.support.tls import NOW, both_open, car, meet, pump, secc, station, talk, vehicle

BOTH = pytest.mark.parametrize("edition", list(Edition))


@pytest.mark.parametrize("feature", list(Feature), ids=lambda feature: feature.name)
def test_the_binding_has_what_we_need(feature):
    lacking = binding.missing().get(feature, ())

    assert not lacking, (
        f"{feature.name}: pyOpenSSL {SSL.SSLeay_version(0)!r} no longer offers {', '.join(lacking)}. "
        "certs/tls/binding.py says what is lost; pin the version before, or mend the binding."
    )
    assert feature in AVAILABLE


def test_a_function_of_another_type_counts_as_missing():
    changed = {Feature.GROUPS: {"SSL_CTX_set1_curves_list": "int(*)(SSL_CTX *)", "SSL_new_magic": "int(*)()"}}

    assert binding.missing(changed) == {
        Feature.GROUPS: ("SSL_CTX_set1_curves_list: int(*)(SSL_CTX *)", "SSL_new_magic: int(*)()")
    }


def test_what_is_missing_is_not_available(monkeypatch):
    class Poor:
        """A binding that has lost one function, and whose OpenSSL knows trusted_ca_keys itself."""

        def __getattr__(self, name):
            if name == "SSL_CTX_set_verify":
                raise AttributeError(name)
            return getattr(SSL._lib, name)

    monkeypatch.setattr(binding, "_lib", Poor())

    assert binding._available() == frozenset(Feature) - {Feature.VERIFICATION}


def test_an_extension_openssl_handles_itself_is_left_to_it(monkeypatch):
    monkeypatch.setattr(binding, "TRUSTED_CA_KEYS", 47)

    assert Feature.TRUSTED_CA_KEYS not in binding._available()


def test_without_a_way_back_to_the_connection_nothing_is_verified_early(monkeypatch):
    monkeypatch.delattr(SSL.Connection, "_reverse_mapping")

    assert Feature.VERIFICATION not in binding._available()


def test_every_function_is_checked_that_is_used():
    used = {name for functions in NEEDED.values() for name in functions}
    names = {*binding.verify_peers.__code__.co_names, *binding._chain.__code__.co_names}

    assert {name for name in names if name.startswith(("SSL_", "X509_STORE", "sk_"))} <= used


@pytest.fixture
def bare(monkeypatch):
    """As if the binding had nothing that we need."""
    monkeypatch.setattr(binding, "AVAILABLE", frozenset())


@BOTH
def test_without_the_binding_connections_still_work(bare, edition):
    client, server = meet(station(), car(edition))

    assert talk(client, server)
    assert client.peer is not None
    assert server.edition is edition


def test_without_the_binding_the_car_names_no_roots(bare):
    _, server = meet(station(), car())

    assert server.hello.trusted_authorities is None


def test_without_the_binding_hints_still_choose_the_chain(monkeypatch):
    context = car()
    monkeypatch.setattr(binding, "AVAILABLE", frozenset())

    client, server = meet(station(secc(seed="second root"), secc()), context)

    assert both_open(client, server)
    assert server.identity is secc()


@pytest.mark.parametrize("identity", [None, vehicle("other")], ids=["none", "unknown"])
def test_without_the_binding_a_bad_car_is_still_refused(bare, identity):
    client, server = meet(station(), car(Edition.ISO20, identity=identity))

    assert server.state is State.FAILED
    assert server.failure.fault is (Fault.PEER_CERTIFICATE if identity else Fault.NO_PEER_CERTIFICATE)
    assert client.read() == b""


@BOTH
def test_without_the_binding_a_bad_station_is_still_refused(bare, edition):
    client, _ = meet(station(), car(edition, roots=(secc(seed="other").root,)))

    assert client.failure.fault is Fault.PEER_CERTIFICATE


def test_without_the_binding_a_missing_staple_is_still_found(bare):
    client, _ = meet(station(secc(stapled=False)), car(staple_required=True))

    assert client.failure.fault is Fault.STAPLE


@pytest.mark.parametrize("error", [RuntimeError("a bug"), CertificateError(Problem.MALFORMED)])
def test_a_judge_that_raises_refuses_the_peer(error, caplog):
    # given
    def judge(_data, _chain):
        raise error

    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    assert binding.verify_peers(context, judge)
    client = SSL.Connection(context, None)
    client.set_connect_state()
    server = station(secc()).accept(now=NOW)

    # when
    with caplog.at_level(logging.ERROR):
        with pytest.raises(SSL.WantReadError):
            client.do_handshake()
        server.receive_data(client.bio_read(4096))
        client.bio_write(server.data_to_send())
        with pytest.raises(SSL.Error):
            client.do_handshake()

    # then
    assert ("a bug" in caplog.text) is isinstance(error, RuntimeError)
    server.receive_data(client.bio_read(4096))
    assert server.failure.fault is Fault.PEER_ALERT


def test_groups_that_do_not_exist_are_not_set():
    context = SSL.Context(SSL.TLS_METHOD)

    assert not binding.limit_groups(context, "P-12")
    assert not binding.limit_signatures(context, "crc32")
    SSL._lib.ERR_clear_error()


def test_what_c_points_to_outlives_its_maker():
    context = car(Edition.ISO2)
    gc.collect()

    client, server = meet(station(), context)
    pump(client, server)
    assert both_open(client, server)
