"""Drivers of real devices."""

from __future__ import annotations

from typing import Final

from actors.catalog.manifest import Manifest, choice, integer, named, offers, text

SERIAL_HUB_ADVICE: Final = "name the serial line at the meter itself: transport, serial_device, baud_rate"

POWERMETER: Final = Manifest(
    name="GenericPowermeter",
    own_names=("ModbusPowermeter",),
    actor="actors.drivers.modbus.powermeter_actor:ModbusPowermeterActor",
    meaning="An energy meter on Modbus, described by a register map.",
    provides=named(
        offers(
            "main",
            "powermeter",
            text(
                "model",
                None,
                "register map: one of evsite's by its name, or a file",
                min_length=1,
            ),
            integer("powermeter_device_id", 1, "address on the bus", minimum=1, maximum=247),
            integer(
                "modbus_base_address", 30001, "what the map calls register 0, unless it says", maximum=65535
            ),
            choice("transport", ("rtu", "tcp"), "serial line or network"),
            text("serial_device", "/dev/ttyUSB0", "rtu: the serial line"),
            integer("baud_rate", 9600, "rtu: its speed", unit="Bd", minimum=1),
            choice("parity", ("none", "even", "odd"), "rtu: its parity"),
            text("host", "127.0.0.1", "tcp: where the meter answers"),
            integer("port", 502, "tcp: its port", minimum=1, maximum=65535),
        )
    ),
    former_requires={"serial_comm_hub": SERIAL_HUB_ADVICE},
)

MANIFESTS: Final = (POWERMETER,)
