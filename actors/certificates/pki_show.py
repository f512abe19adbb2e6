"""What a file holds, as a tree of plain values and as lines for people. Shows no secret of any key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric import rsa

from actors.exits import BAD_INPUT, FAILED, GOOD
from certs import chain, crl, keys, names, ocsp, pem, requests
from certs.errors import CertificateError, Problem
from certs.facts import read
from certs.profiles import PROFILES
from certs.verdict import Verified

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Iterator, Sequence

    from cryptography import x509

    from certs.profiles import Profile

Report = dict[str, Any]
Show = Callable[[bytes, datetime], Any]
_ISO_COMPONENTS: Final = {"V2G"} | {one.domain_component for one in PROFILES if one.domain_component}
"""The DCs of CAs and leaves of ISO 15118."""


def certificates_of(data: bytes) -> tuple[x509.Certificate, ...]:
    """The certificates of a file of roots. CertificateError if there are none."""
    return pem.load_certificates(data)


def report(
    path: pathlib.Path,
    data: bytes,
    roots: Sequence[x509.Certificate] | None,
    profiles: Sequence[Profile] | None,
    now: datetime,
) -> Report:
    """What the file holds, verified as what the profiles say, by default as what its names and purposes say;
    `error` where it holds nothing that can be shown.
    """
    made: Report = {"file": str(path)}
    try:
        kind, show = _kind(data, now)
        made[kind] = show(data, now)
        if roots is not None and kind == "certificates":
            made["verdict"] = _verdict(data, roots, profiles, now)
    except CertificateError as error:
        made["error"] = str(error)
    return made


def exit_code(reports: Sequence[Report]) -> int:
    """2 if a file could not be shown, 1 if a chain was refused, 0 otherwise."""
    if any("error" in one for one in reports):
        return BAD_INPUT
    return (
        FAILED if any(one.get("verdict", {}).get("result", "Valid") != "Valid" for one in reports) else GOOD
    )


def _kind(data: bytes, now: datetime) -> tuple[str, Show]:
    """By what the PEM text says; DER is tried as one thing after the other."""
    for mark, kind, show in _KINDS:
        if mark in data:
            return kind, show
    for kind, show in _BINARY:
        try:
            show(data, now)
        except CertificateError:
            continue
        return kind, show
    raise CertificateError(Problem.EMPTY)


def _certificates(data: bytes, now: datetime) -> list[Report]:
    return [_certificate(one, now) for one in pem.load_certificates(data)]


def _certificate(certificate: x509.Certificate, now: datetime) -> Report:
    facts = read(certificate)
    return {
        "subject": names.describe(certificate.subject),
        "issuer": names.describe(certificate.issuer),
        "serial_number": f"{certificate.serial_number:x}",
        "not_before": facts.not_before.isoformat(),
        "not_after": facts.not_after.isoformat(),
        "days_left": max(0, (facts.not_after - now).days),
        "key": facts.kind.value if facts.kind is not None else "unknown",
        "signature_hash": facts.hash_name,
        "ca": facts.ca,
        "path_length": facts.path_length,
        "responders": list(facts.responders),
    }


def _request(data: bytes, _now: datetime) -> Report:
    request = requests.load_request(data)
    kind = keys.kind_of(request.public_key())
    return {"subject": names.describe(request.subject), "key": kind.value if kind is not None else "unknown"}


def _key(data: bytes, _now: datetime) -> Report:
    try:
        key = keys.load_key(data)
    except CertificateError as error:
        if error.problem is Problem.PASSWORD_MISSING:
            return {"encrypted": True}
        raise
    kind = keys.kind_of(key.public_key())
    bits = key.key_size if isinstance(key, rsa.RSAPrivateKey) else None
    return {"encrypted": False, "key": str(kind), "rsa_bits": bits}


def _list(data: bytes, _now: datetime) -> Report:
    found = crl.load_crl(data)
    expires = found.next_update_utc
    return {
        "issuer": names.describe(found.issuer),
        "this_update": found.last_update_utc.isoformat(),
        "next_update": expires.isoformat() if expires is not None else None,
        "revoked": [f"{one.serial_number:x}" for one in found],
    }


def _response(data: bytes, _now: datetime) -> list[Report]:
    return [
        {
            "serial_number": one.serial_number,
            "status": one.status.value,
            "this_update": one.this_update.isoformat(),
            "next_update": one.next_update.isoformat() if one.next_update is not None else None,
        }
        for one in ocsp.statements(data)
    ]


_KINDS: Final[tuple[tuple[bytes, str, Show], ...]] = (
    (b"-----BEGIN CERTIFICATE-----", "certificates", _certificates),
    (b"-----BEGIN X509 CERTIFICATE-----", "certificates", _certificates),
    (b"CERTIFICATE REQUEST-----", "request", _request),
    (b"PRIVATE KEY-----", "key", _key),
    (b"-----BEGIN X509 CRL-----", "list", _list),
)
_BINARY: Final[tuple[tuple[str, Show], ...]] = (
    ("certificates", _certificates),
    ("ocsp", _response),
    ("list", _list),
    ("request", _request),
    ("key", _key),
)


def _verdict(
    data: bytes, roots: Sequence[x509.Certificate], profiles: Sequence[Profile] | None, now: datetime
) -> Report:
    leaf, *received = chain.ordered(pem.load_certificates(data))
    meant = profiles if profiles is not None else _meant(leaf, [*received, *roots])
    verdict = chain.verify(leaf, received, roots, profile=meant, now=now)
    if isinstance(verdict, Verified):
        return {"result": verdict.result.value, "as": verdict.profile.name}
    at_fault = names.describe(verdict.certificate.subject) if verdict.certificate is not None else None
    judged = f"none of {', '.join(one.name for one in meant)}" if len(meant) > 1 else f"no {meant[0].name}"
    return {"result": verdict.result.value, "as": judged, "reason": str(verdict), "certificate": at_fault}


def _meant(leaf: x509.Certificate, above: Sequence[x509.Certificate]) -> tuple[Profile, ...]:
    """The rows a leaf is to be judged by: those of its domain component, and of these those of its purposes.

    A leaf without any of ISO 15118's components is one of OCPP, but not below CAs of ISO 15118.
    """
    components = set(names.domain_components(leaf))
    found = tuple(one for one in PROFILES if one.domain_component in components)
    if not found:
        is_iso = any(_ISO_COMPONENTS.intersection(names.domain_components(one)) for one in above)
        found = tuple(one for one in PROFILES if (one.domain_component is not None) is is_iso)
    try:
        purposes = read(leaf).purposes
    except CertificateError:  # which the verdict tells
        purposes = None
    if purposes is None:
        return found
    return tuple(one for one in found if one.purpose is None or one.purpose in purposes) or found


def lines(made: Report) -> Iterator[str]:
    """The report for people: the file, and what it holds indented below."""
    yield made["file"]
    for key, value in made.items():
        if key == "file":
            continue
        yield from _lines(key, value, 1)


def _lines(key: str, value: Any, depth: int) -> Iterator[str]:
    indent = "  " * depth
    if isinstance(value, list) and value and isinstance(value[0], dict):
        for number, one in enumerate(value, 1):
            yield from _lines(f"{key} {number}", one, depth)
    elif isinstance(value, dict):
        yield f"{indent}{key}"
        for inner, of_it in value.items():
            yield from _lines(inner, of_it, depth + 1)
    elif value is not None and value != []:
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        yield f"{indent}{key.replace('_', ' ')}: {shown}"
