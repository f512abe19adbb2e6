"""`evsite pki ocsp`: answers about a station's chains, as the responders of the test CAs would give them."""

from __future__ import annotations

import base64
import pathlib  # noqa: TC003  # typer reads the annotations
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from actors.certificates.pki_files import read_file, reported
from actors.certificates.pki_place import PasswordFile, SiteOption, settings_of
from actors.exits import FAILED, fail, refuse

if TYPE_CHECKING:
    from certs.pki import Identity
    from certs.store import Settings, Store

_SKEW: Final = timedelta(hours=1)


def ocsp(
    directory: Annotated[pathlib.Path, typer.Argument(help="What `evsite pki init` has made.")],
    *,
    days: Annotated[float, typer.Option(min=0.01, max=3650, help="How many days the answers count.")] = 7,
    site: SiteOption = None,
    password_file: PasswordFile = None,
) -> None:
    """Answer for the test CAs that a station's certificates are good, and put that into its OCSP cache.

    A station that runs notices by itself. Exit code 1: there is no chain to answer about, or it cannot be
    kept. 2: no keys of CAs.
    """
    from certs import pki  # noqa: PLC0415  # so that the command line answers at once
    from certs.facts import read  # noqa: PLC0415  # as above
    from certs.store import StoreError  # noqa: PLC0415  # as above

    now = datetime.now(UTC)
    period = pki.Period(this_update=now - _SKEW, next_update=now + timedelta(days=days))
    with reported():
        settings = settings_of(directory, site, password_file)
        authorities = _authorities(directory)
        try:
            about = _answerable(settings, now)
            if not about:
                fail(f"{directory}: no chain that leads to a root and names a responder")
            store = opened(settings)
            for certificate, issuer in about:
                if (signer := authorities.get(read(issuer).spki)) is None:
                    refuse(f"{directory}: the key of the CA {issuer.subject.rfc4514_string()} is not here")
                answer = pki.ocsp_response(certificate, signer, period=period)
                _keep(store, certificate, issuer, answer, now)
        except StoreError as error:
            refuse(str(error))
    typer.echo(f"{directory}: {len(about)} answers kept")


def keep_response(settings: Settings, response: bytes, now: datetime) -> int:
    """Put somebody's response into the cache; how many of the station's certificates it is about.

    CertificateError if it is none, StoreError. Ends the command if the store does not believe it.
    """
    from certs import ocsp as responses  # noqa: PLC0415  # as above

    serials = {one.serial_number for one in responses.statements(response)}
    about = [pair for pair in _answerable(settings, now) if f"{pair[0].serial_number:x}" in serials]
    store = opened(settings)
    for certificate, issuer in about:
        _keep(store, certificate, issuer, response, now)
    return len(about)


def opened(settings: Settings) -> Store:
    """The store. StoreError."""
    from certs.store import Store  # noqa: PLC0415  # as above

    return Store(settings)


def _answerable(settings: Settings, now: datetime) -> list[tuple[Any, Any]]:
    from certs import examination  # noqa: PLC0415  # as above
    from certs.examination import answers  # noqa: PLC0415  # as above

    inspection = examination.inspect(settings)
    return [(certificate, issuer) for _, certificate, issuer in answers.answerable(inspection, now)]


def _keep(store: Store, certificate: Any, issuer: Any, response: bytes, now: datetime) -> None:
    from certs.hashes import hash_data  # noqa: PLC0415  # as above
    from certs.store import OcspUpdate  # noqa: PLC0415  # as above
    from certs.store.hash_types import to_message  # noqa: PLC0415  # as above

    data = to_message(hash_data(certificate, issuer))
    result = store.update_ocsp_cache(data, base64.b64encode(response).decode("ascii"), now=now)
    if result is not OcspUpdate.STORED:
        typer.echo(f"{certificate.subject.rfc4514_string()}: {result}", err=True)
        raise typer.Exit(FAILED)


def _authorities(directory: pathlib.Path) -> dict[bytes, Identity]:
    """The CAs whose keys are here, by their public keys."""
    from certs import keys, pem, pki  # noqa: PLC0415  # as above
    from certs.facts import read  # noqa: PLC0415  # as above

    found = {}
    for path in sorted((directory / "authorities").glob("*.pem")):
        certificate = pem.load_certificates(read_file(path))[0]
        key = keys.load_key(read_file(path.with_suffix(".key")))
        found[read(certificate).spki] = pki.Identity(name=path.stem, certificate=certificate, key=key)
    if not found:
        refuse(f"{directory}: no keys of test CAs; evsite pki install RESPONSE {directory} --as ocsp")
    return found
