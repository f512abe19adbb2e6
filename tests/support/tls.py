"""A Plug & Charge world for TLS tests, and the wire between two ends."""

import functools
from datetime import UTC, datetime, timedelta

from certs import pki
from certs.profiles import Domain
from certs.tls import ClientContext, ClientMaterial, Edition, Identity, ServerContexts, ServerMaterial, State
from protocols.iso15118.capture.keylog import KeyLog
from protocols.iso15118.capture.tcp import Side
from protocols.iso15118.capture.tls import TlsReader

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=3650)
"""When every leaf has expired."""


@functools.cache
def world(seed="tls", kind=pki.Options.__dataclass_fields__["iso20_kind"].default):
    """The hierarchies; other seeds are other worlds, which trust none of this one's."""
    options = pki.Options(now=NOW, iso20_kind=kind, organization=f"EVSITE {seed}"[:60])
    return pki.build(options, pki.insecure_mint(seed))


@functools.cache
def staple_of(name, seed="tls", **how):
    """An OCSP response about a leaf."""
    made = world(seed)[name]
    return pki.ocsp_response(made.certificate, made.issuer, period=pki.Period.around(NOW), **how)


def identity_of(made, *, staple=None):
    """What `certs.pki` has made, as an identity for TLS."""
    return Identity(certificates=made.chain, key=made.key, root=made.path[-1], staple=staple)


@functools.cache
def secc(name="SECC_LEAF", seed="tls", *, stapled=True):
    """The station's chain of -2, or with another name of -20."""
    return identity_of(world(seed)[name], staple=staple_of(name, seed) if stapled else None)


@functools.cache
def vehicle(seed="tls"):
    """The car's chain of -20."""
    return identity_of(world(seed)["VEHICLE_LEAF_20"])


def v2g_roots(seed="tls"):
    return world(seed).roots(Domain.V2G)


def oem_roots(seed="tls"):
    return world(seed).roots(Domain.OEM)


def station(*identities, key_log=False, **more):
    """Contexts of a station; by default it speaks both editions."""
    chosen = identities or (secc(), secc("SECC_LEAF_20"))
    material = ServerMaterial(identities=chosen, vehicle_roots=oem_roots(), **more)
    return ServerContexts(material, key_log=key_log)


def car(*editions, seed="tls", key_log=False, **more):
    """A context of a car; by default it speaks -2."""
    chosen = frozenset(editions or (Edition.ISO2,))
    given = {"identity": vehicle(seed) if Edition.ISO20 in chosen else None, "roots": v2g_roots(seed)} | more
    return ClientContext(ClientMaterial(editions=chosen, **given), key_log=key_log)


def pump(client, server, *, chunk=None, tap=None):
    """Carry bytes both ways until both are silent; `tap` gets (side, bytes) of each flight."""
    while True:
        moved = False
        for side, sender, receiver in ((Side.CLIENT, client, server), (Side.SERVER, server, client)):
            data = sender.data_to_send()
            moved = moved or bool(data)
            if tap is not None and data:
                tap(side, data)
            for at in range(0, len(data), chunk or max(1, len(data))):
                receiver.receive_data(data[at : at + (chunk or len(data))])
        if not moved:
            return


def meet(contexts=None, context=None, *, now=NOW, chunk=None, tap=None):
    """A car and a station after their handshake, however that ended."""
    client = (context or car()).connect(now=now)
    server = (contexts or station()).accept(now=now)
    pump(client, server, chunk=chunk, tap=tap)
    return client, server


def both_open(client, server):
    return client.state is State.OPEN and server.state is State.OPEN


def talk(client, server):
    """Whether data goes both ways."""
    client.write(b"\x01\xfe\x80\x01 request")
    pump(client, server)
    server.write(b"\x01\xfe\x80\x01 response" + server.read())
    pump(client, server)
    return client.read() == b"\x01\xfe\x80\x01 response\x01\xfe\x80\x01 request"


def decrypt(flights, lines):
    """What applications said in captured flights, by the key log: an oracle that is not OpenSSL."""
    log = KeyLog()
    log.add("\n".join(lines))
    reader = TlsReader(log)
    said = [pair for side, data in flights for pair in reader.feed(side, data)]
    assert reader.error is None, reader.error
    return said
