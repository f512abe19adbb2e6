"""`evsite pki install`: puts a root, a leaf with its key, or an OCSP response into a station's directories.

A running station notices by itself: nothing has to be restarted.
"""

from __future__ import annotations

import enum
import pathlib  # noqa: TC003  # typer reads the annotations
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from actors.certificates import pki_answers
from actors.certificates.pki_files import KEY_MODE, read_file, reported, write_file
from actors.certificates.pki_place import PasswordFile, SiteOption, settings_of
from actors.exits import FAILED, refuse

if TYPE_CHECKING:
    from certs.profiles import Domain
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
    from certs import pem  # noqa: PLC0415  # so that the command line answers at once
    from certs.store import Store, StoreError  # noqa: PLC0415  # as above

    if key is not None and what not in _LEAVES:
        refuse("--key: only a leaf has a key here")
    with reported():
        settings = settings_of(directory, site, password_file)
        try:
            if what is What.OCSP:
                outcome = _response(settings, read_file(file))
            else:
                text = pem.to_pem(pem.load_certificates(read_file(file)))
                store = Store(settings)
                outcome = _leaf(store, text, what, key) if what in _LEAVES else _roots(store, text, what)
        except StoreError as error:
            refuse(str(error))
    hint = f" ({_HINTS[outcome]})" if outcome in _HINTS else ""
    typer.echo(f"{file}: {outcome}{hint}")
    if outcome != "Accepted":
        raise typer.Exit(FAILED)


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


def _leaf(store: Store, text: bytes, what: What, key: pathlib.Path | None) -> str:
    """The key is put beside first, and taken away again if the leaf is not accepted."""
    from certs.profiles import Domain  # noqa: PLC0415  # as above
    from protocols.types import evse_security as types  # noqa: PLC0415  # as above

    name = _LEAVES[what]
    placed = _place_key(store, Domain(name), key) if key is not None else None
    result = store.update_leaf_certificate(
        text.decode(), types.LeafCertificateType(name), now=datetime.now(UTC)
    )
    if placed is not None and result is not types.InstallCertificateResult.ACCEPTED:
        placed.unlink()
    return result.value


def _place_key(store: Store, domain: Domain, key: pathlib.Path) -> pathlib.Path | None:
    """A copy of the key where the station looks for it; None if one of this name is there already."""
    content = read_file(key)
    target = store.layout.leaves[domain].keys / key.with_suffix(".key").name
    if target.exists():
        if target.read_bytes() != content:
            refuse(f"{target}: another key has this name; give the new one another name")
        return None
    write_file(target, content, KEY_MODE)
    return target
