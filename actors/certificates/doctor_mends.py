"""Which command mends what the doctor has found: one row per ailment."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.x509.oid import NameOID

from certs import names, ocsp, pem, profiles
from certs.errors import CertificateError
from certs.examination import Ailment
from certs.examination.answers import answerable
from certs.facts import read, signed_by
from certs.profiles import Domain

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from certs.examination import Finding, Inspection
    from certs.facts import Facts
    from certs.keys import KeyKind
    from certs.profiles import Profile

Commands = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The store as the user has named it, and the test CAs beside it, if there are any."""

    directory: pathlib.Path
    site: pathlib.Path | None
    password_file: pathlib.Path | None
    now: datetime
    inspection: Inspection
    authorities: Mapping[pathlib.Path, Facts]

    @property
    def options(self) -> Commands:
        """What commands about this store need besides its directory."""
        site = ("--site", str(self.site)) if self.site is not None else ()
        password = ("--password-file", str(self.password_file)) if self.password_file is not None else ()
        return (*site, *password)

    def issuer_of(self, orphan: Facts) -> pathlib.Path | None:
        """The file of whoever has issued a certificate: a test CA, or a sub-CA in a bundle."""
        bundles = self.inspection.index.bundles.values()
        known = [*self.authorities.items(), *((held.path, held.facts) for found in bundles for held in found)]
        for path, facts in known:
            if facts.subject == orphan.issuer and signed_by(orphan, facts):
                return path
        return None

    def roots(self, domain: Domain) -> tuple[pathlib.Path, ...]:
        """The files of the test roots of a domain."""
        start = f"{domain}_ROOT_CA"
        return tuple(path for path in self.authorities if path.stem.startswith(start))


def authorities_in(directory: pathlib.Path) -> dict[pathlib.Path, Facts]:
    """The test CAs whose keys lie in a folder of `evsite pki init`."""
    found = {}
    for path in sorted((directory / "authorities").glob("*.pem")):
        try:
            if path.with_suffix(".key").exists():
                found[path] = read(pem.load_certificates(path.read_bytes()[: pem.MAX_BYTES])[0])
        except (OSError, CertificateError):
            continue
    return found


def mend(finding: Finding, place: Place) -> Commands:
    """The commands, in order, a line for a shell each. Words in capitals stand for what is not here."""
    return MENDS[finding.ailment](finding, place)


def _line(*words: object) -> str:
    return shlex.join(map(str, words))


def _remove(finding: Finding, _place: Place) -> Commands:
    return (_line("rm", "-f", finding.path),)


def _mode(mode: str) -> Callable[[Finding, Place], Commands]:
    return lambda finding, _place: (_line("chmod", mode, finding.path),)


def _tidy(finding: Finding, _place: Place) -> Commands:
    return (_line("evsite", "pki", "tidy", finding.path),)


def _tidy_store(_finding: Finding, place: Place) -> Commands:
    return (_line("evsite", "pki", "tidy", place.directory),)


def _bring_in(finding: Finding, _place: Place) -> Commands:
    target = os.path.realpath(finding.path)
    if not os.path.isfile(target):  # noqa: PTH113  # the same call as above
        return (_line("rm", "-f", finding.path),)
    return (_line("cp", "--remove-destination", "--preserve=mode", target, finding.path),)


def _ask_password(_finding: Finding, place: Place) -> Commands:
    return (_line("evsite", "doctor", "certs", place.directory, "--password-file", "PASSWORD_FILE"),)


def _install(place: Place, file: object, what: str) -> str:
    return _line("evsite", "pki", "install", file, place.directory, "--as", what, *place.options)


def _new_root(finding: Finding, place: Place) -> Commands:
    """Of test CAs that have expired all are made anew."""
    domain = finding.domain or Domain.V2G
    known = place.roots(domain)
    if not known:
        return (_install(place, "ROOT.pem", f"{domain.lower()}-root"),)
    if any(place.now > place.authorities[path].not_after for path in known):
        return (_line("evsite", "pki", "init", place.directory, "--force"),)
    return tuple(_install(place, path, f"{domain.lower()}-root") for path in known)


def _old_root(finding: Finding, place: Place) -> Commands:
    return (*_only_roots(finding, place), *_new_root(finding, place))


def _ageing_root(finding: Finding, place: Place) -> Commands:
    if place.roots(finding.domain or Domain.V2G):
        return (_line("evsite", "pki", "init", place.directory, "--force"),)
    return _new_root(finding, place)


def _ageing_sub(finding: Finding, place: Place) -> Commands:
    """A new leaf comes with the sub-CAs of its day; test CAs are made anew."""
    if place.authorities:
        return (_line("evsite", "pki", "init", place.directory, "--force"),)
    return _renew(finding, place)


def _only_roots(finding: Finding, _place: Place) -> Commands:
    return (_line("evsite", "pki", "tidy", "--roots", finding.path),)


_ROWS: Final = {
    profiles.SECC_ISO2: ("secc", "SECC_LEAF", "2"),
    profiles.SECC_ISO20: ("secc", "SECC_LEAF", "20"),
    profiles.CSMS_CLIENT: ("csms", "CSMS_LEAF", "2"),
}
"""What the leaf is called: when it is installed, among test certificates, and its edition."""


def _renew(finding: Finding, place: Place) -> Commands:
    """A new key, its request, the signature of a CA, and both into the store."""
    profile = finding.profile or profiles.SECC_ISO2
    what, name, edition = _ROWS[profile]
    stem = (
        f"{what}-{edition}-{place.now:%Y%m%d-%H%M%S}"
        if what == "secc"
        else f"{what}-{place.now:%Y%m%d-%H%M%S}"
    )
    password = ("--password-file", str(place.password_file)) if place.password_file is not None else ()
    request = _line(
        "evsite", "pki", "csr", f"{stem}.csr", "--for", what, *_subject(finding.leaf),
        "--kind", _kind(finding.leaf, profile).value, *password,
    )  # fmt: skip
    if any(path.stem.startswith(("CPO_SUB_CA2", "CSMS_ROOT")) for path in place.authorities):
        iso = ("--iso", edition) if what == "secc" else ()
        signed = _line(
            "evsite",
            "pki",
            "sign",
            f"{stem}.csr",
            place.directory,
            "--as",
            name,
            *iso,
            "--out",
            f"{stem}.pem",
        )
    else:
        signed = f"# have {stem}.csr signed: the leaf and its sub-CAs as {stem}.pem"
    key = ("--key", f"{stem}.key")
    line = ("evsite", "pki", "install", f"{stem}.pem", place.directory, "--as", what, *key, *place.options)
    return (request, signed, _line(*line))


def _subject(leaf: Facts | None) -> Commands:
    found = leaf.certificate.subject if leaf is not None else None

    def first(oid: object, default: str) -> str:
        values = names.attributes(found, oid) if found is not None else ()  # type: ignore[arg-type]  # an OID
        return values[0] if values else default

    return (
        "--common-name", first(NameOID.COMMON_NAME, "SECC_ID"),
        "--organization", first(NameOID.ORGANIZATION_NAME, "ORGANIZATION"),
        "--country", first(NameOID.COUNTRY_NAME, "DE"),
    )  # fmt: skip


def _kind(leaf: Facts | None, profile: Profile) -> KeyKind:
    known = leaf is not None and leaf.kind in profile.keys
    return leaf.kind if known and leaf is not None and leaf.kind is not None else profile.default_key


def _replace(finding: Finding, place: Place) -> Commands:
    """A new leaf where none serves, and the one that does not goes with its key.

    What another leaf needs stays: its key gets its name, from a file of both people part it.
    """
    renewed = _renew(finding, place) if finding.alone else ()
    doomed = [path for path in (finding.path, *finding.others) if path not in finding.kept]
    removed = (_line("rm", "-f", *doomed),) if doomed else ()
    moved = (_line("mv", "-n", *move) for move in finding.moves)
    shared = finding.path in finding.kept
    told = (f"# {shlex.quote(str(finding.path))}: another leaf needs it",) if shared else ()
    return (*renewed, *removed, *moved, *told)


def _complete(finding: Finding, place: Place) -> Commands:
    """The chain with what is missing between it and its root."""
    known = place.issuer_of(finding.orphan) if finding.orphan is not None else None
    if known is None and (finding.orphan is None or place.authorities):
        return _replace(finding, place)
    what, _, edition = _ROWS[finding.profile or profiles.SECC_ISO2]
    above = known or "SUB_CAS.pem"
    chain = f"{what}-{edition}-chain.pem"
    parts = [finding.path, *(path for path in finding.others if path.suffix != ".key")]
    return (f"{_line('cat', *parts, above)} > {chain}", _install(place, chain, what))


def _answer(_finding: Finding, place: Place) -> Commands:
    if place.authorities:
        return (_line("evsite", "pki", "ocsp", place.directory, *place.options),)
    return (_install(place, "RESPONSE.der", "ocsp"),)


def _stray_answer(finding: Finding, place: Place) -> Commands:
    """Through the door, if it is about a chain that is shown."""
    hash_file, moved = finding.path.with_suffix(".hash"), f"{finding.path.stem}-response.der"
    if not _is_about_us(finding.path, place):
        return (_line("rm", "-f", finding.path, hash_file),)
    return (
        _line("mv", finding.path, moved),
        _line("rm", "-f", hash_file),
        _install(place, moved, "ocsp"),
    )


def _is_about_us(response: pathlib.Path, place: Place) -> bool:
    try:
        data = response.read_bytes()[: ocsp.MAX_RESPONSE_BYTES + 1]
    except OSError:
        return False
    for _, certificate, issuer in answerable(place.inspection, place.now):
        try:
            ocsp.verify_response(data, certificate, issuer, now=place.now)
        except CertificateError:
            continue
        return True
    return False


def _new_list(finding: Finding, _place: Place) -> Commands:
    return (_line("cp", "NEW_LIST.pem", finding.path),)


MENDS: Final[Mapping[Ailment, Callable[[Finding, Place], Commands]]] = {
    Ailment.UNLISTABLE: _mode("u+rwx"),
    Ailment.UNWRITABLE: _mode("u+rwx"),
    Ailment.UNFINISHED: _tidy_store,
    Ailment.OUTSIDE: _bring_in,
    Ailment.CLOSED: _mode("u+rw"),
    Ailment.DAMAGED: _tidy,
    Ailment.GARBAGE: _remove,
    Ailment.OPEN_KEY: _mode("600"),
    Ailment.PASSWORD: _ask_password,
    Ailment.STRAY_KEY: _remove,
    Ailment.DISORDER: _tidy,
    Ailment.REPEATED: _tidy,
    Ailment.COPY: _remove,
    Ailment.NO_ROOT: _new_root,
    Ailment.NOT_A_CA: _only_roots,
    Ailment.FORGED_ROOT: _only_roots,
    Ailment.OLD_ROOT: _old_root,
    Ailment.AGEING_ROOT: _ageing_root,
    Ailment.ROOTLESS: _only_roots,
    Ailment.UNSERVED_ROOT: _renew,
    Ailment.NO_LEAF: _renew,
    Ailment.NO_KEY: _replace,
    Ailment.OTHER_KEY: _replace,
    Ailment.EXPIRED: _renew,
    Ailment.NOT_YET_VALID: _renew,
    Ailment.EXPIRES: _renew,
    Ailment.AGEING_SUB: _ageing_sub,
    Ailment.REFUSED: _replace,
    Ailment.INCOMPLETE: _complete,
    Ailment.NO_ANSWER: _answer,
    Ailment.STALE_ANSWER: _answer,
    Ailment.BAD_ANSWER: _answer,
    Ailment.NO_HASH_FILE: _stray_answer,
    Ailment.NO_ANSWER_FILE: _remove,
    Ailment.STALE_LIST: _new_list,
}
"""Every ailment has its row."""
