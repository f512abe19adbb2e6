"""What the EVSEs say about themselves, and what of it goes to the CSMS signed (S9.15 to S9.18)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from ocpp.v21 import datatypes

from actors.ocpp.blocks.metering_values import Reading, meter_value
from actors.ocpp.device_model import variables
from protocols.ocpp.version import Version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ocpp.v21.enums import ReadingContextEnumType as Context

    from actors.ocpp.turn import Turn
    from protocols.types.powermeter import Powermeter
    from protocols.types.units_signed import SignedMeterValue

LONGEST_RECORD: Final[Mapping[Version, int]] = {Version.V201: 2500, Version.V21: 32_768}
"""So many characters a signed record may have; a longer one cannot be told."""
LONGEST_KEY: Final = 2500
LONGEST_METHOD: Final = 50


@dataclass(slots=True)
class Readings:
    """By EVSE: what it said last."""

    now: dict[int, Reading] = field(default_factory=dict)
    public_keys: dict[int, str] = field(default_factory=dict)


def reading_of(turn: Turn, evse_id: int) -> Reading:
    """What is known of an EVSE."""
    return turn.live.of(Readings).now.get(evse_id, Reading())


def learn(turn: Turn, evse_id: int, **known: object) -> None:
    """An EVSE has said something about itself."""
    readings = turn.live.of(Readings)
    readings.now[evse_id] = replace(reading_of(turn, evse_id), **known)  # type: ignore[arg-type]  # by the field's name


def learn_meter(turn: Turn, evse_id: int, meter: Powermeter | None) -> None:
    """A reading, of the meter itself or with a session event; an older one is no news."""
    known = reading_of(turn, evse_id).meter
    if meter is not None and (known is None or meter.timestamp >= known.timestamp):
        learn(turn, evse_id, meter=meter)


def record_of(meter: Powermeter | None) -> SignedMeterValue | None:
    """What a meter has signed of its reading."""
    if meter is None:
        return None
    register = meter.energy_wh_import_signed
    return meter.signed_meter_value or (register.total if register is not None else None)


@dataclass(slots=True)
class Signing:
    """How records are told in one message: with the public key as the CSMS wants it."""

    turn: Turn
    evse_id: int
    key_told: bool
    """Whether the key has gone out in this transaction; true outside of one."""

    def worded(self, record: SignedMeterValue | None) -> datatypes.SignedMeterValueType | None:
        """A record as OCPP writes it; None without one, or when it is longer than OCPP lets it be."""
        if record is None:
            return None
        if len(record.signed_meter_data) > LONGEST_RECORD[self.turn.version]:
            self.turn.note("signed_record_too_long", warning=True, evse=self.evse_id)
            return None
        return datatypes.SignedMeterValueType(
            signed_meter_data=record.signed_meter_data,
            signing_method=record.signing_method[:LONGEST_METHOD],
            encoding_method=record.encoding_method[:LONGEST_METHOD],
            public_key=self._key(record),  # 2.0.1 wants one, if only an empty one
        )

    def _key(self, record: SignedMeterValue) -> str:
        policy = self.turn.model.read(variables.PUBLIC_KEY_WITH_VALUES)
        key = record.public_key or self.turn.live.of(Readings).public_keys.get(self.evse_id, "")
        wanted = policy == "EveryMeterValue" or (policy == "OncePerTransaction" and not self.key_told)
        if not wanted or not key or len(key) > LONGEST_KEY:
            return ""
        self.key_told = True
        return key


def sampled(
    turn: Turn,
    evse_id: int,
    measurands: tuple[str, ...],
    context: Context,
    *,
    at: datetime | None = None,
    meter: Powermeter | None = None,
    signed: datatypes.SignedMeterValueType | None = None,
) -> datatypes.MeterValueType | None:
    """What an EVSE measures now, or by another reading of its meter; None when nothing of it is known.

    Its time is `at`, else the meter's, else now.
    """
    now = reading_of(turn, evse_id)
    if meter is not None:
        now = replace(now, meter=meter)
    read_at = now.meter.timestamp if now.meter is not None else turn.now
    without = turn.model.read(variables.REGISTERS_WITHOUT_PHASES)
    return meter_value(now, measurands, context, at or read_at, without_phases=without, signed=signed)
