"""What a car may be told of its contract by a real store, and a contract somebody made for himself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from certs import pki
from certs.keys import KeyKind
from certs.pki.hierarchies import contents
from certs.pki.issuing import CA_USAGES
from protocols.interfaces import evse_security
from tests.support import certificates, stores

if TYPE_CHECKING:
    from pathlib import Path

    from certs.pki import Identity
    from certs.store import Store
    from protocols.message import Reply


def forged_contract(name: str = "MO_LEAF") -> tuple[Identity, tuple[bytes, ...]]:
    """A CA made by its owner in another's name, and its chain: the genuine contract lies behind it."""
    made = certificates.world()
    edition = pki.Edition.ISO20 if name.endswith("_20") else pki.Edition.ISO2
    usual = contents(made.rows[name], made.options, edition)
    kind = KeyKind.P521 if name.endswith("_20") else KeyKind.P256
    forged = pki.insecure_mint("thief", 9000).identity(
        "FORGED", replace(usual, ca=True, usages=CA_USAGES), None, kind=kind
    )
    return forged, tuple(map(certificates.der, (forged.certificate, *made[name].chain)))


def answer_truly(bench: Any, root: Path) -> None:
    """Answer everything a bench has asked `security` from a store with everything a station has."""
    store = stores.opened(stores.provision(root, made=certificates.world()))
    for ask, asked in tuple(bench.asks.items()):
        bench.answer(ask, _reply(store, asked.command, bench.now))


def _reply(store: Store, command: Any, now: Any) -> Reply:
    if isinstance(command, evse_security.VerifyCertificate):
        found = store.verify_certificate(command.certificate_chain, command.certificate_types, now=now)
        return evse_security.VerifyCertificateReply(result=found)
    data = store.get_mo_ocsp_request_data(command.certificate_chain, now=now)
    return evse_security.GetMoOcspRequestDataReply(request_data=data)
