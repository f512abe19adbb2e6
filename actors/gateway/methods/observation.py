"""Methods that look: at the site, its tree, sessions, errors, certificates, messages; and news of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import Field

from actors.engine.messages import GetTree, GetTreeReply
from actors.gateway.method import (
    SITE,
    Ask,
    Done,
    Listen,
    Method,
    Scene,
    Scope,
    Steps,
    Unlisten,
    form,
    good,
    no_such,
)
from actors.gateway.peers import EVERYBODY, VARIABLES
from actors.gateway.picture import forms
from actors.gateway.picture.session import MOST as MOST_SESSIONS
from actors.gateway.rpc import Code, RpcError
from actors.live import as_json as tree_as_json

if TYPE_CHECKING:
    from collections.abc import Iterable

TREE: Final = "tree"
MOST_MESSAGES: Final = 200
"""In one answer: each is decoded for it."""
Topic = Literal["site", "tree", "messages", "errors", "variables"]


@form
class GetSite:
    """The site as it stands: EVSEs with their sessions, back-end, certificates, and what is simulated."""


@form
class GetSiteTree:
    """The supervision tree: every actor with its state, process, restarts and last error."""


@form
class ListSessions:
    """The newest sessions, those that run and those that have ended, without their curves of power."""

    limit: Annotated[int, Field(ge=1, le=MOST_SESSIONS)] = 20
    evse: int | None = None
    """Of this EVSE only."""


@form
class SessionList:
    """Sessions, the newest first."""

    sessions: tuple[forms.Session, ...]


@form
class GetSession:
    """One session, with its curve of power."""

    session: str
    """Its id."""


@form
class ListErrors:
    """The errors that stand."""

    evse: int | None = None
    """Of this EVSE only."""


@form
class ListCertificates:
    """The certificates of the station, and those it trusts."""


@form
class ListMessages:
    """The newest messages between station, cars and CSMS, the oldest of them first."""

    since: Annotated[int, Field(ge=0)] = 0
    """Only those behind this number."""
    limit: Annotated[int, Field(ge=1, le=MOST_MESSAGES)] = 100
    source: Literal["ocpp", "v2g"] | None = None
    evse: int | None = None
    """About this EVSE only."""


@form
class MessageList:
    """Messages in the order in which they were said."""

    messages: tuple[forms.MessageShown, ...]


@form
class Subscribe:
    """Be told news of some topics from now on, as `observe.news`; the result has each topic as it stands."""

    topics: Annotated[tuple[Topic, ...], Field(min_length=1, max_length=5)]
    names: Annotated[tuple[str, ...], Field(max_length=1000)] = ()
    """For the topic `variables`: whose, or "*" for everybody's."""


@form
class Snapshot:
    """The topics that were asked for, as they stand; the others are null."""

    site: forms.Site | None = None
    tree: dict[str, Any] | None = None
    """Null also when the tree has not told in time."""
    messages: tuple[forms.MessageShown, ...] | None = None
    errors: forms.Errors | None = None
    variables: forms.Variables | None = None
    """What was published last of what is listened to already; the rest comes as news."""


@form
class Unsubscribe:
    """Be told no more news of some topics."""

    topics: Annotated[tuple[Topic, ...], Field(min_length=1, max_length=5)]
    names: Annotated[tuple[str, ...], Field(max_length=1000)] = ()
    """For the topic `variables`: of these names only."""


def _site(scene: Scene, _params: GetSite) -> Steps[forms.Site]:
    yield from ()
    return scene.picture.shown()


def _tree(_scene: Scene, _params: GetSiteTree) -> Steps[dict[str, Any]]:
    reply = good((yield Ask(SITE, GetTree())))
    return tree_as_json(reply.node)


def _sessions(scene: Scene, params: ListSessions) -> Steps[SessionList]:
    yield from ()
    _known(scene, params.evse)
    found = (each for each in scene.picture.sessions if params.evse in (None, each.evse))
    newest = [each for each, _ in zip(found, range(params.limit), strict=False)]
    return SessionList(sessions=tuple(each.show(curve=False) for each in newest))


def _session(scene: Scene, params: GetSession) -> Steps[forms.Session]:
    yield from ()
    found = scene.picture.sessions.get(params.session)
    if found is None:
        raise no_such("session", params.session, (each.uuid for each in scene.picture.sessions))
    return found.show()


def _errors(scene: Scene, params: ListErrors) -> Steps[forms.Errors]:
    yield from ()
    _known(scene, params.evse)
    found = (each for each in scene.picture.errors if params.evse in (None, each.evse))
    return forms.Errors(errors=tuple(found))


def _certificates(scene: Scene, _params: ListCertificates) -> Steps[forms.Certificates]:
    yield from ()
    return forms.Certificates(certificates=scene.picture.certificates)


def _messages(scene: Scene, params: ListMessages) -> Steps[MessageList]:
    yield from ()
    _known(scene, params.evse)
    found = scene.picture.timeline.newest(
        params.limit, since=params.since, source=params.source, evse=params.evse
    )
    return MessageList(messages=tuple(found))


def _subscribe(scene: Scene, params: Subscribe) -> Steps[Snapshot]:
    topics, names = frozenset(params.topics), frozenset(params.names)
    _fit(scene, topics, names)
    tree = None
    if TREE in topics:
        reply = yield Ask(SITE, GetTree())
        tree = tree_as_json(reply.node) if isinstance(reply, GetTreeReply) else None
    yield Listen(topics, names)
    picture = scene.picture
    return Snapshot(
        site=picture.shown() if "site" in topics else None,
        tree=tree,
        messages=tuple(picture.timeline.newest(MOST_MESSAGES)) if "messages" in topics else None,
        errors=forms.Errors(errors=picture.errors) if "errors" in topics else None,
        variables=forms.Variables(variables=picture.variables.of(names)) if VARIABLES in topics else None,
    )


def _unsubscribe(scene: Scene, params: Unsubscribe) -> Steps[Done]:
    topics, names = frozenset(params.topics), frozenset(params.names)
    if names:
        _fit(scene, topics, names)
    yield Unlisten(topics, names)
    return Done()


def _known(scene: Scene, evse: int | None) -> None:
    """Raises RpcError for an EVSE that is not there."""
    if evse is not None:
        scene.site.evse(evse)


def _fit(scene: Scene, topics: Iterable[str], names: Iterable[str]) -> None:
    """Names belong to variables, and variables need names. Raises RpcError."""
    if (VARIABLES in topics) != bool(names):
        raise RpcError(Code.PARAMS, "names: for the topic variables, and only for it", {"field": "names"})
    for name in names:
        if name != EVERYBODY:
            scene.site.interface_of(name)


def _method(name: str, params: type, result: Any, run: Any) -> Method[Any, Any]:
    return Method(name=name, params=params, result=result, run=run, scope=Scope.OBSERVE)


METHODS: Final = (
    _method("site.get", GetSite, forms.Site, _site),
    _method("tree.get", GetSiteTree, dict[str, Any], _tree),
    _method("sessions.list", ListSessions, SessionList, _sessions),
    _method("sessions.get", GetSession, forms.Session, _session),
    _method("errors.list", ListErrors, forms.Errors, _errors),
    _method("certificates.list", ListCertificates, forms.Certificates, _certificates),
    _method("messages.list", ListMessages, MessageList, _messages),
    _method("observe.subscribe", Subscribe, Snapshot, _subscribe),
    _method("observe.unsubscribe", Unsubscribe, Done, _unsubscribe),
)
