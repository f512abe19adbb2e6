"""A CSMS's TLS: certificates of a test PKI as files, and contexts of a server."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from certs.keys import key_to_pem
from certs.pem import to_pem
from certs.profiles import Domain
from certs.tls.csms import ClientFiles
from tests.support import tls

if TYPE_CHECKING:
    from pathlib import Path

    from certs import pki

NOW = tls.NOW
world = tls.world


def files_of(folder: Path, made: pki.Identity) -> ClientFiles:
    """A chain and its key."""
    chain, key = folder / f"{made.name}.pem", folder / f"{made.name}.key"
    chain.write_bytes(to_pem(made.chain))
    key.write_bytes(key_to_pem(made.key))
    return ClientFiles(chain=chain, key=key)


def csms_files(folder: Path) -> ClientFiles:
    """Those of the CSMS, for localhost and the loopback addresses."""
    return files_of(folder, world()["CSMS_SERVER"])


def station_files(folder: Path) -> ClientFiles:
    """Those that the station shows in security profile 3."""
    return files_of(folder, world()["CSMS_LEAF"])


def roots_file(folder: Path, seed: str = "tls") -> Path:
    """The roots that may vouch for the CSMS."""
    path = folder / f"roots_{seed}.pem"
    path.write_bytes(to_pem(world(seed).roots(Domain.CSMS)))
    return path


def server_context(
    files: ClientFiles,
    *,
    mutual: bool = False,
    newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    suites: str = "",
) -> ssl.SSLContext:
    """Context of a CSMS; `mutual`: a station must show its certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.chain, files.key)
    context.maximum_version = newest
    if suites:
        context.set_ciphers(suites)
    if mutual:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=to_pem(world().roots(Domain.CSMS)).decode())
        context.verify_flags |= 0x200000  # the tests have a clock of their own
    return context
