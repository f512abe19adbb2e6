"""Removes certificates, and with them what is of no use without them (M8.13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certs import pem
from certs.errors import CertificateError
from certs.profiles import Domain
from certs.store import files
from certs.store.errors import StoreError
from certs.store.files import Remove, Step, Write
from certs.store.hash_types import from_message
from certs.store.texts import certificates_in, without_certificate
from certs.store.upkeep import files_of
from protocols.types import evse_security as types

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from certs.store.index import Held, Index
    from certs.store.vault import Vault

Result = types.DeleteCertificateResult


def delete(vault: Vault, data: types.CertificateHashData) -> Result:
    """Remove a root from every bundle, or the leaves of a station with all that is theirs.

    Leaves stay when their root goes. What is shown to the CSMS is never deleted: Failed. Failed as well if
    the disk does not let us: before the journal is written nothing is removed, afterwards perhaps a part, and
    whoever opens the store next removes the rest.
    """
    try:
        wanted = from_message(data)
    except CertificateError:
        return Result.NOT_FOUND
    try:
        with vault.writing() as index:
            found = tuple(held for held in index.find(wanted) if not _is_copied_root(held))
            if not found:
                return Result.NOT_FOUND
            if any(held.place is not None and held.place.domain is Domain.CSMS for held in found):
                return Result.FAILED
            vault.commit([*_from_bundles(vault, found), *_with_leaves(index, found)])
    except (OSError, StoreError):
        return Result.FAILED
    return Result.ACCEPTED


def _is_copied_root(held: Held) -> bool:
    """Roots in chain files are not installed, and go with their chain only."""
    return held.place is not None and held.facts.ca and held.facts.self_issued


def _from_bundles(vault: Vault, found: tuple[Held, ...]) -> Iterator[Step]:
    """A file of its own goes; from others only the certificate does. A bundle file stays, empty."""
    places: dict[Path, Held] = {held.path: held for held in found if held.bundle is not None}
    for path, held in places.items():
        old = files.read(path, pem.MAX_BYTES)
        new = without_certificate(old, held.facts.certificate)
        is_bundle = any(path == bundle.path for bundle in vault.layout.bundles.values())
        if certificates_in(new)[0] or is_bundle:
            yield Write(path, new, files.mode_of(path))
        else:
            yield Remove(path)


def _with_leaves(index: Index, found: tuple[Held, ...]) -> Iterator[Step]:
    certificate = found[0].facts.certificate
    beside = [held.path for held in found if held.place is not None]
    doomed = [leaf for leaf in index.leaves[Domain.V2G] if certificate in leaf.issuers]
    for path in dict.fromkeys((*beside, *files_of(index, doomed))):
        yield Remove(path)
