"""A supervisor whose children come with its start message: most branches need nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actors.engine.supervision import ChildSpec
from actors.engine.supervisor import Supervisor
from protocols import codec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CHILDREN = "children"


def branch_config(specs: Iterable[ChildSpec]) -> dict[str, Any]:
    """What a branch is configured with to have these children."""
    return {CHILDREN: [codec.to_plain(spec) for spec in specs]}


class Branch(Supervisor):
    """Keeps the children in `config["children"]` alive; its successor starts the same ones anew."""

    def specs(self) -> Sequence[ChildSpec]:
        """The children it was started with."""
        return [codec.from_plain(ChildSpec, each) for each in self.config.get(CHILDREN, [])]
