"""A supervisor whose children come with its start message: most branches need nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actors.engine.supervision import ChildSpec
from actors.engine.supervisor import Supervisor, load
from protocols import codec
from protocols.message import message_types

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CHILDREN = "children"


def branch_config(specs: Iterable[ChildSpec]) -> dict[str, Any]:
    """What a branch is configured with to have these children."""
    return {CHILDREN: [codec.to_plain(spec) for spec in specs]}


def import_actors(specs: Iterable[ChildSpec]) -> None:
    """Import the classes of these children and of all who stand below them, and make ready what they ask for
    and what the codec needs for every message that is known then.

    Done by a root before its first fork, it is done once for the whole site: what takes seconds to import and
    to prepare is there already in every process, and shared by all. Raises ImportError or AttributeError.
    """
    _import_all(specs)
    codec.prepare(message_types().values())


def _import_all(specs: Iterable[ChildSpec]) -> None:
    for spec in specs:
        load(spec.actor).before_fork(spec.config)
        _import_all(codec.from_plain(ChildSpec, each) for each in spec.config.get(CHILDREN, []))


class Branch(Supervisor):
    """Keeps the children in `config["children"]` alive; its successor starts the same ones anew."""

    def specs(self) -> Sequence[ChildSpec]:
        """The children it was started with."""
        return [codec.from_plain(ChildSpec, each) for each in self.config.get(CHILDREN, [])]
