"""Distinguished names and server names: reading, writing, comparing."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from certs.errors import CertificateError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_MAX_LENGTH: Final = 64
"""ub-common-name and ub-organization-name of X.520; DC and the rest keep to it as well."""
_MAX_NAME: Final = 253


def subject(
    *, common_name: str, organization: str, country: str | None = None, domain_component: str | None = None
) -> x509.Name:
    """A subject as our requests and test certificates write it: C, O, CN, DC. CertificateError for bad parts.

    Country: two capital letters, others: 1 to 64 printable characters.
    """
    if country is not None and not _COUNTRY.fullmatch(country):
        raise CertificateError(Problem.BAD_SUBJECT, f"country {country!r:.80} is not two capital letters")
    for what, value in (("CN", common_name), ("O", organization), ("DC", domain_component)):
        if value is not None and not (value.isprintable() and 1 <= len(value) <= _MAX_LENGTH):
            raise CertificateError(Problem.BAD_SUBJECT, f"{what} {value!r:.80}")
    if domain_component is not None and not domain_component.isascii():
        raise CertificateError(Problem.BAD_SUBJECT, f"DC {domain_component!r:.80} is not ASCII")
    parts = (
        (NameOID.COUNTRY_NAME, country),
        (NameOID.ORGANIZATION_NAME, organization),
        (NameOID.COMMON_NAME, common_name),
        (NameOID.DOMAIN_COMPONENT, domain_component),
    )
    try:
        return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value is not None])
    except ValueError as error:  # the library counts bytes where we count characters
        raise CertificateError(Problem.BAD_SUBJECT, str(error)) from None


def subject_with(name: x509.Name, domain_component: str | None) -> x509.Name:
    """The name with this DC in place of any it has."""
    kept = [attribute for attribute in name if attribute.oid != NameOID.DOMAIN_COMPONENT]
    if domain_component is not None:
        kept.append(x509.NameAttribute(NameOID.DOMAIN_COMPONENT, domain_component))
    return x509.Name(kept)


def attributes(name: x509.Name, oid: x509.ObjectIdentifier) -> tuple[str, ...]:
    """All text values of one attribute."""
    return tuple(
        attribute.value for attribute in name.get_attributes_for_oid(oid) if isinstance(attribute.value, str)
    )


def common_name(certificate: x509.Certificate) -> str | None:
    """The last CN of the subject, which is the most specific one; None if there is none."""
    values = attributes(certificate.subject, NameOID.COMMON_NAME)
    return values[-1] if values else None


def domain_components(certificate: x509.Certificate) -> tuple[str, ...]:
    """The DC components of the subject."""
    return attributes(certificate.subject, NameOID.DOMAIN_COMPONENT)


def describe(name: x509.Name) -> str:
    """A name on one line, for people, of bounded length and without control characters."""
    text = name.rfc4514_string()
    return "".join(char if char.isprintable() else "?" for char in text)[:200]


def is_host_name(name: str) -> bool:
    """Whether this is a DNS name in ASCII, without wildcard and final dot."""
    return len(name) <= _MAX_NAME and all(_LABEL.fullmatch(label) for label in name.split("."))


def matches_host(pattern: str, host: str) -> bool:
    """Whether a DNS name of a certificate covers `host`. A `*` is one whole first label (RFC 9525)."""
    pattern, host = pattern.lower().rstrip("."), host.lower().rstrip(".")
    if not is_host_name(host):
        return False
    first, _, rest = pattern.partition(".")
    if first != "*":
        return pattern == host
    return "." in rest and rest == host.partition(".")[2]


def covers(names: Sequence[x509.GeneralName], server_name: str, *, fallback: str | None = None) -> bool:
    """Whether the alternative names cover a server, given as DNS name or IP address.

    `fallback` is the CN, for servers whose certificate has no alternative names (VerifyCsmsCommonName).
    """
    try:
        address = ipaddress.ip_address(server_name)
    except ValueError:
        address = None
    if not names:
        return fallback is not None and matches_host(fallback, server_name)
    if address is not None:
        return any(isinstance(name, x509.IPAddress) and name.value == address for name in names)
    return any(isinstance(name, x509.DNSName) and matches_host(name.value, server_name) for name in names)
