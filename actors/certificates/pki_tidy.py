"""`evsite pki tidy`: brings files of certificates, and what a store has left undone, into order."""

from __future__ import annotations

import pathlib  # noqa: TC003  # typer reads the annotations
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from actors.certificates.pki_files import read_file, reported, write_file
from actors.exits import refuse

if TYPE_CHECKING:
    from cryptography import x509


def tidy(
    paths: Annotated[list[pathlib.Path], typer.Argument(help="Files, or stores.", show_default=False)],
    *,
    roots: Annotated[
        bool,
        typer.Option("--roots", help="Keep what roots are: CAs that have signed themselves, and theirs."),
    ] = False,
) -> None:
    """Write files of certificates anew: each once, a leaf first with its issuers behind, no garbage.

    With --roots what has expired or leads to no root goes as well. Of a store, what was cut short is
    completed, and what it does not need any more goes. Exit code 2: nothing of the kind is there.
    """
    with reported():
        for path in paths:
            if path.is_dir():
                _store(path)
            else:
                _file(path, roots=roots)


def _store(path: pathlib.Path) -> None:
    from certs.store import Settings, Store, StoreError  # noqa: PLC0415  # so that the command line answers at once

    try:
        removed = Store(Settings(root=path)).collect_garbage(now=datetime.now(UTC))
    except StoreError as error:
        refuse(str(error))
    typer.echo(f"{path}: in order, {len(removed)} files removed")


def _file(path: pathlib.Path, *, roots: bool) -> None:
    from certs import chain, pem  # noqa: PLC0415  # as above
    from certs.store.texts import certificates_in  # noqa: PLC0415  # as above

    data = read_file(path)
    if b"PRIVATE KEY-----" in data:
        refuse(f"{path}: holds a private key, which would be lost")
    found, _ = certificates_in(data)
    if not found:
        refuse(f"{path}: no certificate that can be read is inside")
    kept = _roots(found) if roots else chain.ordered(found)
    write_file(path, pem.to_pem(kept) if kept else b"", stat.S_IMODE(path.stat().st_mode))
    typer.echo(f"{path}: {len(kept)} certificates")


def _roots(found: tuple[x509.Certificate, ...]) -> tuple[x509.Certificate, ...]:
    """CAs of today, as long as their issuers are among them."""
    from certs.facts import read, signed_by  # noqa: PLC0415  # as above
    from certs.pem import unique  # noqa: PLC0415  # as above

    now = datetime.now(UTC)
    kept = [facts for facts in map(read, unique(found)) if facts.ca and now <= facts.not_after]
    while True:
        left = [one for one in kept if any(signed_by(one, above) for above in kept)]
        if len(left) == len(kept):
            return tuple(one.certificate for one in kept)
        kept = left
