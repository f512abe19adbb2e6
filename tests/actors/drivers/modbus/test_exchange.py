"""Tests for actors/drivers/modbus/exchange.py: questions, answers, and everything else that may arrive."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ExceptionResponse
from pymodbus.pdu.register_message import ReadHoldingRegistersResponse, ReadInputRegistersResponse

from actors.drivers.modbus.blocks import Block
from actors.drivers.modbus.exchange import MAX_WAITING, Exchange, MeterError, Transport
from actors.drivers.modbus.register_map import Function
from tests.support.examples import few

WANTED = (Block(Function.INPUT, 0, 2), Block(Function.HOLDING, 0x5000, 1))
FRAMERS = {Transport.RTU: FramerRTU, Transport.TCP: FramerSocket}


def ask(transport, **more):
    return Exchange(transport, 7, WANTED, **more)


def frame(transport, message, transaction=1, device=7):
    message.dev_id, message.transaction_id = device, transaction
    return FRAMERS[transport](DecodePDU(is_server=True)).buildFrame(message)


@pytest.mark.parametrize(
    ("transport", "request_hex"),
    [(Transport.RTU, "07040000000271ad"), (Transport.TCP, "000100000006070400000002")],
)
def test_a_question_is_a_frame_of_its_transport(transport, request_hex):
    assert ask(transport).request().hex() == request_hex


@pytest.mark.parametrize("transport", Transport)
def test_every_block_is_asked_for_in_turn(transport):
    exchange = ask(transport)
    exchange.request()

    assert exchange.feed(frame(transport, ReadInputRegistersResponse(registers=[1, 2])))
    assert not exchange.done
    exchange.request()
    assert exchange.feed(frame(transport, ReadHoldingRegistersResponse(registers=[3]), 2))

    assert exchange.done
    assert exchange.registers == {
        (Function.INPUT, 0): 1,
        (Function.INPUT, 1): 2,
        (Function.HOLDING, 0x5000): 3,
    }
    assert not exchange.feed(b"late")


@pytest.mark.parametrize("transport", Transport)
def test_an_answer_may_arrive_byte_by_byte(transport):
    exchange = ask(transport)
    exchange.request()
    data = frame(transport, ReadInputRegistersResponse(registers=[1, 2]))

    assert [exchange.feed(bytes((byte,))) for byte in data] == [False] * (len(data) - 1) + [True]


def test_an_answer_to_an_earlier_question_is_passed_over():
    exchange = ask(Transport.TCP, transaction=9)
    exchange.request()
    late = frame(Transport.TCP, ReadInputRegistersResponse(registers=[8, 8]), 8)

    assert not exchange.feed(late)
    assert exchange.feed(frame(Transport.TCP, ReadInputRegistersResponse(registers=[1, 2]), 9))
    assert exchange.registers[Function.INPUT, 0] == 1


@pytest.mark.parametrize("transport", Transport)
def test_an_answer_of_another_device_is_passed_over(transport):
    exchange = ask(transport)
    exchange.request()

    assert not exchange.feed(frame(transport, ReadInputRegistersResponse(registers=[8, 8]), device=8))


def test_a_frame_with_a_wrong_checksum_is_no_answer():
    exchange = ask(Transport.RTU)
    exchange.request()
    data = bytearray(frame(Transport.RTU, ReadInputRegistersResponse(registers=[1, 2])))
    data[4] ^= 1

    assert not exchange.feed(bytes(data))


@pytest.mark.parametrize("transport", Transport)
@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (ExceptionResponse(4, 2), "refused 2 registers from 0: it has no such register"),
        (ExceptionResponse(4, 99), "code 99"),
        (ReadInputRegistersResponse(registers=[1]), "asked for 2 registers from 0, it sent 1"),
        (ReadHoldingRegistersResponse(registers=[1, 2]), "it sent 2"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(transport, answer, text):
    exchange = ask(transport)
    exchange.request()

    with pytest.raises(MeterError, match=text):
        exchange.feed(frame(transport, answer))


def test_bytes_without_end_are_refused():
    exchange = ask(Transport.TCP)
    exchange.request()

    with pytest.raises(MeterError, match="no answer"):
        exchange.feed(b"\0\1\0\0\xff\xff\7" + b"\0" * MAX_WAITING)


def test_what_can_not_be_decoded_is_refused():
    exchange = ask(Transport.TCP)
    exchange.request()

    with pytest.raises(MeterError, match="no message"):
        exchange.feed(b"\0\1\0\0\0\4\7\4\xff\1")


def test_numbers_of_questions_go_round_without_zero():
    assert ask(Transport.TCP, transaction=65534).next_transaction == 1
    assert ask(Transport.TCP, transaction=65535).next_transaction == 1
    assert ask(Transport.TCP, transaction=5).next_transaction == 7


@pytest.mark.untraced
@pytest.mark.parametrize("transport", Transport)
@few(50)
@given(pieces=st.lists(st.binary(max_size=300), max_size=5))
def test_whatever_arrives_is_an_answer_or_a_refusal(transport, pieces):
    exchange = ask(transport)
    exchange.request()

    with contextlib.suppress(MeterError):
        for piece in pieces:
            exchange.feed(piece)


@pytest.mark.untraced
@pytest.mark.parametrize("transport", Transport)
@few(50)
@given(at=st.integers(0, 12), byte=st.integers(0, 255))
def test_one_spoilt_byte_never_makes_other_registers(transport, at, byte):
    exchange = ask(transport)
    exchange.request()
    data = bytearray(frame(transport, ReadInputRegistersResponse(registers=[1, 2])))
    data[at % len(data)] = byte

    with contextlib.suppress(MeterError):
        exchange.feed(bytes(data))

    told = exchange.registers
    assert transport is Transport.TCP or told in ({}, {(Function.INPUT, 0): 1, (Function.INPUT, 1): 2})
    assert set(told) <= {(Function.INPUT, 0), (Function.INPUT, 1)}
