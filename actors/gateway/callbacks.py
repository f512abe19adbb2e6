"""What the Gateway says to a client by itself: the commands of a role, and news. Pure, declarations.

They go the other way over the same WebSocket, and stand in `/schema.json` as `x-callbacks`. A request is to
be answered; news is not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from actors.gateway.hub import NEWS
from actors.gateway.method import form
from actors.gateway.methods.observation import Topic  # noqa: TC001  # pydantic reads the annotations
from actors.gateway.picture import forms
from actors.gateway.role import INVOKE, LOST
from protocols.message import Json

if TYPE_CHECKING:
    from collections.abc import Mapping


@form
class Invoke:
    """Carry out a command of a role that the client fills; the result has the fields of the reply."""

    role: str
    """The id of its module in the site file."""
    implementation: str
    interface: str
    """By EVerest's name."""
    command: str
    arguments: dict[str, Json]
    """By EVerest's names."""


@form
class Lost:
    """The role has a new actor: register and be ready again. Whatever is answered will do."""

    role: str


@form
class Told:
    """News of a topic that the client has subscribed; `data` as `x-data` has it for the topic."""

    topic: Topic
    data: dict[str, Any]


@form
class EvseNews:
    """An EVSE has changed."""

    evse: forms.Evse


@form
class CsmsNews:
    """The back-end has."""

    csms: forms.Csms


@form
class CertificatesNews:
    """The certificates are others, or have other days left."""

    certificates: tuple[forms.Certificate, ...]


@form
class ReadyNews:
    """Whether every EVSE is ready to charge."""

    ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """One thing that is said."""

    name: str
    params: type
    result: Any = None
    """What is to be answered; None: it is a notification."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """What the data are, by topic."""

    @property
    def parts(self) -> dict[str, Any]:
        """Every form of it, by the part it is of."""
        answered = {} if self.result is None else {"result": self.result}
        return {
            "params": self.params,
            **answered,
            **{f"data {topic}": kind for topic, kind in self.data.items()},
        }


CALLBACKS: Final = (
    Callback(name=INVOKE, params=Invoke, result=dict[str, Json] | None),
    Callback(name=LOST, params=Lost, result=Json),
    Callback(
        name=NEWS,
        params=Told,
        data={
            "site": EvseNews | CsmsNews | CertificatesNews | ReadyNews,
            "tree": dict[str, Any],
            "messages": forms.MessageShown,
            "errors": forms.Errors,
            "variables": forms.VariableShown,
        },
    ),
)
"""All of them."""
