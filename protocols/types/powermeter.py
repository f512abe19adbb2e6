"""Meter readings, and the signed records that calibration law asks for (OCMF).

Mirror of EVerest's types file `powermeter`.
"""

import enum
from typing import Annotated

from pydantic import Field

from protocols.message import Timestamp, message
from protocols.types import temperature, units, units_signed


class OCMFIdentificationLevel(enum.StrEnum):
    """How far the link between user and transaction can be trusted, in OCMF's terms."""

    NONE = "NONE"
    """There is no user."""
    HEARSAY = "HEARSAY"
    """Not secured, a card's UID for instance."""
    TRUSTED = "TRUSTED"
    """Vouched for by the back-end, for instance."""
    VERIFIED = "VERIFIED"
    """Checked by the signing device by its own means."""
    CERTIFIED = "CERTIFIED"
    """Checked by the signing device against a signature."""
    SECURE = "SECURE"
    """By a secured card or Plug & Charge."""
    MISMATCH = "MISMATCH"
    """The ids contradict each other."""
    INVALID = "INVALID"
    """The certificate is bad."""
    OUTDATED = "OUTDATED"
    """The trusted certificate has expired."""
    UNKNOWN = "UNKNOWN"
    """There is no trusted certificate to check against."""


class OCMFIdentificationFlags(enum.StrEnum):
    """By which means the user was linked to the transaction, in OCMF's terms."""

    RFID_NONE = "RFID_NONE"
    """Not by card."""
    RFID_PLAIN = "RFID_PLAIN"
    """By an external card reader."""
    RFID_RELATED = "RFID_RELATED"
    """By a protected card reader."""
    RFID_PSK = "RFID_PSK"
    """By a key shared with the card."""
    OCPP_NONE = "OCPP_NONE"
    """Not by OCPP."""
    OCPP_RS = "OCPP_RS"
    """By a remote start."""
    OCPP_AUTH = "OCPP_AUTH"
    """By asking the CSMS."""
    OCPP_RS_TLS = "OCPP_RS_TLS"
    """By a remote start over TLS."""
    OCPP_AUTH_TLS = "OCPP_AUTH_TLS"
    """By asking the CSMS over TLS."""
    OCPP_CACHE = "OCPP_CACHE"
    """By the authorization cache."""
    OCPP_WHITELIST = "OCPP_WHITELIST"
    """By the local list."""
    OCPP_CERTIFIED = "OCPP_CERTIFIED"
    """By a certificate of the back-end."""
    ISO15118_NONE = "ISO15118_NONE"
    """Not by ISO 15118."""
    ISO15118_PNC = "ISO15118_PNC"
    """By Plug & Charge."""
    PLMN_NONE = "PLMN_NONE"
    """Not by telephone."""
    PLMN_RING = "PLMN_RING"
    """By a call."""
    PLMN_SMS = "PLMN_SMS"
    """By a text message."""


class OCMFIdentificationType(enum.StrEnum):
    """What kind of id the user showed, in OCMF's terms."""

    NONE = "NONE"
    DENIED = "DENIED"
    """Not available now, two-factor authorization for instance."""
    UNDEFINED = "UNDEFINED"
    ISO14443 = "ISO14443"
    """4 or 7 bytes, hexadecimal."""
    ISO15693 = "ISO15693"
    """8 bytes, hexadecimal."""
    EMAID = "EMAID"
    """The contract id of ISO 15118."""
    EVCCID = "EVCCID"
    """The car's id of ISO 15118."""
    EVCOID = "EVCOID"
    """The contract id of DIN 91286."""
    ISO7812 = "ISO7812"
    """The number of a bank card."""
    CARD_TXN_NR = "CARD_TXN_NR"
    """The number of a card payment."""
    CENTRAL = "CENTRAL"
    """Made up by the back-end (OCPP 2.x)."""
    CENTRAL_1 = "CENTRAL_1"
    """Made up by the back-end, by a text message for instance (up to OCPP 1.6)."""
    CENTRAL_2 = "CENTRAL_2"
    """Made up by the back-end, by its operator for instance (up to OCPP 1.6)."""
    LOCAL = "LOCAL"
    """Made up by the station (OCPP 2.x)."""
    LOCAL_1 = "LOCAL_1"
    """Made up by the station itself (up to OCPP 1.6)."""
    LOCAL_2 = "LOCAL_2"
    """Made up here in any other way (up to OCPP 1.6)."""
    PHONE_NUMBER = "PHONE_NUMBER"
    """International, beginning with a plus sign."""
    KEY_CODE = "KEY_CODE"
    """A code that only the user knows."""


class OCMFUserIdentificationStatus(enum.StrEnum):
    """Whether a user was linked to the transaction, in OCMF's terms."""

    ASSIGNED = "ASSIGNED"
    NOT_ASSIGNED = "NOT_ASSIGNED"


@message
class TransactionReq:
    """What a meter needs to know to sign a transaction."""

    evse_id: str
    """The EVSE's id as the user reads it."""
    transaction_id: str
    """OCPP's name for the transaction."""
    identification_status: OCMFUserIdentificationStatus
    """OCMF field IS."""
    identification_level: OCMFIdentificationLevel | None = None
    """OCMF field IL."""
    identification_flags: Annotated[tuple[OCMFIdentificationFlags, ...], Field(max_length=4)]
    """OCMF field IF."""
    identification_type: OCMFIdentificationType
    """OCMF field IT."""
    identification_data: str | None = None
    """OCMF field ID: the user's id itself, the UID of a card for instance."""
    tariff_text: Annotated[str | None, Field(max_length=250)] = None
    """Names the tariff, for direct payment."""


class TransactionRequestStatus(enum.StrEnum):
    """What came of starting or stopping a transaction at the meter."""

    OK = "OK"
    NOT_SUPPORTED = "NOT_SUPPORTED"
    UNEXPECTED_ERROR = "UNEXPECTED_ERROR"


@message
class TransactionStartResponse:
    """Whether the meter has begun a transaction."""

    status: TransactionRequestStatus
    error: str | None = None
    """What went wrong, for people."""
    transaction_min_stop_time: Timestamp | None = None
    """The meter will not end the transaction before."""
    transaction_max_stop_time: Timestamp | None = None
    """The meter must end the transaction by then."""


@message
class TransactionStopResponse:
    """The signed record of a transaction, or why there is none."""

    status: TransactionRequestStatus
    start_signed_meter_value: units_signed.SignedMeterValue | None = None
    """The record of the start, for meters that sign start and end apart."""
    signed_meter_value: units_signed.SignedMeterValue | None = None
    """The record of the end, or of the whole; given when all went well."""
    error: str | None = None
    """What went wrong, for people."""


@message
class Powermeter:
    """One reading of a meter, AC or DC. Fields named `signed` hold what the meter itself has signed.

    Import is from the grid. The energy registers are exact decimals.
    """

    timestamp: Timestamp
    """When it was read."""
    meter_id: str | None = None
    """For instance what is printed on the case."""
    phase_seq_error: bool | None = None
    """AC: the phases turn the wrong way round."""
    energy_wh_import: Annotated[units.Energy, Field(alias="energy_Wh_import")]
    energy_wh_export: Annotated[units.Energy | None, Field(alias="energy_Wh_export")] = None
    power_w: Annotated[units.Power | None, Field(alias="power_W")] = None
    """Positive is import, negative export."""
    voltage_v: Annotated[units.Voltage | None, Field(alias="voltage_V")] = None
    var: Annotated[units.ReactivePower | None, Field(alias="VAR")] = None
    """Reactive power."""
    current_a: Annotated[units.Current | None, Field(alias="current_A")] = None
    frequency_hz: Annotated[units.Frequency | None, Field(alias="frequency_Hz")] = None
    energy_wh_import_signed: Annotated[units_signed.Energy | None, Field(alias="energy_Wh_import_signed")] = (
        None
    )
    energy_wh_export_signed: Annotated[units_signed.Energy | None, Field(alias="energy_Wh_export_signed")] = (
        None
    )
    power_w_signed: Annotated[units_signed.Power | None, Field(alias="power_W_signed")] = None
    voltage_v_signed: Annotated[units_signed.Voltage | None, Field(alias="voltage_V_signed")] = None
    var_signed: Annotated[units_signed.ReactivePower | None, Field(alias="VAR_signed")] = None
    """Reactive power."""
    current_a_signed: Annotated[units_signed.Current | None, Field(alias="current_A_signed")] = None
    frequency_hz_signed: Annotated[units_signed.Frequency | None, Field(alias="frequency_Hz_signed")] = None
    signed_meter_value: units_signed.SignedMeterValue | None = None
    """For meters that sign a reading as a whole."""
    temperatures: tuple[temperature.Temperature, ...] | None = None
    """Sensors on or around the meter."""
