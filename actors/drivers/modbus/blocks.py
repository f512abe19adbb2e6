"""Which registers are asked for together: few requests, none longer than the meter takes. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from actors.drivers.modbus.register_map import Entry, Function, Quantity, RegisterMap


class Block(NamedTuple):
    """One request: so many registers from an address on."""

    function: Function
    address: int
    words: int


class Place(NamedTuple):
    """Where one value lies."""

    quantity: Quantity
    at: str
    """`total`, `l1` and so on."""
    entry: Entry
    function: Function
    address: int


def places(found: RegisterMap, base_address: int = 0) -> tuple[Place, ...]:
    """Every value of a map with its address in the protocol, which counts from 0.

    `base_address` is what the map calls address 0, where it does not say so itself. Raises ValueError for a
    register in front of it or behind the last address.
    """
    first = base_address if found.first_register is None else found.first_register
    all_places = tuple(
        Place(quantity, at, entry, entry.function or found.function, entry.register_ - first)
        for quantity, entries in found.values.items()
        for at, entry in entries.items()
    )
    for place in all_places:
        if not 0 <= place.address <= 65536 - place.entry.type.words:
            raise ValueError(
                f"{place.quantity}.{place.at}: there is no register {place.entry.register_}"
                f" where counting begins with {first}"
            )
    return all_places


def blocks(wanted: tuple[Place, ...], *, max_registers: int, max_gap: int) -> tuple[Block, ...]:
    """The requests that read all places, by function and address."""
    found: list[Block] = []
    for place in sorted(wanted, key=lambda each: (each.function, each.address)):
        end = place.address + place.entry.type.words
        if found:
            function, address, count = found[-1]
            reaches = place.address <= address + count + max_gap
            if function is place.function and reaches and end - address <= max_registers:
                found[-1] = Block(function, address, max(count, end - address))
                continue
        found.append(Block(place.function, place.address, place.entry.type.words))
    return tuple(found)
