"""What the certificate manager says beside EVerest's `evse_security`.

`Verify`, `GetSeccCertificates`, `GenerateIso20SigningRequest`, `ListCertificates` and `RevocationChanged` are
for everybody; the others stay between the manager, its workers and their supervisor. Certificates travel as
DER, verdicts as result and reason; keys never travel.
"""

from dataclasses import field
from typing import ClassVar

from certs.profiles import Domain
from protocols import types
from protocols.interfaces import evse_security
from protocols.message import Command, Reply, Timestamp, Var, message


@message
class Verdict(Reply):
    """Answer to `Verify`."""

    result: types.evse_security.CertificateValidationResult
    reason: str = ""
    """Why it is not trusted, one of `certs.verdict.Reason`; empty if it is."""
    detail: str = ""
    """For people."""
    certificate: bytes | None = None
    """DER of the one that is at fault, if one can be named."""
    path: tuple[bytes, ...] = ()
    """DER, from the leaf to the trusted root, if it is trusted."""


@message
class Verify(Command):
    """As `evse_security.VerifyCertificate`, for every domain, and with the reason."""

    answer: ClassVar[type[Reply]] = Verdict

    certificates: tuple[bytes, ...]
    """DER: first the one that is asked about, then others in any order."""
    domains: tuple[Domain, ...]


@message
class GetSeccCertificatesReply(Reply):
    """Answer to `GetSeccCertificates`."""

    result: types.evse_security.GetCertificateFullInfoResult
    revocation_lists: tuple[str, ...] = ()
    """Paths of the lists that the certificates of vehicles are to be held against."""
    vehicle_roots: tuple[str, ...] = ()
    """Paths of files with roots that these certificates may lead to, beside the roots of V2G."""


@message
class GetSeccCertificates(Command):
    """As `evse_security.GetAllValidCertificatesInfo` of V2G in PEM, those made out to this SECC first; and
    what the SECC's TLS server has to know beside.
    """

    answer: ClassVar[type[Reply]] = GetSeccCertificatesReply

    secc_id: str
    """The CN its leaf would have; empty: not known yet."""


@message
class GenerateIso20SigningRequest(Command):
    """As `evse_security.GenerateCertificateSigningRequest` of V2G, for a leaf that cars of ISO 15118-20 take:
    the key is of secp521r1, where EVerest's command makes one for ISO 15118-2.
    """

    answer: ClassVar[type[Reply]] = evse_security.GenerateCertificateSigningRequestReply

    country: str
    """C of the subject."""
    organization: str
    """O of the subject."""
    common: str
    """CN of the subject."""
    use_tpm: bool
    """Keep the key in the security chip."""


@message
class ListedCertificate:
    """One certificate of the store."""

    kind: str
    """`SECC leaf`, `V2G root`, ...; see `certs.store.listing`."""
    subject: str
    issuer: str
    not_before: Timestamp
    not_after: Timestamp
    problem: str = ""
    """Why it is of no use; empty: nothing is known against it."""


@message
class ListCertificatesReply(Reply):
    """Answer to `ListCertificates`."""

    certificates: tuple[ListedCertificate, ...]
    """The station's own first; at most `certs.store.listing.MOST`."""


@message
class ListCertificates(Command):
    """Ask which certificates there are and until when they are good, for people to see."""

    answer: ClassVar[type[Reply]] = ListCertificatesReply


@message
class RevocationChanged(Var):
    """Answers of responders or revocation lists have come or gone, or answers are too old now.

    What is stapled, and who is believed, may be different.
    """


@message
class FilesChanged(Var):
    """A file of the store has come, gone or changed, also one of no use: what is listed may be different."""


# -- between manager, workers and supervisor --------------------------------------------------------------


@message
class Inventory:
    """What others have been told of: `certs.store.changes.Snapshot`, to travel and to be kept."""

    authorities: dict[str, tuple[str, ...]] = field(default_factory=dict)
    leaves: dict[str, tuple[str, ...]] = field(default_factory=dict)
    usable: dict[str, tuple[str, ...]] = field(default_factory=dict)
    answers: tuple[str, ...] = ()


@message
class LookReply(Reply):
    """What the store looks like now."""

    fingerprint: str
    """Changes with any file."""
    inventory: Inventory
    told: Inventory | None = None
    """What an earlier life of the manager has told of, if that was asked for and is known."""
    next_moment: Timestamp | None = None
    """When time alone will change the inventory."""
    troubles: tuple[str, ...] = ()
    """Files something is wrong with, and what."""


@message
class Look(Command):
    """Look at every file."""

    answer: ClassVar[type[Reply]] = LookReply

    recall: bool = False
    """Tell what was remembered, too."""


@message
class Remember(Command):
    """Keep in mind, on the disk, what has been told of."""

    inventory: Inventory


@message
class CollectGarbageReply(Reply):
    """What was removed."""

    removed: tuple[str, ...]


@message
class CollectGarbage(Command):
    """Remove keys of requests that nobody has answered, and from a full store what has expired."""

    answer: ClassVar[type[Reply]] = CollectGarbageReply


@message
class Refresh(Var):
    """Somebody else has changed the store: look again before the next answer."""


@message
class ReplaceWorker(Var):
    """A worker has had its time: end it and start another one."""

    worker: str
    """Its id below the supervisor."""
