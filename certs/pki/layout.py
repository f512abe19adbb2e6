"""Where the files of a test PKI go: EVerest's certificate directory, and beside it what belongs to others.

`ca/` and `client/` are what a station has (M8.1, M8.2), and what the simulated cars have. `authorities/` has
the keys of the CAs, `server/` those of the CSMS; `ocsp/`, `crl/` and `broken/` are material for tests. Pure:
this says which bytes go where; somebody else writes them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.serialization import Encoding

from certs.hashes import hash_data
from certs.keys import key_to_pem
from certs.ocsp_cache import write_hash_file
from certs.pem import to_pem
from certs.pki.broken import Broken, broken, variants_of
from certs.pki.hierarchies import Pki, suffix_of
from certs.pki.status import Period, crl, ocsp_response
from certs.profiles import Domain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from certs.pki.issuing import Identity

KEY_MODE: Final = 0o600
FILE_MODE: Final = 0o644

ROOT_BUNDLES: Final[Mapping[Domain, str]] = {
    Domain.V2G: "ca/v2g/V2G_ROOT_CA.pem",
    Domain.CSMS: "ca/csms/CSMS_ROOT_CA.pem",
    Domain.MF: "ca/mf/MF_ROOT_CA.pem",
    Domain.MO: "ca/mo/MO_ROOT_CA.pem",
    Domain.OEM: "ca/oem/OEM_ROOT_CA.pem",
}
"""The first four are EVerest's defaults; each holds the roots of all editions."""
SUB_FOLDERS: Final[Mapping[Domain, str]] = {
    Domain.V2G: "ca/cso",
    Domain.MO: "ca/mo",
    Domain.OEM: "ca/oem",
    Domain.CPS: "ca/cps",
}
LEAF_FOLDERS: Final[Mapping[str, str]] = {
    "SECC_LEAF": "client/cso",
    "CSMS_LEAF": "client/csms",
    "MO_LEAF": "client/mo",
    "OEM_LEAF": "client/oem",
    "VEHICLE_LEAF": "client/vehicle",
    "CPS_LEAF": "client/cps",
    "MF_LEAF": "client/mf",
    "CSMS_SERVER": "server/csms",
}
CHAIN_NAMES: Final[Mapping[str, str]] = {
    "SECC_LEAF": "CPO_CERT_CHAIN",
    "CSMS_LEAF": "CSMS_CERT_CHAIN",
    "MO_LEAF": "MO_CERT_CHAIN",
    "OEM_LEAF": "OEM_CERT_CHAIN",
    "VEHICLE_LEAF": "VEHICLE_CERT_CHAIN",
    "CPS_LEAF": "CPS_CERT_CHAIN",
}
"""The leaf first, its sub-CAs behind it, without the root."""


CAR_LEAVES: Final = frozenset({"MO_LEAF", "OEM_LEAF", "VEHICLE_LEAF"})
"""Those of a car."""


@dataclass(frozen=True, slots=True)
class File:
    """The content of a file and its mode."""

    content: bytes
    mode: int = FILE_MODE


def files(pki: Pki, password: bytes | None = None, *, with_broken: bool = True) -> dict[str, File]:
    """Every file by its path. `password` encrypts the keys below `client/`, as private_key_password does;
    beside those of a car, whom no site file tells, it is written as well, as EVerest does.
    """
    statuses = dict(_statuses(pki))
    return {
        **dict(_bundles(pki)),
        **dict(_identities(pki, password)),
        **statuses,
        **dict(_cached(pki, statuses)),
        **(dict(_broken(pki)) if with_broken else {}),
    }


def _bundles(pki: Pki) -> Iterator[tuple[str, File]]:
    for domain, path in ROOT_BUNDLES.items():
        if found := pki.roots(domain):
            yield path, File(to_pem(found))


def _identities(pki: Pki, password: bytes | None) -> Iterator[tuple[str, File]]:
    for name, identity in pki.identities.items():
        row = pki.rows[name]
        if row.name in LEAF_FOLDERS:
            yield from _leaf(row.name, name, identity, password)
            continue
        if row.depth == 1:
            yield f"{SUB_FOLDERS[row.domain]}/{name}.pem", File(to_pem([identity.certificate]))
        yield f"authorities/{name}.pem", File(to_pem(identity.path))
        yield f"authorities/{name}.key", File(key_to_pem(identity.key), KEY_MODE)


def _leaf(row: str, name: str, identity: Identity, password: bytes | None) -> Iterator[tuple[str, File]]:
    folder = LEAF_FOLDERS[row]
    locked = password if folder.startswith("client/") else None
    yield f"{folder}/{name}.pem", File(to_pem([identity.certificate]))
    yield f"{folder}/{name}.key", File(key_to_pem(identity.key, locked), KEY_MODE)
    if locked and row in CAR_LEAVES:
        yield f"{folder}/{name}_PASSWORD.txt", File(locked + b"\n", KEY_MODE)
    if row in CHAIN_NAMES and len(identity.chain) > 1:
        yield f"{folder}/{CHAIN_NAMES[row]}{suffix_of(name)}.pem", File(to_pem(identity.chain))


def _statuses(pki: Pki) -> Iterator[tuple[str, File]]:
    """A good OCSP response about each certificate that names a responder, and an empty list of each CA."""
    period = Period.around(pki.options.now)
    for name, identity in pki.identities.items():
        if identity.issuer is not None and pki.options.ocsp_url is not None:
            response = ocsp_response(identity.certificate, identity.issuer, period=period)
            yield f"ocsp/{name}.der", File(response)
        if pki.rows[name].name not in LEAF_FOLDERS:
            yield f"crl/{name}.pem", File(crl(identity, period=period).public_bytes(Encoding.PEM))


def _cached(pki: Pki, statuses: Mapping[str, File]) -> Iterator[tuple[str, File]]:
    """The responses about the chains a station shows to cars, where it looks for them (M8.16)."""
    for name, identity in pki.identities.items():
        one: Identity | None = identity if pki.rows[name].name == "SECC_LEAF" else None
        while one is not None and one.issuer is not None:
            if (response := statuses.get(f"ocsp/{one.name}.der")) is not None:
                whose = hash_data(one.certificate, one.issuer.certificate)
                yield f"client/cso/ocsp/{one.name}.der", response
                yield f"client/cso/ocsp/{one.name}.hash", File(write_hash_file(whose))
            one = one.issuer


def _broken(pki: Pki) -> Iterator[tuple[str, File]]:
    expected: dict[str, dict[str, str]] = {}
    for name in pki.identities:
        row = pki.rows[name].name
        if row not in {"SECC_LEAF", "MO_LEAF"}:
            continue
        for variant in variants_of(pki, name):
            made = broken(pki, name, variant)
            folder = f"broken/{name}/{variant}"
            yield from _variant(folder, name, made)
            expected[f"{name}/{variant}"] = {"reason": made.reason.name, "meaning": made.reason.value}
    yield "broken/expected.json", File((json.dumps(expected, indent=2) + "\n").encode())


def _variant(folder: str, name: str, made: Broken) -> Iterator[tuple[str, File]]:
    yield f"{folder}/{name}.pem", File(to_pem([made.leaf]))
    yield f"{folder}/{name}.key", File(key_to_pem(made.key), KEY_MODE)
    yield f"{folder}/CHAIN.pem", File(to_pem([made.leaf, *made.received]))
    yield f"{folder}/ROOTS.pem", File(to_pem(made.roots))
    for response in made.responses:
        yield f"{folder}/OCSP.der", File(response)
    for listed in made.crls:
        yield f"{folder}/CRL.pem", File(listed.public_bytes(Encoding.PEM))
