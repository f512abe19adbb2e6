"""Tests for actors/drivers/modbus/powermeter_actor.py, against pymodbus's server on TCP and a serial line."""

from __future__ import annotations

import select
import socket
import time
from decimal import Decimal
from typing import Any

import pytest
from pymodbus.constants import ExcCodes
from thespian.actors import ActorAddress, WatchMessage

from actors.catalog import CATALOG
from actors.drivers.modbus import powermeter_actor
from actors.drivers.modbus.library import load, shipped
from actors.drivers.modbus.register_map import Quantity, RegisterMapError
from actors.engine import messages as engine
from actors.engine.simulation import Simulation
from actors.errors.messages import StandingErrors
from protocols.interfaces import powermeter
from protocols.types.powermeter import TransactionRequestStatus
from tests.actors.drivers.test_ocmf import REQUEST
from tests.support import actors
from tests.support.actors import Puppet
from tests.support.modbus_meters import SHOWN, Meter, contents

pytestmark = pytest.mark.timeout(30)
HEARD: list[Any] = []
NAME = "meter/main"
FAULT = "generic/CommunicationFault"
RIGS: list[Rig] = []


@pytest.fixture(autouse=True)
def _lines_are_closed():
    yield
    while RIGS:
        actors.reset()
        RIGS.pop().simulation.close()


class Listener(Puppet):
    """Hears what the meter says. Its successor goes on listening."""

    def on_start(self):
        for kind in (powermeter.Powermeter, StandingErrors):
            self.subscribe(NAME, kind, HEARD.append)


class Rig:
    """The driver in a simulation. Its lines are real, and its clock is five times as fast as theirs."""

    def __init__(self, **settings):
        HEARD.clear()
        RIGS.append(self)
        actors.reset()
        manifest = CATALOG["GenericPowermeter"]
        defaults = {each.name: each.default for each in manifest.provides["main"].parameters.values()}
        meter = {
            "id": "meter",
            "actor": manifest.actor.replace(":", "."),
            "grants": {NAME: "powermeter"},
            "config": {
                "module": "meter",
                "parameters": {},
                "implementations": {"main": defaults | {"model": "eastron_sdm630"} | settings},
            },
        }
        children = [meter, {"id": "listener", "actor": f"{__name__}.Listener"}]
        self.simulation = Simulation()
        self.simulation.start(
            actors.Site, engine.Start(path="site", lineage="site#0", config={"children": children})
        )

    @property
    def driver(self):
        return self.simulation.actor("site/meter")

    def step(self):
        """Let a little time pass, and hand over what has arrived on the line."""
        watched = list(self.driver._watches) if "site/meter" in self.simulation.actors() else []
        ready, _w, _x = select.select(watched, [], [], 0.01)
        if ready:
            address = self.driver.myAddress
            self.simulation.base.actor_send(ActorAddress("test"), address, WatchMessage(ready))
            self.simulation.run()
        else:
            self.simulation.advance(0.05)

    def until(self, condition):
        """Wait at most 20 s for it, and return what it is."""
        end_s = time.monotonic() + 20
        while not (found := condition()):
            assert time.monotonic() < end_s, HEARD[-3:]
            self.step()
        return found

    def idle(self, seconds):
        """Let simulated time pass while nothing arrives."""
        self.simulation.advance(seconds)

    def readings(self):
        return [each.powermeter for each in HEARD if isinstance(each, powermeter.Powermeter)]

    def errors(self):
        told = [each for each in HEARD if isinstance(each, StandingErrors)]
        return [each.error.type for each in told[-1].errors] if told else []


def plain(reading):
    """What a reading says, by quantity and place."""
    fields = {
        Quantity.ENERGY_IMPORT: reading.energy_wh_import,
        Quantity.ENERGY_EXPORT: reading.energy_wh_export,
        Quantity.POWER: reading.power_w,
        Quantity.VOLTAGE: reading.voltage_v,
        Quantity.CURRENT: reading.current_a,
        Quantity.REACTIVE_POWER: reading.var,
        Quantity.FREQUENCY: reading.frequency_hz,
    }
    return {
        (quantity, name.partition("_")[0]): value
        for quantity, told in fields.items()
        if told is not None
        for name in told.__dataclass_fields__
        if (value := getattr(told, name)) is not None
    }


def expected(model):
    found = load(model)
    return {
        (quantity, at): Decimal(SHOWN[quantity, at])
        for quantity, entries in found.values.items()
        for at in entries
    }


def tcp(meter, **settings):
    return Rig(transport="tcp", host="127.0.0.1", port=meter.port, **settings)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("model", shipped())
def test_every_shipped_map_reads_its_meter_over_tcp(model):
    with Meter(contents(load(model)), device_id=17) as meter:
        rig = tcp(meter, model=model, powermeter_device_id=17)

        reading = rig.until(rig.readings)[0]

    assert plain(reading) == expected(model)
    assert reading.energy_wh_import.total_wh == Decimal(12300)
    assert rig.errors() == []


@pytest.mark.parametrize("model", shipped())
def test_every_shipped_map_reads_its_meter_over_a_serial_line(model):
    with Meter(contents(load(model)), device_id=3, serial=True) as meter:
        rig = Rig(serial_device=meter.path, baud_rate=115200, model=model, powermeter_device_id=3)

        reading = rig.until(rig.readings)[0]

    assert plain(reading) == expected(model)


def test_a_meter_is_read_once_a_second():
    with Meter(contents(load("eastron_sdm630"))) as meter:
        rig = tcp(meter)
        rig.until(lambda: len(rig.readings()) == 4)

    told = [each.timestamp for each in rig.readings()]
    assert (told[-1] - told[0]).total_seconds() == pytest.approx(3 * powermeter_actor.READ_S, abs=0.3)


def test_a_silent_meter_is_an_error_until_it_answers():
    with Meter(contents(load("eastron_sdm630"))) as meter:
        rig = tcp(meter)
        rig.until(rig.readings)
        meter.mute = True
        rig.until(lambda: rig.errors() == [FAULT])
        told = len(rig.readings())
        meter.mute = False

        rig.until(lambda: rig.errors() == [])

    assert len(rig.readings()) > told


def test_one_lost_answer_is_no_error():
    with Meter(contents(load("eastron_sdm630"))) as meter:
        rig = tcp(meter)
        rig.until(rig.readings)
        meter.mute = True
        rig.idle(2.5)
        meter.mute = False
        rig.until(lambda: len(rig.readings()) > 1)

    assert not [each for each in HEARD if isinstance(each, StandingErrors) and each.errors]


def test_a_meter_that_refuses_is_an_error_with_its_reason():
    with Meter(contents(load("eastron_sdm630"))) as meter:
        meter.refusal = ExcCodes.ILLEGAL_ADDRESS
        rig = tcp(meter)

        rig.until(lambda: rig.errors() == [FAULT])

    told = [each for each in HEARD if isinstance(each, StandingErrors)][-1].errors[0]
    assert "no such register" in told.error.message


def test_a_meter_that_comes_later_is_found():
    port = free_port()
    rig = Rig(transport="tcp", host="127.0.0.1", port=port)
    rig.until(lambda: rig.errors() == [FAULT])

    with Meter(contents(load("eastron_sdm630")), port=port):
        rig.until(rig.readings)

    assert rig.errors() == []


def test_a_meter_that_hangs_up_is_called_again():
    port = free_port()
    with Meter(contents(load("eastron_sdm630")), port=port):
        rig = Rig(transport="tcp", host="127.0.0.1", port=port)
        rig.until(rig.readings)
    rig.until(lambda: rig.errors() == [FAULT])
    told = len(rig.readings())

    with Meter(contents(load("eastron_sdm630")), port=port):
        rig.until(lambda: len(rig.readings()) > told)

    assert rig.errors() == []


def test_energy_that_falls_is_not_told():
    found = load("eastron_sdm630")
    with Meter(contents(found)) as meter:
        rig = tcp(meter)
        rig.until(rig.readings)
        meter.show(contents(found, {(Quantity.ENERGY_IMPORT, "total"): "1000"}))
        rig.until(lambda: rig.errors() == [FAULT])

    assert {each.energy_wh_import.total_wh for each in rig.readings()} == {Decimal(12300)}


def test_a_driver_that_was_killed_is_followed_by_one_that_reads():
    with Meter(contents(load("eastron_sdm630"))) as meter:
        rig = tcp(meter)
        rig.until(rig.readings)
        told = len(rig.readings())

        rig.simulation.kill("site/meter")
        rig.until(lambda: len(rig.readings()) > told)

    assert rig.errors() == []


def test_a_serial_line_is_free_again_for_the_successor():
    with Meter(contents(load("eastron_sdm630")), serial=True) as meter:
        rig = Rig(serial_device=meter.path, baud_rate=115200)
        rig.until(rig.readings)
        told = len(rig.readings())

        rig.simulation.kill("site/meter")
        rig.until(lambda: len(rig.readings()) > told)


def test_a_serial_line_that_is_not_there_is_an_error():
    rig = Rig(serial_device="/dev/no-such-line")

    rig.until(lambda: rig.errors() == [FAULT])


@pytest.mark.parametrize("garbage", [b"\0" * 40, b"\xff" * 300, b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_whatever_answers_instead_of_a_meter_is_an_error(garbage):
    with socket.create_server(("127.0.0.1", 0)) as server:
        rig = Rig(transport="tcp", host="127.0.0.1", port=server.getsockname()[1])
        server.settimeout(0)
        peers = []

        def serve():
            try:
                peers.append(server.accept()[0])
                peers[-1].sendall(garbage)
            except BlockingIOError:
                pass
            return rig.errors() == [FAULT]

        rig.until(serve)
        for peer in peers:
            peer.close()

    assert rig.readings() == []


def test_a_peer_of_one_byte_at_a_time_holds_nobody_up():
    with socket.create_server(("127.0.0.1", 0)) as server:
        rig = Rig(transport="tcp", host="127.0.0.1", port=server.getsockname()[1])
        rig.step()
        peer, _address = server.accept()
        with peer:
            spent_s = 0.0
            for byte in b"\0\1\0\0\0\x7d":
                peer.sendall(bytes((byte,)))
                begun_s = time.monotonic()
                reply = rig.simulation.ask(NAME, powermeter.StopTransaction(transaction_id=""))
                spent_s += time.monotonic() - begun_s
                rig.step()

    assert reply.response.status is TransactionRequestStatus.NOT_SUPPORTED
    assert spent_s < 1.0
    assert rig.readings() == []


def test_a_meter_that_signs_nothing_says_so():
    with Meter(contents(load("eastron_sdm630"))) as meter:
        rig = tcp(meter)
        reply = rig.simulation.ask(NAME, powermeter.StartTransaction(value=REQUEST))

    assert reply.response.status is TransactionRequestStatus.NOT_SUPPORTED


def test_an_unknown_model_is_a_failed_start():
    rig = Rig(model="no_such_meter")

    assert "site/meter" not in rig.simulation.actors()
    with pytest.raises(RegisterMapError, match="eastron_sdm630"):
        load("no_such_meter")
