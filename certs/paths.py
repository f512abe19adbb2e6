"""Finds the paths from a leaf to trusted roots: names, key ids and signatures; the rules come afterwards.

Received certificates may come in any order, more than once, with strangers among them, and may refer to each
other in circles. A root among them is never trusted; it may still be a cross-signed link to one that is.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from certs.errors import CertificateError
from certs.facts import Facts, read, signed_by
from certs.pem import unique
from certs.verdict import Reason, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cryptography import x509


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a verification may cost, whatever it is given."""

    depth: int = 10
    """Certificates of a path, root included."""
    signatures: int = 64
    """Signature checks. An RSA or P-521 check takes about a millisecond on a small board."""
    steps: int = 512
    """Candidates looked at."""
    paths: int = 16
    """Whole paths that are tried."""


LIMITS: Final = Limits()

Path = tuple[Facts, ...]


@dataclass(slots=True, kw_only=True)
class Search:
    """One search. `failure` says what was in the way at the deepest place reached."""

    leaf: Facts
    received: dict[bytes, list[Facts]]
    roots: dict[bytes, list[Facts]]
    limits: Limits = LIMITS
    failure: Refused = field(init=False)
    _deepest: int = field(default=0, init=False)
    _steps: int = field(default=0, init=False)
    _known: dict[tuple[bytes, bytes, bytes], bool] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.failure = Refused(reason=Reason.ISSUER_NOT_FOUND, certificate=self.leaf.certificate)

    def paths(self) -> Iterator[Path]:
        """Every path that holds together, the ones with fitting key ids and trusted issuers first."""
        return itertools.islice(self._extend((self.leaf,)), self.limits.paths)

    def _extend(self, path: Path) -> Iterator[Path]:
        last = path[-1]
        candidates = self._candidates(path)
        if not candidates:
            reason = Reason.NO_TRUSTED_ROOT if last.self_issued else Reason.ISSUER_NOT_FOUND
            self._note(path, reason)
        for candidate, trusted in candidates:
            if not self._affordable():
                self._note(path, Reason.TOO_COMPLEX)
                return
            if not _key_ids_fit(last, candidate):
                self._note(path, Reason.KEY_ID)
            elif not self._signed(last, candidate):
                self._note(path, Reason.SIGNATURE if len(path) > 1 else Reason.LEAF_SIGNATURE)
            elif trusted:
                yield (*path, candidate)
            elif len(path) + 1 >= self.limits.depth:
                self._note((*path, candidate), Reason.TOO_DEEP)
            else:
                yield from self._extend((*path, candidate))

    def _candidates(self, path: Path) -> list[tuple[Facts, bool]]:
        """Possible issuers of the last certificate, trusted ones first. Keys do not come twice in a path."""
        last = path[-1]
        taken = {(one.subject, one.spki) for one in path}
        trusted = self.roots.get(last.issuer, ())
        others = self.received.get(last.issuer, ())
        both = [(one, True) for one in trusted] + [(one, False) for one in others]
        free = [(one, is_root) for one, is_root in both if (one.subject, one.spki) not in taken]
        return sorted(free, key=lambda pair: not _key_ids_fit(last, pair[0]))

    def _affordable(self) -> bool:
        self._steps += 1
        return self._steps <= self.limits.steps and len(self._known) < self.limits.signatures

    def _signed(self, issued: Facts, issuer: Facts) -> bool:
        key = (issued.certificate.signature, issued.certificate.tbs_certificate_bytes, issuer.spki)
        if key not in self._known:
            self._known[key] = signed_by(issued, issuer)
        return self._known[key]

    def _note(self, path: Path, reason: Reason) -> None:
        """Keep the failure of the deepest place, and there the first one; a spent budget beats all."""
        if len(path) > self._deepest or reason is Reason.TOO_COMPLEX:
            self._deepest = len(path)
            self.failure = Refused(reason=reason, certificate=path[-1].certificate)


def _key_ids_fit(issued: Facts, issuer: Facts) -> bool:
    """Whether the key ids agree, as far as both are given."""
    return None in {issued.authority_key_id, issuer.key_id} or issued.authority_key_id == issuer.key_id


def index(certificates: Iterable[x509.Certificate]) -> dict[bytes, list[Facts]]:
    """The readable ones by subject, without repetitions."""
    by_subject: dict[bytes, list[Facts]] = {}
    for certificate in unique(certificates):
        try:
            facts = read(certificate)
        except CertificateError:
            continue
        by_subject.setdefault(facts.subject, []).append(facts)
    return by_subject


def search(
    leaf: Facts, received: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], limits: Limits
) -> Search:
    """A search from `leaf`. A certificate among `roots` that another one has issued is a mere link."""
    anchors = {name: [one for one in found if one.self_issued] for name, found in index(roots).items()}
    trusted = {one.certificate for found in anchors.values() for one in found}
    links = [one for one in (*received, *roots) if one not in trusted]
    return Search(leaf=leaf, received=index(links), roots=anchors, limits=limits)
