"""Samples that are gathered for the end of a transaction (TxEndedMeasurands), bounded.

Each is durable on its own. When there are more than `MOST`, every second one goes, and from then on only
every second is taken: so they stay evenly spread, and the first is always among them.
"""

from __future__ import annotations

import enum
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ocpp.v21 import datatypes

from protocols.message import message
from protocols.ocpp import payloads

if TYPE_CHECKING:
    from actors.ocpp.turn import Turn

MOST: Final = 48
"""So many samples of one kind a transaction keeps."""


class Kind(enum.StrEnum):
    """What makes a sample be taken."""

    SAMPLED = "sampled"
    ALIGNED = "aligned"


@message
class Series:
    """How many samples of one kind a transaction has."""

    transaction_id: str
    kind: Kind
    taken: int = 0
    """Also those that were not kept."""
    stride: int = 1
    """Only each so manyth is kept."""

    @property
    def key(self) -> str:
        """By transaction and kind."""
        return f"{self.transaction_id} {self.kind}"


@message
class Sample:
    """One of them."""

    transaction_id: str
    kind: Kind
    number: int
    value: str
    """A MeterValueType as JSON."""

    @property
    def key(self) -> str:
        """By transaction, kind and number."""
        return _key(self.transaction_id, self.kind, self.number)


def _key(transaction_id: str, kind: Kind, number: int) -> str:
    return f"{transaction_id} {kind} {number}"


def keep(turn: Turn, transaction_id: str, kind: Kind, value: datatypes.MeterValueType) -> None:
    """Take a sample in."""
    series = turn.get(Series, f"{transaction_id} {kind}") or Series(transaction_id=transaction_id, kind=kind)
    number = series.taken
    if number % series.stride == 0:
        text = payloads.to_text(value)
        turn.put(Sample(transaction_id=transaction_id, kind=kind, number=number, value=text))
    series = replace(series, taken=number + 1)
    while len(range(0, series.taken, series.stride)) > MOST:
        for each in range(series.stride, series.taken, 2 * series.stride):
            turn.drop(Sample, _key(transaction_id, kind, each))
        series = replace(series, stride=2 * series.stride)
    turn.put(series)


def gathered(turn: Turn, transaction_id: str, bound_bytes: int) -> list[datatypes.MeterValueType]:
    """All samples of a transaction in the order of their times, thinned to so many bytes of JSON."""
    texts: list[str] = []
    for kind in Kind:
        series = turn.get(Series, f"{transaction_id} {kind}")
        for number in range(0, series.taken if series else 0, series.stride if series else 1):
            found = turn.get(Sample, _key(transaction_id, kind, number))
            texts += [found.value] if found is not None else []
    while len(texts) > 1 and sum(map(len, texts)) > bound_bytes:
        texts = texts[::2]
    values = [payloads.of_text(datatypes.MeterValueType, each) for each in texts]
    return sorted(values, key=lambda each: each.timestamp)


def forget(turn: Turn, transaction_id: str) -> None:
    """The samples are told, or nobody wants them."""
    for kind in Kind:
        series = turn.get(Series, f"{transaction_id} {kind}")
        for number in range(0, series.taken if series else 0, series.stride if series else 1):
            turn.drop(Sample, _key(transaction_id, kind, number))
        turn.drop(Series, f"{transaction_id} {kind}")
