"""Measured quantities by phase, each as a record that the meter has signed.

Mirror of EVerest's types file `units_signed`.
"""

from typing import Annotated

from pydantic import Field

from protocols.message import Timestamp, message


@message
class SignedMeterValue:
    """One record and how to verify it."""

    signed_meter_data: str
    """The record with its signature, as text, base64 for instance."""
    signing_method: str
    """How the signature was made."""
    encoding_method: str
    """How the values were written before signing."""
    public_key: str | None = None
    """As text, base64 for instance; absent when it is known otherwise."""
    timestamp: Timestamp | None = None
    """When it was measured."""


@message
class Current:
    """Current by line; N is neutral."""

    dc: Annotated[SignedMeterValue | None, Field(alias="DC")] = None
    l1: Annotated[SignedMeterValue | None, Field(alias="L1")] = None
    l2: Annotated[SignedMeterValue | None, Field(alias="L2")] = None
    l3: Annotated[SignedMeterValue | None, Field(alias="L3")] = None
    n: Annotated[SignedMeterValue | None, Field(alias="N")] = None


@message
class Voltage:
    """Voltage by phase, or across a DC output."""

    dc: Annotated[SignedMeterValue | None, Field(alias="DC")] = None
    l1: Annotated[SignedMeterValue | None, Field(alias="L1")] = None
    l2: Annotated[SignedMeterValue | None, Field(alias="L2")] = None
    l3: Annotated[SignedMeterValue | None, Field(alias="L3")] = None


@message
class Frequency:
    """Frequency by phase."""

    l1: Annotated[SignedMeterValue | None, Field(alias="L1")] = None
    l2: Annotated[SignedMeterValue | None, Field(alias="L2")] = None
    l3: Annotated[SignedMeterValue | None, Field(alias="L3")] = None


@message
class Power:
    """Active power."""

    total: SignedMeterValue | None = None
    l1: Annotated[SignedMeterValue | None, Field(alias="L1")] = None
    l2: Annotated[SignedMeterValue | None, Field(alias="L2")] = None
    l3: Annotated[SignedMeterValue | None, Field(alias="L3")] = None


@message
class Energy:
    """The registers of a meter."""

    total: SignedMeterValue | None = None
    """What is billed."""
    l1: Annotated[SignedMeterValue | None, Field(alias="L1")] = None
    l2: Annotated[SignedMeterValue | None, Field(alias="L2")] = None
    l3: Annotated[SignedMeterValue | None, Field(alias="L3")] = None


@message
class ReactivePower:
    """Reactive power."""

    total: SignedMeterValue | None = None
    l1: Annotated[SignedMeterValue | None, Field(alias="L1")] = None
    l2: Annotated[SignedMeterValue | None, Field(alias="L2")] = None
    l3: Annotated[SignedMeterValue | None, Field(alias="L3")] = None
