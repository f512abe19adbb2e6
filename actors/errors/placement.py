"""Where the error framework stands among the actors of a site. Pure.

There is one in every site, because everybody reports through it: the site file's history of errors, or one of
our own where the file has none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from actors.engine.supervision import ChildSpec
from actors.errors.messages import FRAMEWORK

if TYPE_CHECKING:
    from collections.abc import Iterable

ACTOR: Final = "actors.errors.errors_actor.ErrorsActor"


def with_framework(
    station: Iterable[ChildSpec], below: Iterable[ChildSpec], state: str
) -> tuple[ChildSpec, ...]:
    """The actors of the station, one of which is the error framework now, told of every name that is served
    in the station or `below` it.
    """
    station = tuple(station)
    sources = sorted({name for spec in (*station, *below) for name in spec.grants})
    if not any(spec.actor == ACTOR for spec in station):
        station = (*station, _own(state))
    return tuple(_listening(spec, sources) if spec.actor == ACTOR else spec for spec in station)


def _own(state: str) -> ChildSpec:
    config = {
        "module": "site:errors", "parameters": {}, "implementations": {}, "connections": {}, "state": state,
    }  # fmt: skip
    return ChildSpec(id="site:errors", actor=ACTOR, config=config)


def _listening(spec: ChildSpec, sources: list[str]) -> ChildSpec:
    return replace(
        spec, grants={**spec.grants, FRAMEWORK: ""}, config={**spec.config, "sources": sources}, stage=0
    )
