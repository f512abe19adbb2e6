"""Who is behind which name, and who wants to know: the pure table, and the actor that keeps it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from actors.engine import messages
from actors.engine.address import address_of, text_of
from actors.engine.base import Deferred, SiteActor, handles
from actors.engine.envelope import Kind
from protocols.message import Reply

if TYPE_CHECKING:
    from thespian.actors import ActorAddress

    from protocols.message import Var


GENERATIONS_OF_A_LIFE: Final = 2**32
"""No registry lives to give out as many."""
TELL_AGAIN_S: Final = 1.0
"""After this time an actor that may not have got something is told everything again."""
_LIFE: Final = re.compile(r"#([0-9]+)(?=/|$)")
"""The number of one life in a lineage, `site#0/evse_1#2`."""


@dataclass(slots=True)
class _Serving:
    """Who is behind one name."""

    generation: int
    address: str | None
    lineage: str


@dataclass(slots=True)
class _Follower:
    """What one actor wants to know."""

    lineage: str
    names: set[str] = field(default_factory=set)
    variables: dict[str, set[str]] = field(default_factory=dict)
    """The tags of those it has subscribed to, by the name that publishes them."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be told to the actor at an address."""

    address: str
    item: Var


def outlives(lineage: str, other: str) -> bool:
    """Whether `lineage` is a later life of the same place in the tree as `other`."""
    return _LIFE.sub("", lineage) == _LIFE.sub("", other) and _lives(lineage) > _lives(other)


def _lives(lineage: str) -> list[int]:
    return [int(number) for number in _LIFE.findall(lineage)]


class Table:
    """Names, followers and subscribers. Pure: every method returns whom to tell what.

    Generations given out are higher than `last`.
    """

    def __init__(self, last: int = 0) -> None:
        self._names: dict[str, _Serving] = {}
        self._followers: dict[str, _Follower] = {}
        self._last = last

    def serving(self, name: str) -> tuple[int, str | None]:
        """Generation and address behind a name; (0, None) when it was never announced."""
        known = self._names.get(name)
        return (known.generation, known.address) if known else (0, None)

    def addresses(self) -> list[str]:
        """Everybody who serves a name."""
        return sorted({known.address for known in self._names.values() if known.address})

    def register(
        self, address: str, lineage: str, names: tuple[str, ...], claimed: int
    ) -> tuple[int | None, list[Notice]]:
        """Put an actor behind names; return its generation (None: it was superseded) and the notices."""
        held = [self._names[name] for name in names if name in self._names]
        if any(outlives(each.lineage, lineage) for each in held) or any(
            claimed and each.generation > claimed and each.address not in (None, address) for each in held
        ):
            return None, [Notice(address, messages.Superseded())]
        self._last = max(self._last, claimed)
        known = claimed and all(each.generation <= claimed for each in held)
        if known:
            generation = claimed
        else:
            self._last = generation = self._last + 1
        notices: list[Notice] = []
        for name in names:
            before = self._names.get(name)
            if before and before.address not in (None, address):
                notices.append(Notice(str(before.address), messages.Superseded()))
            self._names[name] = _Serving(generation, address, lineage)
            notices += self._announce(name)
            notices.append(Notice(address, self._subscribers(name)))
        return generation, notices

    def follow(
        self, address: str, lineage: str, names: tuple[str, ...], variables: tuple[tuple[str, str], ...]
    ) -> list[Notice]:
        """Remember what an actor wants to know, and tell it what is known already.

        About a name that was never registered, too: whoever does not want to wait for it need not.
        """
        follower = self._followers.setdefault(address, _Follower(lineage))
        follower.names.update(names)
        notices: list[Notice] = []
        for name in names:
            generation, serving = self.serving(name)
            news = messages.Announce(name=name, generation=generation, address=serving)
            notices.append(Notice(address, news))
        publishers: dict[str, None] = {}
        for name, tag in variables:
            tags = follower.variables.setdefault(name, set())
            if tag not in tags:
                tags.add(tag)
                publishers[name] = None
        return [*notices, *(each for name in publishers for each in self._tell_publisher(name))]

    def gone(self, lineage: str) -> list[Notice]:
        """This life of an actor, and everybody below it, has ended."""
        below = f"{lineage}/"
        dead = [
            address
            for address, follower in self._followers.items()
            if follower.lineage == lineage or follower.lineage.startswith(below)
        ]
        wanted = {name for address in dead for name in self._followers.pop(address).variables}
        notices: list[Notice] = []
        for name, serving in self._names.items():
            if serving.address and (serving.lineage == lineage or serving.lineage.startswith(below)):
                serving.address = None
                notices += self._announce(name)
        for name in sorted(wanted):
            notices += self._tell_publisher(name)
        return notices

    def unreachable(self, address: str) -> None:
        """Nothing can be told to this address any more."""
        self._followers.pop(address, None)

    def owed(self, address: str) -> list[Notice]:
        """Everything that an actor is to know now, for one that may not have got what it was told."""
        follower = self._followers.get(address)
        notices: list[Notice] = []
        for name in sorted(follower.names) if follower else ():
            generation, serving = self.serving(name)
            news = messages.Announce(name=name, generation=generation, address=serving)
            notices.append(Notice(address, news))
        served = sorted(name for name, serving in self._names.items() if serving.address == address)
        return [*notices, *(Notice(address, self._subscribers(name)) for name in served)]

    def _announce(self, name: str) -> list[Notice]:
        serving = self._names[name]
        news = messages.Announce(name=name, generation=serving.generation, address=serving.address)
        return [
            Notice(address, news) for address, follower in self._followers.items() if name in follower.names
        ]

    def _tell_publisher(self, name: str) -> list[Notice]:
        _generation, address = self.serving(name)
        return [Notice(address, self._subscribers(name))] if address else []

    def _subscribers(self, name: str) -> messages.Subscribers:
        found = (
            messages.Subscriber(address=address, tags=tuple(sorted(tags)))
            for address, follower in self._followers.items()
            if (tags := follower.variables.get(name))
        )
        return messages.Subscribers(name=name, subscribers=tuple(found))


def letters(notices: list[Notice]) -> list[Notice]:
    """The same in fewer messages: to one address go all announcements and subscribers in one."""
    told: dict[str, list[Var]] = {}
    for notice in notices:
        told.setdefault(notice.address, []).append(notice.item)
    return [Notice(address, item) for address, items in told.items() for item in _together(items)]


def _together(items: list[Var]) -> list[Var]:
    announced = tuple(each for each in items if isinstance(each, messages.Announce))
    subscribed = tuple(each for each in items if isinstance(each, messages.Subscribers))
    if len(announced) + len(subscribed) < 2:  # noqa: PLR2004  # one is sent as it is
        return items
    rest = [each for each in items if not isinstance(each, messages.Announce | messages.Subscribers)]
    return [messages.News(announced=announced, subscribed=subscribed), *rest]


class Registry(SiteActor):
    """Resolves names and announces their new generations.

    Its successor recovers everything from the actors themselves: the site supervisor tells the tree where
    the new registry is, and everybody registers and follows again, with the generation it had.
    """

    def __init__(self) -> None:
        super().__init__()
        self.table = Table()
        self._behind: set[str] = set()
        """Who may not have got what it was told."""

    def on_start(self) -> None:
        """Begin above every generation an earlier registry may have given out.

        Not all of those are claimed again: whoever was registered last may have died together with it.
        """
        self.table = Table(sum(_lives(self.lineage)) * GENERATIONS_OF_A_LIFE)

    @handles(messages.Register)
    def handle_register(self, command: messages.Register) -> Deferred | Reply:
        """Put the sender behind its names."""
        address = self._sender()
        names = tuple(grant.name for grant in command.grants)
        generation, notices = self.table.register(address, command.lineage, names, command.generation)
        self._tell(notices)
        return messages.Registered(generation=generation or 0)

    @handles(messages.Follow)
    def handle_follow(self, wish: messages.Follow) -> None:
        """Keep the sender informed."""
        self._tell(self.table.follow(self._sender(), wish.lineage, wish.names, wish.variables))

    @handles(messages.Gone)
    def handle_gone(self, news: messages.Gone) -> None:
        """A supervisor saw a child die."""
        self._tell(self.table.gone(news.lineage))

    @handles(messages.Resolve)
    def handle_resolve(self, command: messages.Resolve) -> messages.Resolved:
        """Answer once who is behind a name."""
        generation, address = self.table.serving(command.name)
        return messages.Resolved(generation=generation, address=address)

    @handles(messages.Settle)
    def handle_settle(self, _command: messages.Settle) -> Deferred:
        """Answer when everybody has taken in what was told so far."""
        deferred = self.defer()
        waiting = set(self.table.addresses())
        if not waiting:
            deferred.answer(Reply())
            return deferred

        def heard(address: str) -> None:
            waiting.discard(address)
            if not waiting and not deferred.answered:
                deferred.answer(Reply())

        for address in sorted(waiting):
            number = self._ask_directly(lambda _reply, address=address: heard(address))  # type: ignore[misc]  # the default binds the address
            self._post(address_of(address), Kind.REQUEST, "", messages.Tick(), number)
        return deferred

    def on_undeliverable(self, target: ActorAddress, frame: bytes) -> None:
        """Somebody we wanted to tell is dead; its supervisor says so too."""
        self.table.unreachable(text_of(target))
        super().on_undeliverable(target, frame)

    def _lost(self, address: str, frame: bytes, *, shed: bool) -> None:
        """Nobody knows whether it was told: it is told again, until it is or is gone."""
        super()._lost(address, frame, shed=shed)
        self._behind.add(address)
        self.start_timer("tell again", TELL_AGAIN_S, self._tell_again)

    def _tell_again(self) -> None:
        behind, self._behind = sorted(self._behind), set()
        for address in behind:
            self._tell(self.table.owed(address))

    def _sender(self) -> str:
        assert self.context is not None
        return text_of(self.context.address)

    def _tell(self, notices: list[Notice]) -> None:
        for notice in letters(notices):
            self._post(address_of(notice.address), Kind.TELL, "", notice.item)
