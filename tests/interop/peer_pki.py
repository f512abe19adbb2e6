"""A test PKI under the file names that the PyPI package `iso15118` looks for (its folder for ISO 15118-2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.serialization import Encoding

from certs.keys import key_to_pem
from certs.pem import to_pem
from certs.profiles import Domain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from certs.pki import Pki

Names = tuple[str, str, str, str]
CHAINS: Final[Mapping[str, Names]] = {
    "SECC_LEAF": ("seccLeaf", "cpoSubCA2", "cpoSubCA1", "v2gRootCA"),
    "MO_LEAF": ("contractLeaf", "moSubCA2", "moSubCA1", "moRootCA"),
    "OEM_LEAF": ("oemLeaf", "oemSubCA2", "oemSubCA1", "oemRootCA"),
    "CPS_LEAF": ("cpsLeaf", "cpsSubCA2", "cpsSubCA1", "v2gRootCA"),
}
"""By our name of a leaf: theirs of the leaf, of the sub-CA that issued it, of the one above, of the root."""
CHAINS_20: Final[Mapping[str, Names]] = {
    "SECC_LEAF_20": CHAINS["SECC_LEAF"],
    "MO_LEAF_20": CHAINS["MO_LEAF"],
    "VEHICLE_LEAF_20": CHAINS["OEM_LEAF"],
    "CPS_LEAF_20": CHAINS["CPS_LEAF"],
}
"""The same for -20, where it shows in the handshake what it calls the OEM's."""
ROOTS: Final[Mapping[str, Domain]] = {
    "v2gRootCA": Domain.V2G,
    "moRootCA": Domain.MO,
    "oemRootCA": Domain.OEM,
}
"""In PEM those of both editions."""
BUNDLES: Final[Mapping[str, str]] = {"seccLeaf": "cpoCertChain.pem", "oemLeaf": "oemCertChain.pem"}
PASSWORD: Final = b"12345"
PASSWORD_FILES: Final = ("seccLeaf", "oemLeaf", "contractLeaf", "cpsLeaf", "moSubCA2Leaf")


def write(made: Pki, folder: Path, chains: Mapping[str, Names] = CHAINS) -> Path:
    """Write everything below `folder`, which is made; give it back, as PKI_PATH wants it."""
    for name, content in files(made, chains):
        path = folder / "iso15118_2" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def files(made: Pki, chains: Mapping[str, Names] = CHAINS) -> Iterator[tuple[str, bytes]]:
    """Names below its folder for ISO 15118-2, and contents."""
    for name, domain in ROOTS.items():
        yield f"certs/{name}Cert.pem", to_pem(made.roots(domain))
    for leaf, names in chains.items():
        identity = made[leaf]
        for certificate, name in zip(identity.path, names, strict=True):
            yield f"certs/{name}Cert.der", certificate.public_bytes(Encoding.DER)
            if name not in ROOTS:
                yield f"certs/{name}Cert.pem", certificate.public_bytes(Encoding.PEM)
        yield f"private_keys/{names[0]}.key", key_to_pem(identity.key, PASSWORD)
        if names[0] in BUNDLES:
            yield f"certs/{BUNDLES[names[0]]}", to_pem(identity.chain)
    for name in PASSWORD_FILES:
        yield f"private_keys/{name}Password.txt", PASSWORD
