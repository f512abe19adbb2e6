"""Tokens that ask for energy, the verdicts on them and what may be taken back again.

Mirror of EVerest's types file `authorization`.
"""

import enum
from typing import Annotated

from pydantic import Field

from protocols.message import Timestamp, message
from protocols.types import iso15118, text_message


class AuthorizationStatus(enum.StrEnum):
    """The verdict on a token; everything but ACCEPTED is a refusal and says why."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    CONCURRENT_TX = "ConcurrentTx"
    """The token already runs as many transactions as it may."""
    EXPIRED = "Expired"
    INVALID = "Invalid"
    NO_CREDIT = "NoCredit"
    NOT_ALLOWED_TYPE_EVSE = "NotAllowedTypeEVSE"
    """The token may charge, but not at this kind of EVSE."""
    NOT_AT_THIS_LOCATION = "NotAtThisLocation"
    """The token is not valid at this site."""
    NOT_AT_THIS_TIME = "NotAtThisTime"
    """The token is valid, but not now."""
    UNKNOWN = "Unknown"
    """Nobody who was asked knows the token."""
    PIN_REQUIRED = "PinRequired"
    """The token needs a PIN that was not given."""
    TIMEOUT = "Timeout"
    """No verdict came in time."""


class CertificateStatus(enum.StrEnum):
    """What the check of a contract certificate found."""

    ACCEPTED = "Accepted"
    SIGNATURE_ERROR = "SignatureError"
    """The signature over the EV's request does not verify."""
    CERTIFICATE_EXPIRED = "CertificateExpired"
    CERTIFICATE_REVOKED = "CertificateRevoked"
    NO_CERTIFICATE_AVAILABLE = "NoCertificateAvailable"
    """There was nothing to check."""
    CERT_CHAIN_ERROR = "CertChainError"
    """No path leads from the certificate to a trusted root."""
    CONTRACT_CANCELLED = "ContractCancelled"
    """The contract behind the certificate has ended."""


class TokenValidationStatus(enum.StrEnum):
    """How far a presented token has come, for displays and observers."""

    PROCESSING = "Processing"
    """Validators have been asked."""
    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    TIMED_OUT = "TimedOut"
    """Accepted, but no connector was chosen before the connection time-out."""
    USED_TO_START = "UsedToStart"
    """The token has started a transaction."""
    USED_TO_STOP = "UsedToStop"
    """The token has stopped a transaction."""
    WITHDRAWN = "Withdrawn"
    """The authorization was taken back before it was used."""


@message
class CustomIdToken:
    """Extra identification that goes along with a token, of a kind the operator defines."""

    value: Annotated[str, Field(max_length=36)]
    """What identifies the user."""
    type: Annotated[str, Field(max_length=50)]
    """Name of the kind, free text."""


class IdTokenType(enum.StrEnum):
    """The kind of an `IdToken`, in OCPP's terms."""

    CENTRAL = "Central"
    """Made up by the CSMS."""
    EMAID = "eMAID"
    """The contract id of an ISO 15118 certificate."""
    MAC_ADDRESS = "MacAddress"
    """The car's network address."""
    ISO14443 = "ISO14443"
    """UID of a proximity card."""
    ISO15693 = "ISO15693"
    """UID of a vicinity card."""
    KEY_CODE = "KeyCode"
    """Typed in by the user."""
    LOCAL = "Local"
    """Made up by the station."""
    NO_AUTHORIZATION = "NoAuthorization"
    """Nobody identified themselves, for instance a start button."""


@message
class IdToken:
    """What identifies a user: a card number, a contract id, a key code."""

    value: Annotated[str, Field(max_length=36)]
    """Printable ASCII, compared without regard to case."""
    type: IdTokenType
    """Where the value comes from and how to read it."""
    additional_info: tuple[CustomIdToken, ...] | None = None
    """Further identification that validators may need."""


class AuthorizationType(enum.StrEnum):
    """The means by which a user identified themselves; it decides how Auth treats the token."""

    OCPP = "OCPP"
    """A remote start."""
    RFID = "RFID"
    AUTOCHARGE = "Autocharge"
    """The car's network address."""
    PLUG_AND_CHARGE = "PlugAndCharge"
    """A contract certificate shown by the car."""
    BANK_CARD = "BankCard"


@message
class ProvidedIdToken:
    """A token as a provider hands it to Auth: who, by which means, and for which connectors."""

    request_id: int | None = None
    """The provider's number for this request; for a remote start the CSMS's remote start id."""
    id_token: IdToken
    """The token itself."""
    parent_id_token: IdToken | None = None
    """The group the token belongs to, when the provider knows it."""
    authorization_type: AuthorizationType
    """The means by which the user identified themselves."""
    connectors: tuple[Annotated[int, Field(ge=1)], ...] | None = None
    """EVSEs this token may be used at; absent means all."""
    prevalidated: bool | None = None
    """True when the provider vouches for the token and validators need not be asked."""
    certificate: Annotated[str | None, Field(max_length=5500)] = None
    """The EV's contract certificate chain, PEM, leaf first."""
    iso15118_certificate_hash_data: Annotated[
        tuple[iso15118.CertificateHashDataInfo, ...] | None,
        Field(alias="iso15118CertificateHashData", min_length=1, max_length=4),
    ] = None
    """What an OCSP responder needs to know about each certificate of the chain."""


@message
class TokenValidationStatusMessage:
    """One step in the life of a presented token."""

    token: ProvidedIdToken
    status: TokenValidationStatus
    messages: tuple[text_message.MessageContent, ...] | None = None
    """Texts to show to the user along with the status."""


@message
class ValidationResult:
    """A validator's verdict on a token with all that comes along with it."""

    authorization_status: AuthorizationStatus
    """The verdict."""
    certificate_status: CertificateStatus | None = None
    """What the contract certificate check found, for Plug & Charge."""
    tariff_messages: tuple[text_message.MessageContent, ...]
    """Price texts for the user, possibly none; the first one goes into the meter's signed record."""
    expiry_time: Timestamp | None = None
    """The verdict holds until then."""
    parent_id_token: IdToken | None = None
    """The group the validator found for the token."""
    evse_ids: tuple[Annotated[int, Field(ge=1)], ...] | None = None
    """The only EVSEs the token is good for; absent means all."""
    reservation_id: int | None = None
    """The reservation that this token redeems."""
    allowed_energy_transfer_modes: Annotated[
        tuple[iso15118.EnergyTransferMode, ...] | None, Field(min_length=1)
    ] = None
    """The only modes this user may charge with; absent means any."""


class SelectionAlgorithm(enum.StrEnum):
    """How Auth finds the EVSE that a token is meant for."""

    USER_INPUT = "UserInput"
    """The user says it at a terminal."""
    PLUG_EVENTS = "PlugEvents"
    """The EVSE where a car was plugged in first and is still waiting."""
    FIND_FIRST = "FindFirst"
    """The first free one among those the token names."""


@message
class WithdrawAuthorizationRequest:
    """Which granted, not yet used authorizations to take back.

    EVSE alone: that EVSE's. Token alone: the token's, wherever it is. Both: that EVSE's if this token holds
    it. Neither: all.
    """

    evse_id: int | None = None
    id_token: IdToken | None = None


class WithdrawAuthorizationResult(enum.StrEnum):
    """What came of a `WithdrawAuthorizationRequest`."""

    ACCEPTED = "Accepted"
    AUTHORIZATION_NOT_FOUND = "AuthorizationNotFound"
    """Nothing was granted that fits the request."""
    EVSE_NOT_FOUND = "EvseNotFound"
    """There is no such EVSE."""
    REJECTED = "Rejected"
    """The request could not be carried out for another reason."""


@message
class ValidationResultUpdate:
    """A validator's second thoughts about a token it has already judged."""

    validation_result: ValidationResult
    """The verdict that holds from now on."""
    connector_id: int
    """The EVSE at which the token is in use."""
