"""What is answered about id tokens and contracts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from actors.simulation.csms.authority import Standing
from certs import profiles
from certs.chain import verify
from certs.errors import CertificateError
from certs.hashes import HashAlgorithm, HashData
from certs.names import common_name
from certs.pem import load_certificates
from certs.profiles import Domain
from certs.verdict import Reason, Refused
from protocols.ocpp.times import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from actors.simulation.csms.authority import Authority
    from actors.simulation.csms.script import Contract, Script, Token
    from protocols.ocpp.frames import Payload

EMAID: Final = "eMAID"
ACCEPTED: Final = "Accepted"
NOT_ASKED: Final = frozenset({"NoAuthorization"})
STATUS_16: Final = frozenset({"Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"})
"""What OCPP 1.6 has; everything else is Invalid there."""
_OF_REASON: Final[Mapping[Reason, str]] = {
    Reason.EXPIRED: "CertificateExpired",
    Reason.REVOKED: "CertificateRevoked",
    Reason.SIGNATURE: "SignatureError",
    Reason.LEAF_SIGNATURE: "SignatureError",
}
"""Every other reason is a CertChainError."""
_IDS: Final[Mapping[str, str]] = {"CertificateExpired": "Expired"}
"""The status of the id token for a certificate's; Invalid for every other one."""


def normal(emaid: str) -> str:
    """An eMAID as it is compared: hyphens and case do not matter."""
    return emaid.replace("-", "").upper()


def token_info(script: Script, token: Payload, now: datetime) -> Payload:
    """The idTokenInfo of OCPP 2 for an id token."""
    if token["type"] in NOT_ASKED:
        return {"status": ACCEPTED}
    found = _entry(script, token["idToken"], token["type"])
    if found is None:
        return {"status": ACCEPTED if _is_open(script, token["type"]) else "Unknown"}
    info: Payload = {"status": found.status, **found.info}
    if found.valid_s is not None:
        info["cacheExpiryDateTime"] = text_of(now + timedelta(seconds=found.valid_s))
    if found.group is not None:
        info["groupIdToken"] = {"idToken": found.group, "type": "Central"}
    return info


def tag_info(script: Script, tag: str, now: datetime) -> Payload:
    """The idTagInfo of OCPP 1.6 for an id tag."""
    found = _entry(script, tag, None)
    if found is None:
        return {"status": ACCEPTED if script.tokens is None else "Invalid"}
    info: Payload = {"status": found.status if found.status in STATUS_16 else "Invalid"}
    if found.valid_s is not None:
        info["expiryDate"] = text_of(now + timedelta(seconds=found.valid_s))
    if found.group is not None:
        info["parentIdTag"] = found.group
    return info


def _is_open(script: Script, kind: str) -> bool:
    return (script.contracts if kind == EMAID else script.tokens) is None


def _entry(script: Script, name: str, kind: str | None) -> Token | Contract | None:
    """What the script says of an id; upper and lower case are the same."""
    if kind == EMAID:
        for contract in script.contracts or ():
            if normal(contract.emaid) == normal(name):
                return contract
    for token in script.tokens or ():
        if token.id.casefold() == name.casefold() and (kind is None or token.type in {None, kind}):
            return token
    return None


def emaid_for(script: Script, pcid: str) -> str | None:
    """The contract to be installed into a car; None: the one the PKI came with. KeyError: it has none."""
    if script.contracts is None:
        return None
    for contract in script.contracts:
        if contract.pcid == pcid:
            return contract.emaid
    raise KeyError(pcid)


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known about the certificate of a contract."""

    status: str
    """OCPP's AuthorizeCertificateStatusEnumType."""

    @property
    def good(self) -> bool:
        """Whether nothing speaks against it."""
        return self.status == ACCEPTED

    @property
    def token_status(self) -> str:
        """What that makes of the id token."""
        return ACCEPTED if self.good else _IDS.get(self.status, "Invalid")


def check_contract(payload: Payload, authority: Authority | None, now: datetime) -> Checked | None:
    """What an Authorize says about a certificate: by its hash data, its chain, or None: it has neither.

    Without a PKI nothing can be looked up.
    """
    hashes, text = payload.get("iso15118CertificateHashData"), payload.get("certificate")
    if hashes is None and text is None:
        return None
    if authority is None:
        return Checked("NoCertificateAvailable")
    if text is not None:
        return _by_chain(text, payload["idToken"]["idToken"], authority, now)
    return _by_hashes(hashes or [], authority, now)


def hash_data(given: Payload) -> HashData:
    """Hash data as OCPP writes it. CertificateError."""
    return HashData(
        algorithm=HashAlgorithm(given["hashAlgorithm"]),
        issuer_name_hash=given["issuerNameHash"],
        issuer_key_hash=given["issuerKeyHash"],
        serial_number=given["serialNumber"],
    )


def _by_hashes(hashes: list[Any], authority: Authority, now: datetime) -> Checked:
    try:
        found = {authority.standing(hash_data(each), now) for each in hashes}
    except CertificateError:
        return Checked("CertChainError")
    if Standing.REVOKED in found:
        return Checked("CertificateRevoked")
    return Checked("CertChainError" if Standing.UNKNOWN in found else ACCEPTED)


def _by_chain(text: str, emaid: str, authority: Authority, now: datetime) -> Checked:
    try:
        leaf, *received = load_certificates(text)
    except CertificateError:
        return Checked("CertChainError")
    verdict = verify(
        leaf,
        received,
        authority.roots(Domain.MO, Domain.V2G),
        profile=[profiles.CONTRACT_ISO2, profiles.CONTRACT_ISO20],
        now=now,
        revocation=authority,
    )
    if isinstance(verdict, Refused):
        return Checked(_OF_REASON.get(verdict.reason, "CertChainError"))
    if normal(common_name(leaf) or "") != normal(emaid):
        return Checked("CertChainError")
    return Checked(ACCEPTED)
