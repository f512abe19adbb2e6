"""Drivers of real devices."""

from __future__ import annotations

from typing import Final

from actors.catalog.manifest import Manifest, choice, integer, named, offers, text

SERIAL_HUB_ADVICE: Final = "name the serial line at the meter itself: transport, serial_device, baud_rate"

POWERMETER: Final = Manifest(
    name="GenericPowermeter",
    own_names=("ModbusPowermeter",),
    meaning="An energy meter on Modbus, described by a register map.",
    provides=named(
        offers(
            "main",
            "powermeter",
            text("model", None, "register map of the meter", min_length=1),
            integer("powermeter_device_id", 1, "address on the bus", minimum=1, maximum=247),
            integer("modbus_base_address", 30001, "address of the first register", maximum=65535),
            choice("transport", ("rtu", "tcp"), "serial line or network"),
            text("serial_device", "/dev/ttyUSB0", "rtu: the serial line"),
            integer("baud_rate", 9600, "rtu: its speed", unit="Bd", minimum=1),
            text("host", "127.0.0.1", "tcp: where the meter answers"),
            integer("port", 502, "tcp: its port", minimum=1, maximum=65535),
        )
    ),
    former_requires={"serial_comm_hub": SERIAL_HUB_ADVICE},
)

MANIFESTS: Final = (POWERMETER,)
