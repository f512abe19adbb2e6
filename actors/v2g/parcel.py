"""Inputs and effects of the core as bytes, for the way between link and session. Pure.

msgpack with two extension types: a message of `protocols`, by the one codec, and one of `exchange`'s
dataclasses. What is unpacked is validated: class, number and types of the fields. ParcelError if it is not
what was packed.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import msgpack

from actors.v2g.secc import exchange
from protocols import codec
from protocols.message import Command, Reply, Var
from protocols.types.evse_manager import HlcSessionFailedReasonEnum

if TYPE_CHECKING:
    import enum

_MESSAGE: Final = 1
_DATACLASS: Final = 2
_CLASSES: Final = (
    exchange.Connected,
    exchange.Received,
    exchange.Told,
    exchange.Heard,
    exchange.Answered,
    exchange.Expired,
    exchange.Disconnected,
    exchange.Send,
    exchange.Publish,
    exchange.Ask,
    exchange.StartTimer,
    exchange.CancelTimer,
    exchange.Close,
    exchange.Note,
    exchange.Tls,
)
"""Their numbers on the way are their places here; both ends are the same program."""
_FIELDS: Final = tuple(tuple(field.name for field in dataclasses.fields(each)) for each in _CLASSES)
_NUMBERS: Final = {each: number for number, each in enumerate(_CLASSES)}
_ENUMS: Final[dict[tuple[type, str], type[enum.Enum]]] = {
    (exchange.Note, "level"): exchange.Level,
    (exchange.Close, "failed"): HlcSessionFailedReasonEnum,
}
MAX_BYTES: Final = 4 * 1024 * 1024
"""A parcel larger than this is neither made nor looked at; a V2GTP frame has 256 KiB at most."""


class ParcelError(ValueError):
    """Bytes that are no parcel, or something that cannot be one."""


def pack(content: exchange.Input | tuple[exchange.Effect, ...]) -> bytes:
    """One input, or the effects of one."""
    data: bytes = msgpack.packb(content, default=_outward)
    return _bounded(data)


def told(command: bytes) -> bytes:
    """The input that a command makes, of what the codec has made of it: who passes it on need not do so."""
    whole = msgpack.packb([_NUMBERS[exchange.Told], msgpack.ExtType(_MESSAGE, command)])
    data: bytes = msgpack.packb(msgpack.ExtType(_DATACLASS, whole))
    return _bounded(data)


def unpack_input(data: bytes) -> exchange.Input:
    """The input that was packed. ParcelError."""
    content = _unpack(data)
    if not isinstance(content, exchange.Input):
        raise ParcelError(f"{type(content).__name__} is no input")
    return content


def unpack_effects(data: bytes) -> tuple[exchange.Effect, ...]:
    """The effects that were packed. ParcelError."""
    content = _unpack(data)
    if not isinstance(content, tuple) or not all(isinstance(each, exchange.Effect) for each in content):
        raise ParcelError("no effects")
    return content


def _outward(value: object) -> msgpack.ExtType:
    number = _NUMBERS.get(type(value))
    if number is not None:
        fields = [getattr(value, name) for name in _FIELDS[number]]
        return msgpack.ExtType(_DATACLASS, msgpack.packb([number, *fields], default=_outward))
    if isinstance(value, Command | Reply | Var):
        return msgpack.ExtType(_MESSAGE, codec.encode(value))
    raise ParcelError(f"{type(value).__name__} cannot be sent")


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_BYTES:
        raise ParcelError(f"{len(data)} bytes are more than the {MAX_BYTES} allowed")
    return data


def _unpack(data: bytes) -> Any:
    try:
        return msgpack.unpackb(_bounded(data), ext_hook=_inward, use_list=False)
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise ParcelError(str(error)) from error


def _inward(code: int, data: bytes) -> Any:
    if code == _MESSAGE:
        return codec.decode(data)
    if code != _DATACLASS:
        raise ParcelError(f"extension {code}")
    number, *fields = msgpack.unpackb(data, ext_hook=_inward, use_list=False)
    if type(number) is not int or not 0 <= number < len(_CLASSES) or len(fields) != len(_FIELDS[number]):
        raise ParcelError("another program's parcel")
    kind = _CLASSES[number]
    values: dict[str, Any] = dict(zip(_FIELDS[number], fields, strict=True))
    for name, value in values.items():
        if value is not None and (options := _ENUMS.get((kind, name))) is not None:
            values[name] = options(value)
    return kind(**values)
