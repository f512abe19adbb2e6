"""What the back-ends of `ocpp_peer` have to say about certificates: a PKI, and what is done with its keys.

How an answer travels, and whether it may look so, is the business of the back-end's library; what it says of
OCSP, contracts and tokens is that of our simulated back-end, for it takes a PKI.
"""

from __future__ import annotations

import functools
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from actors.simulation.csms import answers
from actors.simulation.csms.authority import Authority, Use
from actors.simulation.csms.script import Certificates, Script
from actors.simulation.csms.transactions import Transactions
from certs import pki
from tests.support.multiplexed import living_pki

if TYPE_CHECKING:
    from protocols.ocpp.frames import Payload
    from protocols.ocpp.version import Version

SERVED: Final = ("Authorize", "GetCertificateStatus", "Get15118EVCertificate")
"""What it answers."""


@functools.cache
def foreign() -> pki.Pki:
    """Another PKI than the station's."""
    return pki.build(pki.Options(now=datetime.now(UTC)), pki.insecure_mint("foreign"))


def authority(made: pki.Pki) -> Authority:
    """The CAs of a PKI."""
    settings = Certificates(organization=None)
    return Authority(identities=made.identities, settings=settings, random=secrets.token_bytes)


def signed(csr: str, use: Use, made: pki.Pki) -> str:
    """A chain for a request, leaf first, by the CA of a PKI."""
    return authority(made).sign(csr, use, datetime.now(UTC))


class Service:
    """Of one back-end in one version."""

    def __init__(self, version: Version) -> None:
        self._version, self._authority = version, authority(living_pki())

    def answer(self, action: str, payload: Payload) -> Payload:
        """To one request of the station."""
        asked = answers.Asked(
            station="", version=self._version, action=action, payload=payload, now=datetime.now(UTC),
            script=Script(), authority=self._authority, transactions=Transactions(),
        )  # fmt: skip
        return answers.answer(asked)
