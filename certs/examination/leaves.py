"""The station's own leaves: has each its key, will it be trusted, and for how long is one there. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from certs import names, profiles
from certs.examination.finding import Ailment, Finding, Level
from certs.examination.sparing import spare
from certs.facts import read
from certs.keys import KeyKind
from certs.profiles import Domain, Profile
from certs.store.decisions import judge_chain
from certs.store.leaves import Leaf, covered_until, newest_first
from certs.store.leaves import usable as usable_now
from certs.verdict import Reason, Refused, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, timedelta
    from pathlib import Path

    from cryptography import x509

    from certs.examination.inspection import Inspection
    from certs.facts import Facts
    from certs.store.contents import Content

ROWS: Final[Mapping[Domain, Mapping[KeyKind, Profile]]] = {
    Domain.V2G: {kind: row for row in profiles.STATION_LEAVES[Domain.V2G] for kind in row.keys},
    Domain.CSMS: dict.fromkeys(profiles.CSMS_CLIENT.keys, profiles.CSMS_CLIENT),
}
"""Which kind of leaf a key makes; a key of no row is that of the first."""
_UNFINISHED: Final = frozenset({Reason.ISSUER_NOT_FOUND, Reason.NO_TRUSTED_ROOT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A leaf and what it is worth, now or once its time has come."""

    leaf: Leaf
    domain: Domain
    profile: Profile
    verdict: Verdict
    shown: bool
    """Whether the chain file has everything between leaf and root."""
    stranger: Path | None
    """A key of another certificate that has the leaf's name."""

    @property
    def has_expired(self) -> bool:
        """Whether nothing is wrong with it but its age."""
        return (
            isinstance(self.verdict, Refused)
            and self.verdict.reason is Reason.EXPIRED
            and self.verdict.certificate == self.leaf.certificate
        )

    @property
    def serves(self) -> bool:
        """Whether it can be used in its time."""
        return self.leaf.key is not None and (not isinstance(self.verdict, Refused) or self.has_expired)

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.profile.name} {names.describe(self.leaf.certificate.subject)}"

    @property
    def path(self) -> Path:
        """Its first file."""
        return self.leaf.files[0]


def examine(inspection: Inspection, now: datetime, within: timedelta) -> Iterator[Finding]:
    """The findings about leaves."""
    for domain in inspection.index.leaves:
        seen = tuple(look_at(inspection, domain, now))
        found = list(_authorities_as_leaves(inspection, domain))
        for profile in dict.fromkeys(one.profile for one in seen):
            family = tuple(one for one in seen if one.profile is profile)
            found += _family(family, now, within)
        if not inspection.index.roots(
            domain
        ):  # which is told; what the chains lack is seen once there is one
            found = [finding for finding in found if finding.ailment is not Ailment.INCOMPLETE]
        yield from (spare(inspection, finding) for finding in found)
        if domain is Domain.V2G:
            broken = {finding.profile for finding in found if finding.level is Level.ERROR}
            yield from _absent(inspection, seen, broken)


def look_at(inspection: Inspection, domain: Domain, now: datetime) -> Iterator[Seen]:
    """Every leaf of a domain; one whose time is still to come is judged as of its beginning."""
    rows = ROWS[domain]
    for leaf in newest_first(inspection.index.leaves[domain]):
        profile = rows.get(leaf.facts.kind or KeyKind.P256) or next(iter(rows.values()))
        moment = max(now, leaf.facts.not_before)
        received = _received(inspection, leaf)
        verdict = judge_chain(received, inspection.index, (domain,), (profile,), moment)
        above = () if isinstance(verdict, Refused) else verdict.path[1:-1]
        yield Seen(
            leaf=leaf,
            domain=domain,
            profile=profile,
            verdict=verdict,
            shown=all(one in received for one in above),
            stranger=_stranger(inspection, leaf),
        )


def _received(inspection: Inspection, leaf: Leaf) -> tuple[x509.Certificate, ...]:
    """What its chain file shows, and files in which it does not come first."""
    found = [one.certificate for one in leaf.chain]
    for content in inspection.contents.values():
        if any(one.certificate == leaf.certificate for one in content.certificates[1:]):
            found += [one.certificate for one in content.certificates if not one.self_issued]
    return tuple(dict.fromkeys(found))


def _stranger(inspection: Inspection, leaf: Leaf) -> Path | None:
    stems = {path.stem for path in leaf.files}
    for content in inspection.contents.values():
        key = content.public_key
        if content.path.stem in stems and key is not None and key != leaf.facts.spki:
            return content.path
    return None


def _family(family: tuple[Seen, ...], now: datetime, within: timedelta) -> Iterator[Finding]:
    """Leaves of one kind, the one that lasts longest first: so the station chooses as well."""
    good = [one for one in family if one.serves]
    usable = [one for one in good if one.leaf.is_valid(now)]
    chosen = usable_now((one.leaf for one in family), now)
    lacking = not good
    for one in family:
        for finding in _defects(one, now, serving=bool(usable)):
            shown = one.leaf in chosen[:1]
            level = Level.ERROR if lacking or shown else Level.WARNING
            yield replace(finding, level=level, alone=lacking)
            lacking = False
    if usable:
        yield from _ageing(usable, good, now, within)
    elif good:
        yield _out_of_time(good, now)


def _ageing(usable: list[Seen], good: list[Seen], now: datetime, within: timedelta) -> Iterator[Finding]:
    """What will not last: the leaves, or the sub-CAs above them."""
    end = covered_until((one.leaf for one in good), now)
    if end - now < within:
        text = f"{usable[0].name}: {(end - now).days} days left, and no other one follows"
        yield replace(_about(usable[0], Ailment.EXPIRES, text), level=Level.WARNING)
        return
    weakest = [min(_above(one), key=lambda sub: sub.not_after, default=None) for one in usable]
    first = weakest[0]
    if first is not None and all(sub is not None and sub.not_after - now < within for sub in weakest):
        days = (first.not_after - now).days
        text = f"{names.describe(first.certificate.subject)} above {usable[0].name}: {days} days left"
        yield replace(_about(usable[0], Ailment.AGEING_SUB, text), level=Level.WARNING)


def _above(one: Seen) -> list[Facts]:
    return [] if isinstance(one.verdict, Refused) else [read(sub) for sub in one.verdict.path[1:-1]]


def _out_of_time(good: list[Seen], now: datetime) -> Finding:
    """No leaf is valid now: the one to come is named, else the one that expired last."""
    coming = [one for one in good if one.leaf.facts.not_before > now]
    if coming:
        one = min(coming, key=lambda each: each.leaf.facts.not_before)
        text = f"{one.name}: not before {one.leaf.facts.not_before:%Y-%m-%d %H:%M} UTC, and none is valid now"
        return _about(one, Ailment.NOT_YET_VALID, text)
    text = f"{good[0].name}: since {good[0].leaf.facts.not_after:%Y-%m-%d}, and no other one is valid"
    return _about(good[0], Ailment.EXPIRED, text)


def _defects(one: Seen, now: datetime, *, serving: bool) -> Iterator[Finding]:
    """The worst that is wrong with a leaf whatever the day. What has expired is left in peace beside a good
    one.
    """
    if serving and now > one.leaf.facts.not_after:
        return
    refused = one.verdict if isinstance(one.verdict, Refused) and not one.has_expired else None
    if refused is not None and refused.reason not in _UNFINISHED:
        yield _refused(one, refused)
    elif one.leaf.key is None and one.stranger is not None:
        text = f"{one.name}: {one.stranger.name} is not its key"
        yield _about(one, Ailment.OTHER_KEY, text, one.stranger)
    elif one.leaf.key is None:
        yield _about(one, Ailment.NO_KEY, f"{one.name}: it cannot be used (S2.3)")
    elif refused is not None:
        yield _refused(one, refused)
    elif not one.shown:
        text = f"{one.name}: its sub-CAs are here, but not in its chain file"
        yield _about(one, Ailment.INCOMPLETE, text, orphan=one.leaf.chain[-1])


def _refused(one: Seen, refused: Refused) -> Finding:
    at_fault = refused.certificate
    whose = "" if at_fault in {None, one.leaf.certificate} else f"{_named(at_fault)}: "
    text = f"{one.name}: {whose}{refused}"
    orphan = one.leaf.chain[-1] if refused.reason is Reason.ISSUER_NOT_FOUND else None
    ailment = Ailment.INCOMPLETE if refused.reason in _UNFINISHED else Ailment.REFUSED
    return _about(one, ailment, text, orphan=orphan)


def _named(certificate: x509.Certificate | None) -> str:
    return names.describe(certificate.subject) if certificate is not None else ""


def _about(one: Seen, ailment: Ailment, text: str, *others: Path, orphan: Facts | None = None) -> Finding:
    return Finding(
        level=Level.ERROR,
        ailment=ailment,
        path=one.path,
        text=text,
        others=(*one.leaf.files[1:], *((one.leaf.key,) if one.leaf.key else ()), *others),
        domain=one.domain,
        profile=one.profile,
        leaf=one.leaf.facts,
        orphan=orphan,
    )


def _authorities_as_leaves(inspection: Inspection, domain: Domain) -> Iterator[Finding]:
    """CA certificates of a key that is here: meant as leaves, and used for nothing."""
    place, keys = inspection.layout.leaves[domain], inspection.index.keys[domain]
    found: dict[x509.Certificate, list[Content]] = {}
    for content in inspection.contents.values():
        first = content.certificates[0] if content.certificates else None
        if (
            content.path.parent == place.certificates
            and first is not None
            and first.ca
            and first.spki in keys
        ):
            found.setdefault(first.certificate, []).append(content)
    for certificate, files in found.items():
        facts = read(certificate)
        row = ROWS[domain].get(facts.kind or KeyKind.P256) or next(iter(ROWS[domain].values()))
        yield Finding(
            level=Level.ERROR,
            ailment=Ailment.REFUSED,
            path=files[0].path,
            text=f"{row.name} {names.describe(certificate.subject)}: {Reason.LEAF_IS_CA}",
            alone=True,
            others=(*(one.path for one in files[1:]), keys[facts.spki].path),
            domain=domain,
            profile=row,
            leaf=facts,
        )


def _absent(inspection: Inspection, seen: tuple[Seen, ...], broken: set[Profile | None]) -> Iterator[Finding]:
    """Cars need a leaf (S2.2), below a root they trust."""
    roots = inspection.index.roots(Domain.V2G)
    if not seen and not broken:
        yield Finding(
            level=Level.ERROR,
            ailment=Ailment.NO_LEAF,
            path=inspection.layout.leaves[Domain.V2G].certificates,
            text="cars get no TLS, and so no Plug & Charge (S2.2)",
            domain=Domain.V2G,
            profile=_row_of(read(roots[0]).kind) if roots else None,
        )
        return
    reached = {one.verdict.root for one in seen if not isinstance(one.verdict, Refused)}
    for root in roots:
        row = _row_of(read(root).kind)
        if root not in reached and row not in broken:
            yield Finding(
                level=Level.NOTE,
                ailment=Ailment.UNSERVED_ROOT,
                path=inspection.layout.bundles[Domain.V2G].path,
                text=f"{names.describe(root.subject)}: cars that trust no other root get no TLS",
                domain=Domain.V2G,
                profile=row,
            )


def _row_of(kind: KeyKind | None) -> Profile:
    return ROWS[Domain.V2G].get(kind or KeyKind.P256, profiles.SECC_ISO2)
