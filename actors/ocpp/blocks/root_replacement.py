"""Which root of a CSMS may come beside the one there is: `AdditionalRootCertificateCheck` (M05.FR.09, FR.10).

With that check whoever wants to lead the station elsewhere needs the present CA as well as the present
back-end. A new root that nobody but itself has signed is refused; one that says another CA has signed it is
the store's to judge, which takes it only below a root that it has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from certs import pem
from certs.errors import CertificateError
from certs.facts import read
from certs.hashes import HashAlgorithm, HashData, hash_data

if TYPE_CHECKING:
    from collections.abc import Iterable

    from protocols.types.evse_security import CertificateHashData


def stands_alone(certificate: str, present: Iterable[CertificateHashData]) -> bool:
    """Whether a certificate (PEM) would be another root beside those present, signed by none of them.

    False for the first one, one of those present, and for what cannot be read: the store says why not.
    """
    known = [_normal(each) for each in present]
    try:
        new = pem.load_certificate(certificate)
        return bool(known) and read(new).self_issued and hash_data(new, new) not in known
    except CertificateError:
        return False


def _normal(data: CertificateHashData) -> HashData:
    return HashData(
        algorithm=HashAlgorithm(data.hash_algorithm.value),
        issuer_name_hash=data.issuer_name_hash,
        issuer_key_hash=data.issuer_key_hash,
        serial_number=data.serial_number,
    )
