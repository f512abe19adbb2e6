"""The bundles: are there roots, are they CAs, and how long will they be valid. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from certs import names
from certs.examination.finding import Ailment, Finding, Level
from certs.facts import signed_by
from certs.profiles import Domain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, timedelta

    from certs.examination.inspection import Inspection
    from certs.store.index import Held

NEEDED: Final[Mapping[Domain, tuple[Level, str]]] = {
    Domain.V2G: (Level.ERROR, "no car can be charged by Plug & Charge (S2.1)"),
    Domain.CSMS: (Level.NOTE, "without one there is no TLS to the CSMS"),
}
"""Bundles that should not be empty, least of all above a leaf. Roots of contracts (S2.4) and firmware may."""


def examine(inspection: Inspection, now: datetime, within: timedelta) -> Iterator[Finding]:
    """The findings about bundles."""
    for domain, bundle in inspection.layout.bundles.items():
        if domain in NEEDED and not inspection.index.roots(domain):
            level, text = NEEDED[domain]
            if inspection.index.leaves.get(domain):
                level = Level.ERROR
            yield Finding(level=level, ailment=Ailment.NO_ROOT, path=bundle.path, text=text, domain=domain)
        for held in inspection.index.bundles[domain]:
            yield from _held(inspection, domain, held, now, within)


def _held(
    inspection: Inspection, domain: Domain, held: Held, now: datetime, within: timedelta
) -> Iterator[Finding]:
    facts = held.facts
    name = names.describe(facts.certificate.subject)

    def finding(level: Level, ailment: Ailment, text: str) -> Finding:
        return Finding(level=level, ailment=ailment, path=held.path, text=text, domain=domain, leaf=facts)

    if not facts.ca:
        yield finding(Level.ERROR, Ailment.NOT_A_CA, f"{name}: nothing can be verified with it")
    elif facts.self_issued and not signed_by(facts, facts):
        yield finding(Level.ERROR, Ailment.FORGED_ROOT, f"{name}: it is not to be trusted")
    elif not facts.self_issued and facts.issuer not in inspection.index.anchors[domain]:
        issuer = names.describe(facts.certificate.issuer)
        yield finding(Level.WARNING, Ailment.ROOTLESS, f"{name}: there is no {issuer}")
    elif now > facts.not_after:
        text = f"{name}: since {facts.not_after:%Y-%m-%d} nothing it has issued is trusted"
        yield finding(Level.WARNING, Ailment.OLD_ROOT, text)
    elif facts.not_after - now < within:
        days = (facts.not_after - now).days
        yield finding(Level.WARNING, Ailment.AGEING_ROOT, f"{name}: {days} days left")
