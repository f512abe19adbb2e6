"""Methods that move what is simulated: cars, cards, parking bays, faults, meters, the link to the CSMS."""

from __future__ import annotations

from typing import Final

from actors.gateway.methods.simulation import ev, hardware, ocpp, power, reader

METHODS: Final = (*ev.METHODS, *hardware.METHODS, *reader.METHODS, *ocpp.METHODS, *power.METHODS)
"""All of them."""
