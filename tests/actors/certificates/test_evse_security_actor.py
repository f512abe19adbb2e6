import pytest

from actors.certificates.commands import ROWS
from actors.certificates.evse_security_actor import EvseSecurityActor
from actors.certificates.store_worker_actor import StoreWorkerActor
from protocols.interface import everest_name
from protocols.message import Failure, FailureReason


class Recorder(EvseSecurityActor):
    """Notes what it is to carry out. Its successor knows nothing of it."""

    def carry_out(self, command):
        return command


@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.__name__)
def test_every_command_is_handed_to_one_method(kind):
    name = Recorder._handlers[kind]
    command = object()

    assert name == f"handle_{everest_name(kind)}"
    assert getattr(Recorder(), name)(command) is command


def test_what_nobody_carries_out_is_unsupported():
    kind = next(iter(ROWS))
    command = kind.__new__(kind)

    reply = EvseSecurityActor().carry_out(command)

    assert isinstance(reply, Failure)
    assert reply.reason is FailureReason.UNSUPPORTED


def test_the_worker_has_the_same_handlers():
    assert {kind: StoreWorkerActor._handlers[kind] for kind in ROWS} == {
        kind: EvseSecurityActor._handlers[kind] for kind in ROWS
    }
