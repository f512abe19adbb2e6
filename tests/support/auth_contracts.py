"""Contracts of the test hierarchy, and a site that is a certificate manager and an allow list."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from actors.engine.supervision import ChildSpec
from certs import pem
from protocols.types.authorization import AuthorizationType
from tests.support import managers
from tests.support.auth_desk import token
from tests.support.stores import other_world, world

if TYPE_CHECKING:
    from collections.abc import Sequence

LIST = "allow_list/token_validator"


def contract(made=None):
    """A contract certificate with its chain, leaf first, as PEM, and its eMAID."""
    made = made or world()
    return pem.to_pem(made["MO_LEAF"].chain).decode(), made.options.emaid


def contract_token(made=None, **fields):
    """A token as a car shows it."""
    chain, emaid = contract(made)
    shown = token(emaid, kind=AuthorizationType.PLUG_AND_CHARGE, connectors=(1,))
    return replace(shown, **{"certificate": chain} | fields)


def foreign_contract():
    """One whose root nobody trusts."""
    return contract_token(other_world())


class Root(managers.Root):
    """A certificate manager, who listens to it, and an allow list. It has no successor."""

    def branches(self) -> Sequence[ChildSpec]:
        """All of them."""
        config = {
            "module": "allow_list",
            "parameters": {"allowlist_file": self.config["file"]},
            "implementations": {},
            "connections": {"security": [managers.MAIN] if self.config["security"] else []},
            "state": f"{self.config['directory']}/journals",
        }
        allow_list = ChildSpec(
            id="allow_list",
            actor="actors.auth.allow_list_actor.AllowListActor",
            grants={LIST: "auth_token_validator"},
            config=config,
        )
        return [*super().branches(), allow_list]
