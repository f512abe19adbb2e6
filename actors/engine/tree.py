"""The live tree as each supervisor tells it: nodes, and the gathering of what is below child supervisors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from actors.engine import messages

if TYPE_CHECKING:
    from collections.abc import Callable

    from actors.engine.supervision import Child
    from protocols.message import Reply

ADMIN: Final = ""
"""Stands for the admin among the children; none has this name."""
INNER_SHARE: Final = 0.8
"""Share of its own deadline that a supervisor leaves to those below: who waits for them must still answer."""


def node_of(
    child: Child, pid: int | None, host: str | None, now_s: float, *, complete: bool
) -> messages.TreeNode:
    """A child as its supervisor sees it, without what is below it."""
    return messages.TreeNode(
        name=child.spec.id,
        kind=child.spec.actor.rpartition(".")[2],
        state=str(child.state),
        pid=child.pid or pid,
        host=host,
        restarts=child.restarts,
        last_error=child.last_error,
        uptime_s=round(max(0.0, now_s - child.since_s), 3) if child.pid else 0.0,
        complete=complete,
    )


class Gathering:
    """The children's nodes in order; they are completed as replies arrive.

    `finished` gets the nodes, once: with the last reply, or when `finish` is called before.
    """

    def __init__(self, finished: Callable[[tuple[messages.TreeNode, ...]], None]) -> None:
        self._finished = finished
        self._nodes: dict[str, messages.TreeNode] = {}
        self._done = False
        self.waiting: dict[str, int] = {}
        """Children that have not replied, and the numbers of the asks."""
        self.admin: messages.GetMetricsReply | None = None

    def add(self, node: messages.TreeNode) -> None:
        """The next child."""
        self._nodes[node.name] = node

    def take(self, name: str, reply: Reply) -> None:
        """What a child says of what is below it and of itself; anything else leaves the node as it is."""
        self.waiting.pop(name, None)
        match reply:
            case messages.GetTreeReply(node=told):
                self._nodes[name] = replace(
                    self._nodes[name], children=told.children, metrics=told.metrics, complete=True
                )
            case messages.GetMetricsReply() if name == ADMIN:
                self.admin = reply
            case messages.GetMetricsReply():
                self._nodes[name] = replace(self._nodes[name], metrics=reply)
        self.finish_if_complete()

    def finish_if_complete(self) -> None:
        """Nobody is waited for: done."""
        if not self.waiting:
            self.finish()

    def finish(self) -> None:
        """Whoever has not replied is shown without what is below, and as incomplete."""
        if not self._done:
            self._done = True
            self._finished(tuple(self._nodes.values()))
