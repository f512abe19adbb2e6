from __future__ import annotations

from protocols.iso15118 import din, exi
from protocols.iso15118.exi.declaration import declaration_of
from protocols.iso15118.exi.schema import grammar_of


def test_all_34_body_messages_are_declared():
    bodies = {
        declaration_of(kind).element
        for kind in grammar_of(exi.Schema.DIN).types
        if issubclass(kind, din.BodyElement) and kind is not din.BodyElement
    }
    assert len(bodies) == 34
    assert {"ServicePaymentSelectionReq", "ContractAuthenticationRes", "SessionStopReq"} <= bodies


def test_the_package_names_everything_it_declares():
    declared = {
        kind.__name__ for kind in grammar_of(exi.Schema.DIN).types if "xmldsig" not in kind.__module__
    }
    assert declared <= set(din.__all__)
    assert all(hasattr(din, name) for name in din.__all__)


def test_a_message_starts_with_the_bytes_of_its_schema():
    message = din.V2gMessage(
        header=din.MessageHeader(session_id=bytes(8)), body=din.Body(body_element=din.SessionStopReq())
    )
    assert exi.encode(message, exi.Schema.DIN).hex().startswith("809a")


def test_the_outlet_is_named_in_bytes():
    response = din.SessionSetupRes(response_code=din.ResponseCode.OK, evse_id=bytes(32))
    message = din.V2gMessage(
        header=din.MessageHeader(session_id=bytes(8)), body=din.Body(body_element=response)
    )
    assert exi.decode(exi.encode(message, exi.Schema.DIN), exi.Schema.DIN) == message
