"""Was this chain issued for that server? For the CSMS a station calls; cars name no server.

Names are matched here, so that a server without alternative names can be let in by its CN where the
operator says so (VerifyCsmsCommonName). Where it serves - alternative names, algorithms of the web - the
verifier of `cryptography` must agree: two independent readers of the same path.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.x509 import verification

from certs import names
from certs.keys import KeyKind
from certs.verdict import Reason, Refused

if TYPE_CHECKING:
    from datetime import datetime

    from certs.facts import Facts

WEB_KEYS: Final = frozenset({KeyKind.RSA, KeyKind.P256, KeyKind.P384, KeyKind.P521})
"""What `cryptography`'s verifier knows."""
_SHOWN: Final = 200


def check_server(
    path: tuple[Facts, ...], server_name: str, now: datetime, *, common_name_serves: bool
) -> Refused | None:
    """None if the leaf is for this DNS name or IP address; the reason if not."""
    leaf = path[0]
    fallback = names.common_name(leaf.certificate) if common_name_serves else None
    if not names.covers(leaf.alternative_names, server_name, fallback=fallback):
        return Refused(reason=Reason.SERVER_NAME, certificate=leaf.certificate, detail=server_name[:_SHOWN])
    if leaf.alternative_names and all(one.kind in WEB_KEYS for one in path):
        return _second_opinion(path, server_name, now)
    return None


def _second_opinion(path: tuple[Facts, ...], server_name: str, now: datetime) -> Refused | None:
    leaf, *others = (one.certificate for one in path)
    policy = verification.ExtensionPolicy
    builder = (
        verification.PolicyBuilder()
        .store(verification.Store([others[-1]]))
        .time(now)
        .max_chain_depth(len(path))
        .extension_policies(
            ca_policy=policy.permit_all().require_present(
                x509.BasicConstraints, verification.Criticality.AGNOSTIC, None
            ),
            ee_policy=policy.permit_all().require_present(
                x509.SubjectAlternativeName, verification.Criticality.AGNOSTIC, None
            ),
        )
    )
    try:
        builder.build_server_verifier(_subject(server_name)).verify(leaf, others[:-1])
    except verification.VerificationError as error:
        return Refused(reason=Reason.SERVER_NAME, certificate=leaf, detail=str(error)[:_SHOWN])
    return None


def _subject(server_name: str) -> x509.IPAddress | x509.DNSName:
    try:
        return x509.IPAddress(ipaddress.ip_address(server_name))
    except ValueError:
        return x509.DNSName(server_name.rstrip("."))
