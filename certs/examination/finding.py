"""One thing that is wrong with a store. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from certs.facts import Facts
    from certs.profiles import Domain, Profile


class Level(enum.StrEnum):
    """How bad it is."""

    ERROR = "error"
    """Something does not work now."""
    WARNING = "warning"
    """It will not work soon, or something is not as it should be."""
    NOTE = "note"
    """It may be meant so."""


class Ailment(enum.StrEnum):
    """What can be wrong."""

    UNLISTABLE = "a folder that cannot be listed"
    UNWRITABLE = "a folder that cannot be written"
    UNFINISHED = "a change that was cut short"
    OUTSIDE = "a link that leads out of the store, or nowhere"
    CLOSED = "a file that cannot be read"
    DAMAGED = "a file that is damaged in part"
    GARBAGE = "a file that holds nothing of use"
    OPEN_KEY = "a private key that others may read"
    PASSWORD = "a private key that cannot be opened"  # noqa: S105  # a message
    STRAY_KEY = "a private key of no certificate"
    DISORDER = "a chain whose leaf is not its first certificate"
    REPEATED = "certificates that are there more than once"
    COPY = "a file that says what another one says"
    NO_ROOT = "no root"
    NOT_A_CA = "a certificate among the roots that is no CA"
    FORGED_ROOT = "a root that has not signed itself"
    OLD_ROOT = "a CA certificate that has expired"
    AGEING_ROOT = "a CA certificate that expires soon"
    ROOTLESS = "a sub-CA among the roots without its root"
    UNSERVED_ROOT = "a root without a leaf of this station"
    NO_LEAF = "no leaf"
    NO_KEY = "a leaf without its private key"
    OTHER_KEY = "a leaf beside the private key of another certificate"
    EXPIRED = "a leaf that has expired"
    NOT_YET_VALID = "a leaf whose time has not come"
    EXPIRES = "a leaf that expires soon"
    AGEING_SUB = "a sub-CA of a chain that expires soon"
    REFUSED = "a chain that nobody will trust"
    INCOMPLETE = "a chain that leads to no root that is installed"
    NO_ANSWER = "no OCSP response"
    STALE_ANSWER = "an OCSP response that is no longer fresh"
    BAD_ANSWER = "an OCSP response that cannot be relied on"
    NO_HASH_FILE = "an OCSP response without its hash file"
    NO_ANSWER_FILE = "a hash file without its OCSP response"
    STALE_LIST = "a revocation list that is no longer fresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, and what somebody who mends it has to know."""

    level: Level
    ailment: Ailment
    path: Path
    """The file or folder."""
    text: str
    """The particulars, for people."""
    others: tuple[Path, ...] = ()
    """More files it is about."""
    kept: tuple[Path, ...] = ()
    """Those of all these files that another leaf needs: they stay whatever becomes of this one."""
    moves: tuple[tuple[Path, Path], ...] = ()
    """Those of them that are keys of another leaf, and the names they should have."""
    domain: Domain | None = None
    profile: Profile | None = None
    """The kind of leaf it is about."""
    leaf: Facts | None = None
    alone: bool = False
    """Whether no other leaf of its kind serves."""
    orphan: Facts | None = None
    """The certificate of a chain whose issuer is missing."""
