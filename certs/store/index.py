"""What is in the store, sorted: certificates by place, name and serial number, keys, answers of responders.

Made from files that have been read; it touches none itself. A new one replaces it when files have changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from certs.errors import CertificateError
from certs.facts import signed_by
from certs.hashes import HashAlgorithm, HashData, hash_data
from certs.store.leaves import BySubject, Leaf, by_subject
from certs.store.scan import KEY_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from cryptography import x509

    from certs.facts import Facts
    from certs.profiles import Domain
    from certs.store.contents import Cached, Content
    from certs.store.settings import Bundle, Layout, LeafPlace


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate and a place where it lies."""

    facts: Facts
    path: Path
    bundle: Bundle | None
    """None: it lies among the station's leaves."""
    place: LeafPlace | None


class Index:
    """One state of the store."""

    def __init__(self, layout: Layout, contents: Mapping[Path, Content], cached: Iterable[Cached]) -> None:
        self._layout = layout
        self._contents = contents
        self._folders: dict[Path, list[Content]] = {}
        for content in sorted(contents.values(), key=lambda one: str(one.path)):
            self._folders.setdefault(content.path.parent, []).append(content)
        self.bundles: dict[Domain, tuple[Held, ...]] = {
            domain: tuple(self._in_bundle(bundle)) for domain, bundle in layout.bundles.items()
        }
        self.anchors: dict[Domain, BySubject] = {
            domain: by_subject(_distinct(held.facts for held in found))
            for domain, found in self.bundles.items()
        }
        """What each bundle holds, by name."""
        self._in_place = {domain: tuple(self._beside(place)) for domain, place in layout.leaves.items()}
        self._by_serial: dict[str, list[Held]] = {}
        for held in self._all():
            self._by_serial.setdefault(f"{held.facts.certificate.serial_number:x}", []).append(held)
        self.revocation_lists = {
            content.path: content.revocations
            for content in contents.values()
            if content.revocations is not None
        }
        """The lists in the folder of lists, by path."""
        self.revocations = tuple(self.revocation_lists.values())
        self._by_subject = by_subject(_distinct(held.facts for held in self._all()))
        self.keys = {domain: dict(self._keys(place)) for domain, place in layout.leaves.items()}
        self.leaves = {domain: self._leaves(domain) for domain in layout.leaves}
        self._hashes: dict[x509.Certificate, HashData | None] = {}
        self.ocsp: dict[HashData, Cached] = {}
        for one in sorted(cached, key=_age):
            self.ocsp[one.hash_data] = one

    def _in_bundle(self, bundle: Bundle) -> Iterator[Held]:
        found = self._folders.get(bundle.folder, ())
        for content in found if bundle.is_folder else (one for one in found if one.path == bundle.path):
            yield from (Held(facts, content.path, bundle, None) for facts in content.certificates)

    def _beside(self, place: LeafPlace) -> Iterator[Held]:
        for content in self._folders.get(place.certificates, ()):
            yield from (Held(facts, content.path, None, place) for facts in content.certificates)

    def _all(self) -> Iterator[Held]:
        for found in (*self.bundles.values(), *self._in_place.values()):
            yield from found

    def _keys(self, place: LeafPlace) -> Iterator[tuple[bytes, Content]]:
        for folder in dict.fromkeys((place.certificates, place.keys)):
            for content in self._folders.get(folder, ()):
                if content.public_key is not None:
                    yield content.public_key, content

    def _leaves(self, domain: Domain) -> tuple[Leaf, ...]:
        near = (held.facts for held in (*self._in_place[domain], *self.bundles[domain]))
        pool = by_subject(one for one in _distinct(near) if one.ca)
        place = self._layout.leaves[domain]
        files: dict[x509.Certificate, list[Content]] = {}
        for content in self._folders.get(place.certificates, ()):
            if content.certificates and not content.certificates[0].ca:
                files.setdefault(content.certificates[0].certificate, []).append(content)
        return tuple(self._leaf(domain, found, pool) for found in files.values())

    def _leaf(self, domain: Domain, found: list[Content], pool: BySubject) -> Leaf:
        facts = found[0].certificates[0]
        chains = [(one.path, (facts, *one.certificates[1:])) for one in found if len(one.certificates) > 1]
        key = self.keys[domain].get(facts.spki)
        return Leaf(
            facts=facts,
            singles=tuple(one.path for one in found if len(one.certificates) == 1),
            chains=tuple(sorted(chains, key=lambda pair: -len(pair[1]))),
            key=key.path if key is not None else None,
            key_is_encrypted=key is not None and key.encrypted,
            is_pem=all(one.is_pem for one in (*found, key) if one is not None),
            pool=pool,
            anchors=self.anchors[domain],
        )

    def called_like(self, leaf: Leaf, domain: Domain) -> Content | None:
        """A file that is called like a leaf's key and does not hold it: another one, or none to be read."""
        place, names = self._layout.leaves[domain], {path.stem for path in leaf.files}
        folders = dict.fromkeys((place.certificates, place.keys))
        found = (content for folder in folders for content in self._folders.get(folder, ()))
        beside = (one for one in found if one.path.stem in names and one.path not in leaf.files)
        return next((one for one in beside if _no_key_of(leaf, one)), None)

    def is_whole(self, domain: Domain) -> bool:
        """Whether every file among a domain's leaves could be read, and says what it holds.

        One that somebody writes in place is empty or cut short for a moment.
        """
        found = self._folders.get(self._layout.leaves[domain].certificates, ())
        return all(
            one.digest and not one.trouble and (one.certificates or one.public_key is not None)
            for one in found
            if one.path.suffix.lower() != KEY_SUFFIX
        )

    def needed_keys(self) -> set[bytes]:
        """The public keys of all certificates that lie among the station's leaves, wherever in their file."""
        return {held.facts.spki for found in self._in_place.values() for held in found}

    def certificates(self, domain: Domain) -> tuple[x509.Certificate, ...]:
        """What the bundle of a domain holds, each once, in the order of the files."""
        return tuple(one.certificate for one in _distinct(held.facts for held in self.bundles[domain]))

    def roots(self, domain: Domain) -> tuple[x509.Certificate, ...]:
        """The CAs of a bundle that have issued themselves, the only ones that are trusted."""
        found = _distinct(held.facts for held in self.bundles[domain])
        return tuple(one.certificate for one in found if one.ca and one.self_issued)

    def issuers(self, certificate: Facts) -> Iterator[x509.Certificate]:
        """Certificates of the store that have issued this one."""
        for candidate in self._by_subject.get(certificate.issuer, ()):
            if signed_by(certificate, candidate):
                yield candidate.certificate

    def hash_of(self, certificate: Facts) -> HashData | None:
        """The SHA-256 hash data of a certificate; None if its issuer is not known."""
        key = certificate.certificate
        if key not in self._hashes:
            self._hashes[key] = next(self._hash_data(certificate, HashAlgorithm.SHA256), None)
        return self._hashes[key]

    def _hash_data(self, certificate: Facts, algorithm: HashAlgorithm) -> Iterator[HashData]:
        for issuer in self.issuers(certificate):
            try:
                yield hash_data(certificate.certificate, issuer, algorithm)
            except CertificateError:  # a serial number that hash data cannot hold
                continue

    def find(self, wanted: HashData) -> tuple[Held, ...]:
        """Every place of the certificate that hash data speak about."""
        return tuple(
            held
            for held in self._by_serial.get(wanted.serial_number, ())
            if wanted in self._hash_data(held.facts, wanted.algorithm)
        )

    def troubles(self) -> tuple[tuple[Path, str], ...]:
        """Files something is wrong with, and what."""
        found = [(path, content.trouble) for path, content in self._contents.items() if content.trouble]
        for domain, place in self._layout.leaves.items():
            found += [
                (leaf.files[0], "the private key is missing") for leaf in self.leaves[domain] if not leaf.key
            ]
            found += [
                (content.path, "a leaf that is not the first certificate of its file")
                for content in self._folders.get(place.certificates, ())
                if any(not one.ca for one in content.certificates[1:])
            ]
        return tuple(sorted(set(found)))


def _no_key_of(leaf: Leaf, content: Content) -> bool:
    if content.public_key is not None:
        return content.public_key != leaf.facts.spki
    return bool(content.trouble) and not content.certificates


def _distinct(found: Iterable[Facts]) -> tuple[Facts, ...]:
    return tuple({facts.certificate: facts for facts in found}.values())


def _age(one: Cached) -> tuple[bool, float]:
    """Answers that can be used, and younger ones, come last."""
    return (one.entry is not None, one.entry.this_update.timestamp() if one.entry is not None else 0.0)
