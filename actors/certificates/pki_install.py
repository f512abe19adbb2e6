"""`evsite pki install`: puts a root, a leaf with its key, or an OCSP response into a station's directories.

A running station notices by itself: nothing has to be restarted.
"""

from __future__ import annotations

import enum
import pathlib  # noqa: TC003  # typer reads the annotations
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from actors.certificates import pki_answers
from actors.certificates.pki_files import KEY_MODE, read_file, reported, write_file
from actors.certificates.pki_place import PasswordFile, SiteOption, settings_of
from actors.exits import FAILED, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certs.store import Settings, Store


class What(enum.StrEnum):
    """What can be installed."""

    V2G_ROOT = "v2g-root"
    MO_ROOT = "mo-root"
    CSMS_ROOT = "csms-root"
    MF_ROOT = "mf-root"
    SECC = "secc"
    CSMS = "csms"
    OCSP = "ocsp"


_LEAVES: Final = {What.SECC: "V2G", What.CSMS: "CSMS"}
_HINTS: Final = {
    "WriteError": "the directory cannot be written, or has no key for this leaf: give it with --key",
    "InvalidCertificateChain": "no path to an installed root: evsite pki show FILE --roots ROOTS says why",
    "NoRootCertificateInstalled": "install the root first",
}


def install(
    file: Annotated[
        pathlib.Path, typer.Argument(help="Certificates as PEM, of a leaf its chain; or an OCSP response.")
    ],
    directory: Annotated[pathlib.Path, typer.Argument(help="Certificate directory of the station.")],
    *,
    what: Annotated[
        What, typer.Option("--as", help="A root of a domain, a leaf of the station, an OCSP response.")
    ],
    key: Annotated[
        pathlib.Path | None, typer.Option(help="The key of the leaf, if the station has not made it itself.")
    ] = None,
    site: SiteOption = None,
    password_file: PasswordFile = None,
) -> None:
    """Install certificates as a CSMS would: everything is verified first.

    Exit code 1: the station would not accept it. 2: no certificates, or options that do not fit.
    """
    from certs.store import StoreError  # noqa: PLC0415  # so that the command line answers at once

    if key is not None and what not in _LEAVES:
        refuse("--key: only a leaf has a key here")
    with reported():
        settings = settings_of(directory, site, password_file)
        try:
            outcome = _outcome(settings, read_file(file), what, key)
        except StoreError as error:
            refuse(str(error))
    hint = f" ({_HINTS[outcome]})" if outcome in _HINTS else ""
    typer.echo(f"{file}: {outcome}{hint}")
    if outcome != "Accepted":
        raise typer.Exit(FAILED)


def _outcome(settings: Settings, data: bytes, what: What, key: pathlib.Path | None) -> str:
    from certs import pem  # noqa: PLC0415  # as above
    from certs.store import Store  # noqa: PLC0415  # as above

    if what is What.OCSP:
        return _response(settings, data)
    text = pem.to_pem(pem.load_certificates(data))
    store = Store(settings)
    return _leaf(store, settings, text, what, key) if what in _LEAVES else _roots(store, text, what)


def _response(settings: Settings, data: bytes) -> str:
    about = pki_answers.keep_response(settings, data, datetime.now(UTC))
    return "Accepted" if about else "it is about none of the station's chains"


def _roots(store: Store, text: bytes, what: What) -> str:
    """The outcome of the first one that is not accepted, else Accepted."""
    from certs import pem  # noqa: PLC0415  # as above
    from protocols.types import evse_security as types  # noqa: PLC0415  # as above

    domain = types.CaCertificateType(what.value.removesuffix("-root").upper())
    for root in pem.load_certificates(text):
        one = pem.to_pem([root]).decode()
        result = store.install_ca_certificate(one, domain, now=datetime.now(UTC))
        if result is not types.InstallCertificateResult.ACCEPTED:
            return result.value
    return types.InstallCertificateResult.ACCEPTED.value


def _leaf(store: Store, settings: Settings, text: bytes, what: What, key: pathlib.Path | None) -> str:
    """The key is put beside first, and taken away again unless the leaf gets there."""
    from certs.profiles import Domain  # noqa: PLC0415  # as above
    from protocols.types import evse_security as types  # noqa: PLC0415  # as above

    kind = types.LeafCertificateType(_LEAVES[what])
    beside = _key_beside(settings, store.layout.leaves[Domain(kind)].keys, key) if key else nullcontext()
    with beside:
        return store.update_leaf_certificate(text.decode(), kind, now=datetime.now(UTC)).value


@contextmanager
def _key_beside(settings: Settings, folder: pathlib.Path, key: pathlib.Path) -> Iterator[None]:
    """A copy of the key where the station looks for it, which stays if a leaf of it is there afterwards.

    Whatever ends what is done meanwhile. CertificateError for what is no key.
    """
    from certs import keys  # noqa: PLC0415  # as above

    content = read_file(key)
    password = settings.private_key_password.encode("utf-8", "surrogateescape") or None
    public = keys.public_bytes(keys.load_key(content, password).public_key())
    target = folder / key.with_suffix(".key").name
    if target.exists():
        if target.read_bytes() != content:
            refuse(f"{target}: another key has this name; give the new one another name")
        yield
        return
    try:
        write_file(target, content, KEY_MODE)
        yield
    finally:
        if not _is_needed(settings, public):
            target.unlink(missing_ok=True)


def _is_needed(settings: Settings, public: bytes) -> bool:
    """Whether a leaf has this key, or may get it: a change that was cut short is completed later."""
    from certs import examination  # noqa: PLC0415  # as above

    inspection = examination.inspect(settings)
    leaves = (leaf for found in inspection.index.leaves.values() for leaf in found)
    return inspection.unfinished is not None or any(leaf.facts.spki == public for leaf in leaves)
