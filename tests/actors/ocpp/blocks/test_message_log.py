"""What the message log is told follows the device model; messages are published where that is wanted."""

import pytest

from actors.ocpp import inputs
from actors.ocpp.blocks import message_log
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Order, Target
from actors.ocpp.messages import FrameSeen, LogOrders
from protocols.interfaces import ocpp
from protocols.ocpp.version import Version
from protocols.types.ocpp import MessageDirection
from tests.support.ocpp_station import START, Station


def a_station(values=(), **options):
    station = Station(blocks=(message_log.BLOCK,), **options)
    for variable, value in values:
        station.set(variable, value)
    return station


def orders(station):
    station.feed(inputs.Resumed())
    return [each.orders for each in station.effects if isinstance(each, Order)]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((), LogOrders(formats=("log", "security"))),
        ([(variables.LOG_MESSAGES, False), (variables.LOG_RAW, True)], LogOrders()),
        (
            [(variables.LOG_FORMATS, ("html", "callback")), (variables.LOG_RAW, True)],
            LogOrders(formats=("html", "callback"), raw=True),
        ),
        (
            [
                (variables.LOG_ROTATION, True),
                (variables.LOG_MAX_BYTES, 1000),
                (variables.LOG_MAX_FILES, 3),
                (variables.LOG_DATED, True),
            ],
            LogOrders(formats=("log", "security"), max_bytes=1000, max_files=3, dated=True),
        ),
        (
            [
                (variables.LOG_MAX_BYTES, 1000),
                (variables.LOG_MAX_FILES, 3),
                (variables.LOG_DATED, True),
            ],
            LogOrders(formats=("log", "security")),
        ),
        (
            [
                (variables.LOG_ROTATION, True),
                (variables.LOG_MAX_BYTES, -1),
                (variables.LOG_MAX_FILES, -1),
            ],
            LogOrders(formats=("log", "security")),
        ),
    ],
)
def test_the_log_is_told_what_the_device_model_says(values, told):
    assert orders(a_station(values)) == [told]


def test_every_life_tells_the_log_again():
    station = a_station()
    (told,) = orders(station)
    assert [each.orders for each in station.restart() if isinstance(each, Order)] == [told]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ((), False),
        ([(variables.LOG_FORMATS, ("log", "callback"))], True),
        ([(variables.LOG_FORMATS, ("callback",)), (variables.LOG_MESSAGES, False)], False),
    ],
)
def test_messages_are_wanted_with_the_format_callback_only(values, wanted):
    assert message_log.wants_frames(a_station(values).model) is wanted


@pytest.mark.parametrize(
    ("sent", "direction"),
    [
        (True, MessageDirection.CHARGING_STATION_TO_CSMS),
        (False, MessageDirection.CSMS_TO_CHARGING_STATION),
    ],
)
@pytest.mark.parametrize("version", [Version.V21, Version.V201, None])
def test_a_message_is_published_with_its_direction_and_version(sent, direction, version):  # S8.20
    station = a_station(version=version or Version.V21)
    if version is not None:
        station.connect()

    station.say(Target.SYSTEM, FrameSeen(at=START, sent=sent, text='[3,"1",{}]'))

    (said,) = station.published(ocpp.OcppMessage)
    assert said.message.message == '[3,"1",{}]'
    assert said.message.direction is direction
    assert said.message.ocpp_version == (None if version is None else version.value)
