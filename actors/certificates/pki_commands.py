"""Commands about certificates: `evsite pki init`, `csr`, `sign`, `install`, `ocsp`, `tidy`, `show`.

Exit codes: those of `actors.exits`. What a command needs is imported when it runs, so that the command line
answers at once.
"""

from __future__ import annotations

import enum
import json
import pathlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from actors.certificates import pki_answers, pki_install, pki_tidy
from actors.certificates.pki_files import FILE_MODE, KEY_MODE, read_file, reported, write_file
from actors.certificates.pki_place import password_in
from actors.exits import refuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from certs.pki import Edition, File, Identity, Row
    from certs.profiles import Profile
    from certs.requests import Subject

OURS: Final = ("ca", "client", "server", "authorities", "ocsp", "crl", "broken")
"""What `init` writes; any of these in the way needs --force."""
RESPONDER: Final = "http://127.0.0.1:8888"


class Iso(enum.StrEnum):
    """Which editions of ISO 15118."""

    ISO2 = "2"
    ISO20 = "20"
    BOTH = "both"


class Station(enum.StrEnum):
    """The leaves a station asks for."""

    SECC = "secc"
    CSMS = "csms"


class Kind(enum.StrEnum):
    """The keys a station makes."""

    P256 = "secp256r1"
    P384 = "secp384r1"
    P521 = "secp521r1"
    ED25519 = "ed25519"
    ED448 = "ed448"
    RSA = "rsa"


Directory = Annotated[pathlib.Path, typer.Argument(help="Directory of certificates, as EVerest lays it out.")]
Days = Annotated[float, typer.Option(min=0.01, max=36_500, help="How many days leaves are valid.")]
SubDays = Annotated[float, typer.Option(min=0.01, max=36_500, help="How many days sub-CAs are valid.")]
RootDays = Annotated[float, typer.Option(min=0.01, max=36_500, help="How many days roots are valid.")]
From = Annotated[
    datetime | None, typer.Option("--from", help="When validity begins, in UTC.", show_default="now")
]
Ed448 = Annotated[bool, typer.Option("--ed448", help="ISO 15118-20 with Ed448 keys in place of secp521r1.")]
Broken = Annotated[bool, typer.Option("--broken/--no-broken", help="Chains that must be refused, as well.")]
PasswordFile = Annotated[
    pathlib.Path | None,
    typer.Option(help="File whose first line encrypts the keys of clients.", show_default="not encrypted"),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite what is there.")]
Responder = Annotated[str, typer.Option(help="OCSP responder to name; empty for none.")]
Hosts = Annotated[list[str] | None, typer.Option("--csms-host", help="DNS name or IP address of the CSMS.")]

app: Final = typer.Typer(
    name="pki",
    help="Certificates for tests: whole hierarchies, requests, signatures, and what a file holds.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command()
def init(
    directory: Directory,
    *,
    iso: Annotated[Iso, typer.Option(help="Editions of ISO 15118.")] = Iso.BOTH,
    days: Days = 365,
    sub_days: SubDays = 1460,
    root_days: RootDays = 14_600,
    start: From = None,
    secc_id: Annotated[str, typer.Option(help="CN of the SECC's leaf.")] = "DE*EVS*E000001",
    emaid: Annotated[str, typer.Option(help="CN of the contract.")] = "DE8EVSC0000001X",
    station: Annotated[str, typer.Option(help="CN of the leaf for the CSMS.")] = "evsite-0001",
    organization: Annotated[str, typer.Option(help="O of every subject.")] = "EVSITE TEST",
    country: Annotated[str, typer.Option(help="C of every subject.")] = "DE",
    hosts: Hosts = None,
    ocsp_url: Responder = RESPONDER,
    ed448: Ed448 = False,
    broken: Broken = True,
    password_file: PasswordFile = None,
    force: Force = False,
) -> None:
    """Make a whole world of test certificates, in EVerest's directory layout.

    `ca` and `client` are what a station and its cars have; `authorities` holds the keys of the CAs, with
    which `evsite pki sign` signs. Exit code 2: an option does not fit, or something is in the way.
    """
    from certs import pki  # noqa: PLC0415  # see the module's docstring
    from certs.keys import KeyKind  # noqa: PLC0415  # as above

    _refuse_what_is_there(directory, force=force)
    with reported():
        options = pki.Options(
            now=_moment(start), editions=_editions(iso),
            leaf_days=days, sub_days=sub_days, root_days=root_days,
            secc_id=secc_id, emaid=emaid, station=station, organization=organization, country=country,
            csms_hosts=tuple(hosts) if hosts else pki.Options(now=_moment(start)).csms_hosts,
            ocsp_url=ocsp_url or None, iso20_kind=KeyKind.ED448 if ed448 else KeyKind.P521,
        )  # fmt: skip
        _write_all(directory, pki.files(pki.build(options), password_in(password_file), with_broken=broken))


def _refuse_what_is_there(directory: pathlib.Path, *, force: bool) -> None:
    taken = [name for name in OURS if (directory / name).exists()]
    if taken and not force:
        refuse(f"{directory}: has {', '.join(taken)} already; --force overwrites what has the same name")


def _moment(start: datetime | None) -> datetime:
    return start.replace(tzinfo=UTC) if start is not None else datetime.now(UTC)


def _editions(iso: Iso) -> tuple[Edition, ...]:
    from certs.pki import Edition  # noqa: PLC0415  # see the module's docstring

    return tuple(Edition) if iso is Iso.BOTH else (Edition(iso.value),)


def _write_all(directory: pathlib.Path, files: Mapping[str, File]) -> None:
    for name, file in files.items():
        write_file(directory / name, file.content, file.mode, durable=False)
    typer.echo(
        f"{directory}: {len(files)} files written. See what they hold with: evsite pki show {directory}"
    )


@app.command()
def csr(
    out: Annotated[pathlib.Path, typer.Argument(help="Where the request goes; its key beside it as .key.")],
    *,
    leaf: Annotated[Station, typer.Option("--for", help="The leaf for cars or for the CSMS.")] = Station.SECC,
    common_name: Annotated[str, typer.Option(help="SECC id, or serial number of the station.")],
    organization: Annotated[str, typer.Option(help="O of the subject.")],
    country: Annotated[str, typer.Option(help="C of the subject.")] = "DE",
    kind: Annotated[Kind, typer.Option(help="Kind of key.")] = Kind.P256,
    password_file: PasswordFile = None,
    force: Force = False,
) -> None:
    """Make a new key and the request that a CA signs.

    Exit code 2: a subject that cannot be written, or a file in the way.
    """
    from certs import keys, requests  # noqa: PLC0415  # see the module's docstring

    key_path = out.with_suffix(".key")
    if key_path == out:
        refuse(f"{out}: the request needs another name than its key")
    for path in (out, key_path):
        if path.exists() and not force:
            refuse(f"{path} is there already; --force overwrites it")
    with reported():
        subject = _subject(leaf, common_name, organization, country)
        key, request = requests.new_request(subject, kind=keys.KeyKind(kind.value))
        write_file(key_path, keys.key_to_pem(key, password_in(password_file)), KEY_MODE)
        write_file(out, requests.request_to_pem(request), FILE_MODE)
    typer.echo(f"{out}: written, its key is {key_path}")


def _subject(leaf: Station, common_name: str, organization: str, country: str) -> Subject:
    from certs import requests  # noqa: PLC0415  # see the module's docstring

    if leaf is Station.SECC:
        return requests.secc_subject(secc_id=common_name, organization=organization, country=country)
    return requests.csms_subject(charge_box_serial=common_name, organization=organization, country=country)


@app.command()
def sign(
    request: Annotated[pathlib.Path, typer.Argument(help="The request, as PEM or DER.")],
    directory: Annotated[pathlib.Path, typer.Argument(help="What `evsite pki init` has made.")],
    *,
    leaf: Annotated[
        str, typer.Option("--as", help="The leaf it becomes: SECC_LEAF, CSMS_LEAF ...")
    ] = "SECC_LEAF",
    iso: Annotated[Iso, typer.Option(help="Edition of ISO 15118: 2 or 20.")] = Iso.ISO2,
    days: Days = 365,
    start: From = None,
    ocsp_url: Responder = RESPONDER,
    out: Annotated[
        pathlib.Path | None, typer.Option(help="Where the chain goes, leaf first.", show_default="printed")
    ] = None,
) -> None:
    """Sign a request as a CA of the test certificates would.

    Exit code 2: no request, no such leaf or CA, or a key that this leaf may not have.
    """
    from certs import pem, pki, requests  # noqa: PLC0415  # see the module's docstring

    row, edition = _row(leaf, iso)
    suffix = pki.SUFFIXES[edition] if edition else ""
    with reported():
        issuer, path = _authority(directory, f"{row.issuer}{suffix}")
        asked = requests.load_request(read_file(request))
        _refuse_key(asked, pki.LEAF_PROFILES[f"{leaf}{suffix}"])
        options = pki.Options(now=_moment(start), leaf_days=days, ocsp_url=ocsp_url or None)
        made = pki.sign_request(asked, issuer, row, options=options, edition=edition, mint=pki.Mint())
        text = pem.to_pem([made, *path[:-1]])
        if out is not None:
            write_file(out, text, FILE_MODE)
    typer.echo(f"{out}: written" if out is not None else text.decode().rstrip())
    _tell_what_outlives(made, path)


def _row(leaf: str, iso: Iso) -> tuple[Row, Edition | None]:
    """The row of a leaf and the edition it is of, None for those of OCPP."""
    from certs import pki  # noqa: PLC0415  # see the module's docstring

    row = pki.LEAVES.get(leaf)
    if row is None:
        refuse(f"--as {leaf}: one of {', '.join(pki.LEAVES)}")
    if iso is Iso.BOTH:
        refuse("--iso: one leaf is of one edition, 2 or 20")
    edition = pki.Edition(iso.value) if pki.edition_of(leaf) else None
    if row.only not in {None, edition}:
        refuse(f"--as {leaf}: there is none in edition {iso.value}")
    return row, edition


def _refuse_key(request: Any, profile: Profile) -> None:
    from certs import keys  # noqa: PLC0415  # see the module's docstring

    kind = keys.kind_of(request.public_key())
    if kind not in profile.keys:
        allowed = ", ".join(sorted(one.value for one in profile.keys))
        refuse(f"{profile.name}: a key of kind {kind.value if kind else 'unknown'} is none of {allowed}")


def _tell_what_outlives(leaf: Any, above: Iterable[Any]) -> None:
    from certs import names  # noqa: PLC0415  # see the module's docstring

    first = min(above, key=lambda one: one.not_valid_after_utc)
    if first.not_valid_after_utc < leaf.not_valid_after_utc:
        end = f"{first.not_valid_after_utc:%Y-%m-%d}, as {names.describe(first.subject)} above it expires"
        typer.echo(f"the leaf serves only until {end}; --days makes it shorter", err=True)


def _authority(directory: pathlib.Path, name: str) -> tuple[Identity, tuple[Any, ...]]:
    from certs import keys, pem, pki  # noqa: PLC0415  # see the module's docstring

    path = pem.load_certificates(read_file(directory / "authorities" / f"{name}.pem"))
    key = keys.load_key(read_file(directory / "authorities" / f"{name}.key"))
    return pki.Identity(name=name, certificate=path[0], key=key), path


for command in (pki_install.install, pki_answers.ocsp, pki_tidy.tidy):
    app.command()(command)


@app.command()
def show(
    paths: Annotated[list[pathlib.Path], typer.Argument(help="Files or directories.", show_default=False)],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    roots: Annotated[
        pathlib.Path | None, typer.Option(help="Verify each file's chain against these roots.")
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(help="As what to verify it, for example 'SECC -2'.", show_default="what fits"),
    ] = None,
    start: Annotated[
        datetime | None, typer.Option("--at", help="The moment to verify for, in UTC.", show_default="now")
    ] = None,
) -> None:
    """Say what files hold: certificates, requests, keys (never their secret), OCSP responses, lists.

    With --roots: exit code 1 if a chain is not valid. 2: a file cannot be read or holds nothing of the kind.
    """
    from actors.certificates import pki_show  # noqa: PLC0415  # see the module's docstring

    now = _moment(start)
    chosen = _profiles(profile)
    with reported():
        trusted = pki_show.certificates_of(read_file(roots)) if roots is not None else None
        reports = [
            pki_show.report(path, read_file(path), trusted, chosen, now)
            for given in paths
            for path in _files_of(given)
        ]
    if as_json:
        typer.echo(json.dumps(reports, indent=2))
    else:
        typer.echo("\n\n".join("\n".join(pki_show.lines(one)) for one in reports))
    raise typer.Exit(pki_show.exit_code(reports))


def _profiles(name: str | None) -> tuple[Profile, ...] | None:
    from certs.profiles import PROFILES  # noqa: PLC0415  # see the module's docstring

    if name is None:
        return None
    found = tuple(one for one in PROFILES if name == one.name)
    if not found:
        refuse(f"--profile {name!r}: one of {', '.join(repr(one.name) for one in PROFILES)}")
    return found


def _files_of(path: pathlib.Path) -> list[pathlib.Path]:
    """The file itself, or those of these kinds below a directory, in order.

    There without the empty ones: a store keeps the places of bundles that nothing was installed in.
    """
    if not path.is_dir():
        return [path]
    kinds = {".pem", ".key", ".der", ".crt", ".cer", ".csr", ".crl"}
    found = (one for one in path.rglob("*") if one.suffix in kinds and one.is_file())
    return sorted(one for one in found if one.stat().st_size)
