"""Old versions of a message become the newest one on the way in."""

from typing import Annotated, ClassVar

import msgpack
import pytest
from pydantic import Field

from protocols import codec
from protocols.codec import DecodeError
from protocols.message import Command, Reply, message


def packed(tag, body, version=1):
    return msgpack.packb([tag, version, body])


def caught_decoding(data):
    with pytest.raises(DecodeError) as caught:
        codec.decode(data)
    return caught.value


@message
class Tariff(Command):
    version: ClassVar[int] = 3
    answer: ClassVar[type[Reply]] = Reply
    price_per_kwh: Annotated[float, Field(alias="price", ge=0)]
    currency: str


@codec.upgrades(Tariff, 1)
def rename_cost(body):
    return {"price": body["cost"]}


@codec.upgrades(Tariff, 2)
def add_currency(body):
    return body | {"currency": "EUR"}


TARIFF = "tests.protocols.test_codec_versions.tariff"


def test_the_tag_of_a_message_in_a_test_is_its_module():
    assert codec.tag_of(Tariff) == TARIFF


@pytest.mark.parametrize(
    ("version", "body"),
    [(1, {"cost": 0.5}), (2, {"price": 0.5}), (3, {"price": 0.5, "currency": "EUR"})],
)
def test_an_old_version_is_upgraded_step_by_step(version, body):
    assert codec.decode(packed(TARIFF, body, version)) == Tariff(price_per_kwh=0.5, currency="EUR")


def test_a_new_message_carries_the_newest_version():
    assert msgpack.unpackb(codec.encode(Tariff(price_per_kwh=0.5, currency="EUR")))[1] == 3


def test_an_old_body_that_cannot_be_upgraded_is_refused():
    error = caught_decoding(packed(TARIFF, {}, 1))

    assert (error.tag, error.problem) == (TARIFF, "not a body of version 1: KeyError")


def test_an_upgraded_body_is_validated_like_any_other():
    error = caught_decoding(packed(TARIFF, {"cost": -1}, 1))

    assert (error.tag, error.field) == (TARIFF, "price")


def test_a_version_without_an_upgrade_can_no_longer_be_read():
    @message
    class Forgotten:
        version: ClassVar[int] = 2

    error = caught_decoding(packed(codec.tag_of(Forgotten), {}, 1))

    assert error.problem == "version 1 can no longer be read"
