"""Where everything lies: EVerest's configuration keys, resolved to places (M8.1 to M8.4)."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certs.profiles import Domain
from certs.store.errors import StoreError, StoreProblem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OCSP_FOLDER: Final = "ocsp"
STATE_FOLDER: Final = ".evsite"
"""Below the root: the lock, the journal of a change under way, and copies made for others to read."""
_FOLDER_MODE: Final = 0o755
_KEY_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o644


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The configuration of EVerest's module EvseSecurity, and the folder in which relative paths begin."""

    root: Path
    csms_ca_bundle: str = "ca/csms/CSMS_ROOT_CA.pem"
    mf_ca_bundle: str = "ca/mf/MF_ROOT_CA.pem"
    mo_ca_bundle: str = "ca/mo/MO_ROOT_CA.pem"
    v2g_ca_bundle: str = "ca/v2g/V2G_ROOT_CA.pem"
    csms_leaf_cert_directory: str = "client/csms"
    csms_leaf_key_directory: str = "client/csms"
    secc_leaf_cert_directory: str = "client/cso"
    secc_leaf_key_directory: str = "client/cso"
    crl_directory: str = ""
    """Ours: a folder of revocation lists, which everything that is verified is held against. Empty: none."""
    oem_ca_bundle: str = "ca/oem/OEM_ROOT_CA.pem"
    """Ours: a file of further roots that the certificates of vehicles may lead to (ISO 15118-20). Who makes
    cars puts them there: no command installs or deletes them. Empty: none.
    """
    private_key_password: str = field(default="", repr=False)
    """Opens all keys that are encrypted; with one, new keys are encrypted. Never logged."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The roots of a domain: one file with all of them, or a folder of files."""

    domain: Domain
    path: Path
    is_folder: bool

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self.path if self.is_folder else self.path.parent

    @property
    def ocsp(self) -> Path:
        """Where answers about its certificates are kept."""
        return self.folder / OCSP_FOLDER


@dataclass(frozen=True, slots=True)
class LeafPlace:
    """The station's own leaves of a domain."""

    domain: Domain
    certificates: Path
    keys: Path

    @property
    def ocsp(self) -> Path:
        """Where answers about its certificates are kept."""
        return self.certificates / OCSP_FOLDER


@dataclass(frozen=True, slots=True)
class Layout:
    """All places of one store, free of symbolic links."""

    root: Path
    bundles: Mapping[Domain, Bundle]
    leaves: Mapping[Domain, LeafPlace]
    lists: Path | None = None
    """Where revocation lists are."""
    linked: tuple[Path, ...] = ()
    """The places as they were given, where links lead to them: they may lead elsewhere one day."""
    vehicles: Path | None = None
    """The file with further roots for vehicles."""

    @property
    def state(self) -> Path:
        """Lock, journal and copies."""
        return self.root / STATE_FOLDER

    def folders(self) -> tuple[Path, ...]:
        """Every folder the store writes into, each once."""
        found = [bundle.folder for bundle in self.bundles.values()]
        for place in self.leaves.values():
            found += [place.certificates, place.keys]
        return tuple(dict.fromkeys(found))

    def ocsp_folders(self) -> frozenset[Path]:
        """Where answers of responders are."""
        of_bundles = {bundle.ocsp for bundle in self.bundles.values()}
        return frozenset(of_bundles | {place.ocsp for place in self.leaves.values()})

    def key_folders(self) -> frozenset[Path]:
        """Where a private key may be: beside the certificates as well."""
        return frozenset(
            folder for place in self.leaves.values() for folder in (place.keys, place.certificates)
        )

    def holds(self, path: Path) -> bool:
        """Whether a path without symbolic links lies inside the store."""
        folders = (self.root, *self.folders(), *((self.lists,) if self.lists else ()))
        return any(path.is_relative_to(folder) for folder in folders)

    def keeps(self, folder: Path) -> bool:
        """Whether what is put into a folder stays inside the store; a folder of answers may be a link."""
        return self.holds(Path(os.path.realpath(folder)))


CA_KEYS: Final[Mapping[str, Domain]] = {
    "csms_ca_bundle": Domain.CSMS,
    "mf_ca_bundle": Domain.MF,
    "mo_ca_bundle": Domain.MO,
    "v2g_ca_bundle": Domain.V2G,
}
LEAF_KEYS: Final[Mapping[Domain, tuple[str, str]]] = {
    Domain.CSMS: ("csms_leaf_cert_directory", "csms_leaf_key_directory"),
    Domain.V2G: ("secc_leaf_cert_directory", "secc_leaf_key_directory"),
}


def resolve(settings: Settings) -> Layout:
    """The places the settings name. StoreError: a link or `..` that leads out of the root, a leaf directory
    that is a CA path, something there that is no file or folder.
    """
    root = Path(os.path.realpath(settings.root))
    paths = {key: _resolved(root, key, getattr(settings, key)) for key in _keys()}
    lists = _lists(root, settings.crl_directory, paths)
    vehicles = _resolved(root, "oem_ca_bundle", settings.oem_ca_bundle) if settings.oem_ca_bundle else None
    given = {key: Path(os.path.abspath(settings.root / getattr(settings, key))) for key in paths}  # noqa: PTH100  # links stay
    leaf_keys = [key for pair in LEAF_KEYS.values() for key in pair]
    for leaf_key in leaf_keys:
        for ca_key in CA_KEYS:
            if paths[leaf_key] == paths[ca_key]:
                raise StoreError(StoreProblem.BAD_PATH, f"{leaf_key} is the same as {ca_key}")
        if _kind(paths[leaf_key]) not in {None, stat.S_IFDIR}:
            raise StoreError(StoreProblem.BAD_PATH, f"{leaf_key}: {paths[leaf_key]} is not a folder")
    bundles = {domain: _bundle(domain, key, paths[key]) for key, domain in CA_KEYS.items()}
    leaves = {
        domain: LeafPlace(domain, paths[cert_key], paths[key_key])
        for domain, (cert_key, key_key) in LEAF_KEYS.items()
    }
    linked = tuple(dict.fromkeys(given[key] for key in paths if given[key] != paths[key]))
    return Layout(root, bundles, leaves, lists, linked, vehicles)


def _keys() -> Iterator[str]:
    yield from CA_KEYS
    for pair in LEAF_KEYS.values():
        yield from pair


def _resolved(root: Path, key: str, value: str) -> Path:
    if not value or "\0" in value:
        raise StoreError(StoreProblem.BAD_PATH, f"{key} is {value!r}")
    path = Path(os.path.realpath(root / value))
    if not Path(value).is_absolute() and not path.is_relative_to(root):
        raise StoreError(StoreProblem.BAD_PATH, f"{key}: {value} leads out of {root}, to {path}")
    return path


def _lists(root: Path, value: str, paths: Mapping[str, Path]) -> Path | None:
    """The folder of revocation lists, apart from all others: files of certificates are PEM as well."""
    if not value:
        return None
    path = _resolved(root, "crl_directory", value)
    for key, other in paths.items():
        if path in {other, other.parent if other.suffix else other}:
            raise StoreError(StoreProblem.BAD_PATH, f"crl_directory is the folder of {key}")
    if _kind(path) not in {None, stat.S_IFDIR}:
        raise StoreError(StoreProblem.BAD_PATH, f"crl_directory: {path} is not a folder")
    return path


def _bundle(domain: Domain, key: str, path: Path) -> Bundle:
    kind = _kind(path)
    if kind not in {None, stat.S_IFDIR, stat.S_IFREG}:
        raise StoreError(StoreProblem.BAD_PATH, f"{key}: {path} is neither file nor folder")
    return Bundle(domain, path, is_folder=kind == stat.S_IFDIR or (kind is None and not path.suffix))


def _kind(path: Path) -> int | None:
    """What is at a path, as far as we may look; None for nothing."""
    try:
        return stat.S_IFMT(path.stat().st_mode)
    except OSError:
        return None


def create(layout: Layout) -> None:
    """Make what is missing (M8.4). StoreError for a place that cannot be written."""
    open_to_all = [layout.state, *(bundle.folder for bundle in layout.bundles.values())]
    open_to_all += [place.certificates for place in layout.leaves.values()]
    open_to_all += [layout.lists] if layout.lists is not None else []
    try:
        for folder in open_to_all:
            folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        for place in layout.leaves.values():
            place.keys.mkdir(mode=_KEY_FOLDER_MODE, parents=True, exist_ok=True)
        for bundle in layout.bundles.values():
            if not bundle.is_folder and _kind(bundle.path) is None:
                bundle.path.touch(mode=_FILE_MODE)
    except OSError as error:
        raise StoreError(StoreProblem.UNWRITABLE, f"{error.filename}: {error.strerror}") from None
    for folder in (layout.state, *layout.folders()):
        if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
            raise StoreError(StoreProblem.UNWRITABLE, str(folder))
