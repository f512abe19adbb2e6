"""What was published last, for who asks for variables by name. Pure; read when somebody looks."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  # read at run time by whoever asks for the hints
from typing import TYPE_CHECKING, Any, Final

from actors.gateway.peers import EVERYBODY
from actors.gateway.picture import blots
from actors.gateway.picture.forms import VariableShown
from protocols import codec
from protocols.message import tag_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from protocols.message import Var

MOST: Final = 4000
"""Variables that are kept, the newest."""


class Variables:
    """The last value of each variable that was heard."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, type[Var]], tuple[Var, datetime]] = {}

    def keep(self, name: str, variable: Var, now: datetime) -> None:
        """A variable that a name has published."""
        key = name, type(variable)
        self._kept.pop(key, None)
        self._kept[key] = variable, now
        if len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]

    def of(self, names: Iterable[str]) -> tuple[VariableShown, ...]:
        """What these names have published last; "*" is every name."""
        wanted = frozenset(names)
        return tuple(
            shown(name, variable, at)
            for (name, _kind), (variable, at) in self._kept.items()
            if EVERYBODY in wanted or name in wanted
        )


def shown(name: str, variable: Var, at: datetime) -> VariableShown:
    """A variable as people see it: under EVerest's names, without secrets."""
    value: Any = blots.shown(codec.to_plain(variable))
    return VariableShown(name=name, tag=tag_of(type(variable)), value=value, at=at)
