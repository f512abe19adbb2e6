"""What is still pickled between our processes, and nothing else.

Messages between actors are msgpack (`protocols.codec`). Thespian's own management messages (a child's
first sign of life, exit requests and notices, creation requests, convention membership) are objects of
Thespian classes that hold addresses; those are pickled. Three things make that safe:

- a frame's authentication code is checked before its payload is looked at (`frames`), so only a holder of
  the site key can cause an unpickle at all;
- the unpickler resolves only the classes listed here: no function, no builtin, nothing that runs code;
- source-loading messages, with which Thespian ships code between hosts, are not on the list.
"""

from __future__ import annotations

import io
import pickle
from datetime import timedelta
from typing import Any, Final

from thespian import actors
from thespian.system.messages import admin, convention, logcontrol, multiproc

from actors.engine.address import SiteAddress
from actors.engine.hosts import EndWard

_CLASSES: Final[tuple[type, ...]] = (
    actors.ActorAddress,
    actors.ActorExitRequest,
    actors.ActorSystemConventionUpdate,
    actors.ChildActorExited,
    actors.PoisonMessage,
    actors.DeadEnvelope,
    admin.QueryExists,
    admin.QueryAck,
    admin.SystemShutdown,
    admin.SystemShutdownCompleted,
    admin.PendingActor,
    admin.PendingActorResponse,
    admin.HandleDeadLetters,
    admin.CapabilityUpdate,
    admin.NewCapabilities,
    convention.ConventionRegister,
    convention.ConventionDeRegister,
    convention.ConventionInvite,
    convention.NotifyOnSystemRegistration,
    multiproc.EndpointConnected,
    logcontrol.SetLogging,
    SiteAddress,
    EndWard,
    timedelta,
)
_ALLOWED: Final = {(kind.__module__, kind.__qualname__): kind for kind in _CLASSES}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> type:
        """Resolve only what is listed."""
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is not a control message") from None


def dumps(message: object) -> bytes:
    """Pickle one control message.

    Raises TypeError for anything that is not one. Thespian's CannotPickleAddress, for an address that is not
    known yet, passes through: Thespian waits and tries again.
    """
    if type(message) not in _CLASSES:
        raise TypeError(f"{type(message)!r} is neither bytes nor a control message of Thespian")
    return pickle.dumps(message, protocol=4)


def loads(data: bytes) -> Any:
    """The control message in an authentic payload. Raises pickle.UnpicklingError for everything else."""
    try:
        message = _Unpickler(io.BytesIO(data)).load()
    except pickle.UnpicklingError:
        raise
    except Exception as error:  # a broken pickle may raise nearly anything; it becomes one kind
        raise pickle.UnpicklingError(f"broken control message: {type(error).__name__}: {error}") from error
    if type(message) not in _CLASSES:
        raise pickle.UnpicklingError(f"{type(message)!r} is not a control message")
    return message
