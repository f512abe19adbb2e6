"""Supervisor of the site's authorization, and how a site gets it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from actors.auth import messages
from actors.auth.auth_actor import AuthActor
from actors.auth.token_request_actor import TokenRequestActor
from actors.engine.base import handles
from actors.engine.branch import Branch, branch_config
from actors.engine.supervision import ChildSpec, Exhausted
from actors.engine.supervision_spec import Restart
from protocols import codec

MAIN: Final = "auth"
REQUEST: Final = "request_"
MAX_REQUESTS: Final = 64
"""Tokens that validators are asked about at a time; each takes a process. More count as not answered."""


class AuthSupervisor(Branch):
    """Child of the site. Its successor starts the main actor anew, which has the tokens in process in its
    journal and asks for an actor for each of them again.
    """

    @handles(messages.StartRequest)
    def handle_start_request(self, wish: messages.StartRequest) -> None:
        """Start the actor that asks the validators about a token."""
        child_id = f"{REQUEST}{wish.number}"
        if child_id in self.supervision.children:
            return  # it outlived whoever had started it
        if sum(each.startswith(REQUEST) for each in self.supervision.children) >= MAX_REQUESTS:
            self.log.warning("too_many_tokens", number=wish.number)
            self._ended_request(wish.number)
            return
        self.add_child(self._request(child_id, wish))

    def on_child_forgotten(self, child_id: str, _reason: str) -> None:
        """Whether it was done, the main actor knows."""
        self._ended_request(int(child_id.removeprefix(REQUEST)))

    def _ended_request(self, number: int) -> None:
        self.tell(self.config["main"], messages.RequestEnded(number=number))

    def _request(self, child_id: str, wish: messages.StartRequest) -> ChildSpec:
        config: dict[str, Any] = {
            "main": self.config["main"],
            "validators": self.config["validators"],
            "number": wish.number,
            "token": codec.to_plain(wish.token),
        }
        return ChildSpec(
            id=child_id,
            actor=_path(TokenRequestActor),
            config=config,
            restart=Restart.TEMPORARY,
            shutdown_s=0.5,
        )


def branch(main: ChildSpec) -> ChildSpec:
    """What stands in the tree for a module Auth: the supervisor, with the main actor below it.

    `main` is the specification of the main actor by itself.
    """
    name = next(name for name, interface in main.grants.items() if interface == "auth")
    config = branch_config([replace(main, id=MAIN, actor=_path(AuthActor), stage=0)])
    return ChildSpec(
        id=main.id,
        actor=_path(AuthSupervisor),
        config=config
        | {"main": name, "validators": list(main.config["connections"].get("token_validator", ()))},
        evse=main.evse,
        stage=main.stage,
        exhausted=Exhausted.GIVE_UP,
        retry_s=10.0,
        shutdown_s=3.0,
    )


def _path(actor: type) -> str:
    return f"{actor.__module__}.{actor.__qualname__}"
