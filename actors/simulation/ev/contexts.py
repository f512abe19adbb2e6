"""How a car speaks TLS, from what it is and holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.simulation.ev.script import Protocol
from certs.tls import ClientContext, ClientMaterial, Edition

if TYPE_CHECKING:
    from actors.simulation.ev.script import Car
    from actors.simulation.ev.wallet import Wallet


def client_context(car: Car, wallet: Wallet, *, key_log: bool = False) -> ClientContext:
    """TLS 1.2 with trusted_ca_keys for -2, 1.3 with the vehicle's certificate for -20, or both."""
    editions = set()
    if Protocol.ISO20 in car.protocols:
        editions.add(Edition.ISO20)
    if {Protocol.ISO2, Protocol.DIN} & set(car.protocols):
        editions.add(Edition.ISO2)
    material = ClientMaterial(
        roots=wallet.v2g_roots, editions=frozenset(editions), identity=wallet.vehicle_identity
    )
    return ClientContext(material, key_log=key_log)
