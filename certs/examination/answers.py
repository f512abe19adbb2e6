"""OCSP responses about the chains that are shown, and revocation lists: are they there, and fresh. Pure."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from certs import names
from certs.errors import CertificateError
from certs.examination.finding import Ailment, Finding, Level
from certs.examination.leaves import look_at
from certs.facts import read
from certs.ocsp import SKEW, verify_response
from certs.profiles import Domain
from certs.verdict import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta
    from pathlib import Path

    from cryptography import x509

    from certs.examination.inspection import Inspection


def examine(inspection: Inspection, now: datetime, _within: timedelta) -> Iterator[Finding]:
    """The findings about responses and lists."""
    for path in inspection.alone:
        if path.suffix == ".hash":
            yield _finding(Level.WARNING, Ailment.NO_ANSWER_FILE, path, "it says nothing")
        else:
            yield _finding(Level.WARNING, Ailment.NO_HASH_FILE, path, "nobody can tell whose it is")
    yield from _lists(inspection, now)
    for path, certificate, issuer in answerable(inspection, now):
        yield from _answer(inspection, path, certificate, issuer, now)


def answerable(
    inspection: Inspection, now: datetime
) -> Iterator[tuple[Path, x509.Certificate, x509.Certificate]]:
    """What a responder can be asked about: certificates of chains that are or will be shown to cars.

    Each once, with the file of its leaf and with its issuer.
    """
    seen: set[x509.Certificate] = set()
    for one in look_at(inspection, Domain.V2G, now):
        if isinstance(one.verdict, Refused) or not one.serves or now > one.leaf.facts.not_after:
            continue
        for certificate, issuer in pairwise(one.verdict.path):
            if certificate not in seen and read(certificate).responders:
                seen.add(certificate)
                yield one.path, certificate, issuer


def _finding(level: Level, ailment: Ailment, path: Path, text: str) -> Finding:
    return Finding(level=level, ailment=ailment, path=path, text=text, domain=Domain.V2G)


def _answer(
    inspection: Inspection,
    shown_in: Path,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    now: datetime,
) -> Iterator[Finding]:
    name, data = names.describe(certificate.subject), inspection.index.hash_of(read(certificate))
    cached = inspection.index.ocsp.get(data) if data is not None else None
    if cached is None:
        text = f"about {name}: it cannot be stapled (S18.8)"
        yield _finding(Level.WARNING, Ailment.NO_ANSWER, shown_in, text)
    elif cached.entry is None:
        yield _finding(Level.WARNING, Ailment.BAD_ANSWER, cached.answer, f"about {name}: it is none")
    elif not cached.entry.is_fresh(now):
        text = f"about {name}: since {cached.entry.expires:%Y-%m-%d %H:%M} UTC"
        yield _finding(Level.WARNING, Ailment.STALE_ANSWER, cached.answer, text)
    else:
        try:
            verify_response(cached.entry.der, certificate, issuer, now=now)
        except CertificateError as error:
            text = f"about {name}: {error}"
            yield _finding(Level.WARNING, Ailment.BAD_ANSWER, cached.answer, text)


def _lists(inspection: Inspection, now: datetime) -> Iterator[Finding]:
    for content in inspection.contents.values():
        listed = content.revocations
        expires = listed.next_update_utc if listed is not None else None
        if listed is not None and (expires is None or now > expires + SKEW):
            since = f"since {expires:%Y-%m-%d}" if expires is not None else "as it does not say until when"
            text = f"of {names.describe(listed.issuer)}: {since} it counts for nothing"
            yield _finding(Level.WARNING, Ailment.STALE_LIST, content.path, text)
