"""Who is connected, what waits for them, and what they listen to. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from actors.gateway.budget import Bucket, Limits, Purse
from actors.gateway.effects import Follow
from actors.gateway.method import Listen, Unlisten
from actors.gateway.rpc import Code, RpcError, over

if TYPE_CHECKING:
    from actors.gateway.method import Scope

VARIABLES: Final = "variables"
"""The topic of which a listener says whose."""
EVERYBODY: Final = "*"
MAX_TOPICS: Final = 32
MAX_NAMES: Final = 1000


@dataclass(slots=True, eq=False)
class Peer:
    """One connection, or one request over plain HTTP."""

    number: int
    scopes: frozenset[Scope] | None
    """What it may do; None: it has not said who it is."""
    push: bool
    """Whether it can be told anything without asking."""
    bucket: Bucket
    since_s: float
    queued_bytes: int = 0
    tries: int = 0
    topics: dict[str, frozenset[str]] = field(default_factory=dict)
    """What it listens to, and of whom."""


class Peers:
    """All of them, by number."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._purse = Purse(limits)
        self._all: dict[int, Peer] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __contains__(self, number: int) -> bool:
        return number in self._all

    def get(self, number: int) -> Peer | None:
        """The peer of that number."""
        return self._all.get(number)

    def pop(self, number: int) -> Peer | None:
        """Forget one."""
        return self._all.pop(number, None)

    def strangers(self) -> list[Peer]:
        """Those who have not said who they are."""
        return [each for each in self._all.values() if each.scopes is None]

    def full(self, *, stranger: bool) -> bool:
        """Whether nobody else is let in."""
        limits = self._limits
        return len(self._all) >= limits.connections or (
            stranger and len(self.strangers()) >= limits.strangers
        )

    def add(
        self, number: int, host: str, scopes: frozenset[Scope] | None, now_s: float, *, push: bool
    ) -> None:
        """Take one in."""
        own = Bucket(self._limits.rate_per_s, self._limits.burst, now_s) if push else None
        bucket = own or self._purse.bucket(host, now_s)
        self._all[number] = Peer(number, scopes, push, bucket, now_s)

    def written(self, number: int, size: int) -> None:
        """A peer has been given so many bytes of what waited for it."""
        if (peer := self._all.get(number)) is not None:
            peer.queued_bytes -= size

    def queue(self, peer: Peer, size: int) -> list[Peer]:
        """So many bytes more wait for a peer; gives those who are to be closed because of all that waits."""
        peer.queued_bytes += size
        if peer.queued_bytes > self._limits.queued_bytes:
            return [peer]
        slow: list[Peer] = []
        beyond = sum(each.queued_bytes for each in self._all.values()) - self._limits.all_queued_bytes
        for each in sorted(self._all.values(), key=lambda each: -each.queued_bytes):
            if beyond > 0:
                slow.append(each)
                beyond -= each.queued_bytes
        return slow

    # -- listening -----------------------------------------------------------------------------------------

    def listen(self, number: int, step: Listen | Unlisten) -> RpcError | None:
        """Change what a peer listens to, or give the error why not."""
        peer = self._all[number]
        if not peer.push:
            return RpcError(Code.REQUEST, "news need a WebSocket")
        topics = dict(peer.topics)
        for topic in step.topics:
            had = topics.pop(topic, frozenset())
            if isinstance(step, Listen):
                topics[topic] = had | step.names
            elif step.names and had - step.names:
                topics[topic] = had - step.names
        if len(topics) > MAX_TOPICS or sum(map(len, topics.values())) > MAX_NAMES:
            return over("topics", "listens to too much")
        peer.topics = topics
        return None

    def listening(self, topic: str, about: str) -> list[Peer]:
        """Those who want to know; `about`: whose variable it is, if it is one."""
        return [
            peer
            for peer in self._all.values()
            if (names := peer.topics.get(topic)) is not None
            and (not about or about in names or EVERYBODY in names)
        ]

    def follow(self) -> Follow:
        """All that somebody listens to."""
        everything = [each.topics for each in self._all.values()]
        return Follow(
            frozenset(topic for topics in everything for topic in topics),
            frozenset(name for topics in everything for name in topics.get(VARIABLES, ())),
        )
