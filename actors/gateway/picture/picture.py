"""The whole picture: who is listened to, and which view of it takes what was said. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from actors.certificates.messages import FilesChanged, ListCertificates, ListCertificatesReply
from actors.engine.messages import GetTree, GetTreeReply
from actors.errors.messages import FRAMEWORK, StandingErrors
from actors.gateway.method import SITE, Ask
from actors.gateway.picture import evse_folds, forms, outside, station
from actors.gateway.picture.evse import EvseView
from actors.gateway.picture.forms import News, as_json
from actors.gateway.picture.ocpp_messages import OcppReader
from actors.gateway.picture.session import Sessions
from actors.gateway.picture.timeline import Timeline
from actors.gateway.picture.tokens import Tokens
from actors.gateway.picture.v2g_messages import V2gSaid
from actors.gateway.picture.variables import Variables
from actors.ocpp.messages import FrameSeen
from actors.v2g.messages import FramesSeen, Milestones
from protocols.interfaces import auth, auth_token_provider, evse_security, ocpp, power_supply_dc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from actors.gateway.picture.timeline import Said
    from actors.gateway.site_map import Evse, SiteMap
    from protocols.message import Reply, Var

    Fold = Callable[[Any, datetime], Iterable[News]]

MEASURED_S: Final = 1.0
"""So often an EVSE is told of anew where nothing but readings has changed."""
RENEW: Final = timedelta(hours=1)
"""Certificates are asked for so often, for their days run down."""
CHANGED: Final = timedelta(seconds=1)
"""So long after the store has changed: more may be coming."""
RETRY: Final = timedelta(seconds=15)
"""After an ask that has brought nothing, or that nobody has answered."""
LINK: Final = "link"
"""Below an OCPP module: the name of its link to the CSMS."""
DEVICES: Final = {Milestones: "hlc", power_supply_dc.Capabilities: "powersupply_DC"}
"""What is not said by an EVSE's manager, but by one of its devices: by which."""
SHOWN: Final = 100
"""Messages in a snapshot."""


class Picture:
    """What is known of a site."""

    def __init__(self, site: SiteMap, *, faults: bool = False) -> None:
        """`faults`: they may be injected in this run of the site."""
        self.site, self._faults = site, faults
        self.sessions = Sessions()
        self.timeline = Timeline()
        self.variables = Variables()
        self.errors: tuple[forms.ErrorShown, ...] = ()
        self.certificates: tuple[forms.Certificate, ...] = ()
        self.csms = forms.Csms() if site.ocpp is not None else None
        self.since: datetime | None = None
        """Since when the site runs."""
        self._tokens = Tokens()
        self._ocpp = OcppReader()
        self._evses = {
            each.evse: EvseView(
                each,
                self.sessions,
                self._tokens,
                evidence=self._evidence_of(each),
                outside=self._is_outside(each),
            )
            for each in site.evses
        }
        self._told: dict[int, datetime] = {}
        """When each EVSE was told of last."""
        self._due: dict[str, tuple[Ask, datetime]] = {}
        """What is to be asked next, and when."""
        self._changed: set[str] = set()
        """Of whom more is known than the answer to come may say."""
        self._folds: dict[tuple[str, type[Var]], Fold] = dict(self._listens())

    # -- what it is drawn from -----------------------------------------------------------------------------

    @property
    def wants(self) -> Iterable[tuple[str, type[Var]]]:
        """What is to be subscribed to."""
        return self._folds.keys()

    def take(self, name: str, variable: Var, now: datetime) -> tuple[News, ...]:
        """Something that was published, of `wants`; anything else changes nothing."""
        fold = self._folds.get((name, type(variable)))
        return tuple(fold(variable, now)) if fold is not None else ()

    def _listens(self) -> Iterator[tuple[tuple[str, type[Var]], Fold]]:
        for view in self._evses.values():
            for kind in evse_folds.FOLDS:
                device = DEVICES.get(kind)
                names = (view.place.manager,) if device is None else view.place.devices.get(device, ())
                for name in names:
                    yield (name, kind), partial(self._of_evse, view)
            for name in view.place.devices.get("hlc", ()):
                yield (name, FramesSeen), partial(self._frames, view)
        provides = self.site.providers
        for name in provides("auth_token_provider"):
            yield (name, auth_token_provider.ProvidedToken), partial(self._provided, name)
        for name in provides("auth"):
            yield (name, auth.TokenValidationStatus), self._judged
        for name in provides("evse_security"):
            yield (name, evse_security.CertificateStoreUpdate), self._store_changed
            yield (name, FilesChanged), self._store_changed
        yield (FRAMEWORK, StandingErrors), self._standing
        if self.site.ocpp is not None:
            link = f"{self.site.ocpp.module}/{LINK}"
            for kind in station.FOLDS:
                ours = kind.__module__ == FrameSeen.__module__
                yield (link if ours else self.site.ocpp.name, kind), self._of_csms
            yield (self.site.ocpp.name, ocpp.OcppTransactionEvent), self._in_ocpp
            yield (link, FrameSeen), self._frame

    # -- what it asks --------------------------------------------------------------------------------------

    def asks(self, now: datetime) -> tuple[Ask, ...]:
        """What is to be asked now."""
        if self.since is None and not self._due:
            self._due["tree"] = Ask(SITE, GetTree()), now
            for name in self.site.providers("evse_security"):
                self._due[name] = Ask(name, ListCertificates()), now
        found = [(key, ask) for key, (ask, at) in self._due.items() if at <= now]
        for key, ask in found:
            self._due[key] = ask, now + RETRY
            self._changed.discard(key)
        return tuple(ask for _key, ask in found)

    @property
    def asks_at(self) -> datetime | None:
        """When there is something to be asked next; None: nothing, or it has not begun."""
        return min((at for _ask, at in self._due.values()), default=None)

    def answered(self, ask: Ask, reply: Reply, now: datetime) -> tuple[News, ...]:
        """The answer to one of the asks; what is no answer is asked for again."""
        if isinstance(reply, GetTreeReply):
            self.since = now - timedelta(seconds=reply.node.uptime_s)
            self._due.pop("tree", None)
        elif isinstance(reply, ListCertificatesReply):
            self._due[ask.name] = ask, now + (CHANGED if ask.name in self._changed else RENEW)
            return self._listed(reply, now)
        return ()

    def _store_changed(
        self, _news: evse_security.CertificateStoreUpdate | FilesChanged, now: datetime
    ) -> Iterable[News]:
        for key, (ask, at) in self._due.items():
            if key != "tree":
                self._due[key] = ask, min(at, now + CHANGED)
                self._changed.add(key)
        return ()

    def _listed(self, reply: ListCertificatesReply, now: datetime) -> tuple[News, ...]:
        found = tuple(station.certificate(each, now) for each in reply.certificates)
        changed, self.certificates = found != self.certificates, found
        text = station.installed(found)
        for view in self._evses.values():
            view.installed = (now, text) if text else None
        if not changed:
            return ()
        return (News("site", lambda: as_json(forms.Certificates(certificates=found))),)

    # -- who takes what ------------------------------------------------------------------------------------

    def _of_evse(self, view: EvseView, variable: Var, now: datetime) -> Iterable[News]:
        was_ready = view.ready
        urgent = evse_folds.take(view, variable, now)
        if view.ready and not was_ready:
            yield News("site", lambda: {"ready": self.ready})
        last = self._told.get(view.place.evse)
        if urgent or last is None or not timedelta() <= now - last < timedelta(seconds=MEASURED_S):
            yield self._tell(view, now)

    def _tell(self, view: EvseView, now: datetime) -> News:
        self._told[view.place.evse] = now
        return News("site", lambda: {"evse": as_json(view.show())})

    def _follow(self, now: datetime) -> Iterator[News]:
        """Something has come that may belong to any session."""
        for view in self._evses.values():
            if view.session is not None:
                before = view.session.proofs
                view.follow(now)
                if view.session.proofs != before:
                    yield self._tell(view, now)

    def _provided(
        self, name: str, variable: auth_token_provider.ProvidedToken, now: datetime
    ) -> Iterable[News]:
        self._tokens.provided(variable.token, name.partition("/")[0], now)
        return self._follow(now)

    def _judged(self, variable: auth.TokenValidationStatus, now: datetime) -> Iterable[News]:
        self._tokens.judged(variable.status, now)
        return self._follow(now)

    def _standing(self, news: StandingErrors, now: datetime) -> Iterable[News]:
        self.errors = tuple(map(station.error, news.errors))
        yield News("errors", partial(self.snapshot, "errors"))
        for view in self._evses.values():
            found = tuple(each for each in self.errors if each.evse == view.place.evse)
            if found != view.errors:
                view.errors = found
                yield self._tell(view, now)

    def _of_csms(self, variable: Var, _now: datetime) -> Iterable[News]:
        csms = station.FOLDS[type(variable)](self.csms, variable)
        if csms != self.csms:
            self.csms = csms
            yield News("site", lambda: {"csms": as_json(csms)})

    def _in_ocpp(self, variable: ocpp.OcppTransactionEvent, now: datetime) -> Iterable[News]:
        session = self.sessions.get(variable.event.session_id)
        if session is None or variable.event.transaction_id in (None, session.transaction):
            return
        session.transaction = variable.event.transaction_id
        if (view := self._evses.get(session.evse)) is not None and view.session is session:
            yield self._tell(view, now)

    def _frame(self, seen: FrameSeen, _now: datetime) -> Iterable[News]:
        yield self._keep(self._ocpp.read(seen))

    def _frames(self, view: EvseView, seen: FramesSeen, _now: datetime) -> Iterable[News]:
        for frame in seen.frames:
            yield self._keep(V2gSaid(frame, view.place.evse))

    def _keep(self, said: Said) -> News:
        number = self.timeline.add(said)
        return News("messages", lambda: as_json(said.show(number)))

    # -- what it shows -------------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether every EVSE is ready to charge."""
        return all(view.ready for view in self._evses.values())

    def evse(self, number: int) -> forms.Evse | None:
        """One EVSE as it stands."""
        view = self._evses.get(number)
        return view.show() if view is not None else None

    def evses(self) -> list[dict[str, Any]]:
        """Every EVSE, as JSON values."""
        return [as_json(view.show()) for view in self._evses.values()]

    def snapshot(self, topic: str, names: Iterable[str] = ()) -> Any:
        """A topic as it stands, as JSON values; `names`: whose variables. None for any other topic."""
        match topic:
            case "site":
                return as_json(self.shown())
            case "errors":
                return as_json(forms.Errors(errors=self.errors))
            case "messages":
                return [as_json(each) for each in self.timeline.newest(SHOWN)]
            case "variables":
                return as_json(forms.Variables(variables=self.variables.of(names)))
        return None

    def shown(self) -> forms.Site:
        """The site."""
        return forms.Site(
            file=self.site.file,
            ready=self.ready,
            since=self.since,
            csms=self.csms,
            evses=tuple(view.show() for view in self._evses.values()),
            certificates=self.certificates,
            simulated=forms.Simulated(
                cars=tuple(
                    forms.SimulatedCar(module=each.module, evse=each.evse, dc=each.dc, contract=each.contract)
                    for each in self.site.cars
                ),
                readers=tuple(
                    forms.SimulatedReader(module=each.module, name=each.name) for each in self.site.readers
                ),
                kill=self.site.simulated or self._faults,
            ),
        )

    def _is_outside(self, place: Evse) -> bool:
        """Whether its manager is a program."""
        return any(each.id == place.module and each.kind == outside.MODULE for each in self.site.modules)

    def _evidence_of(self, place: Evse) -> bool:
        """Whether its link leaves evidence of each talk."""
        links = {name.partition("/")[0] for name in place.devices.get("hlc", ())}
        modules = (each for each in self.site.modules if each.id in links)
        return any(bool(each.parameters.get("evidence_path")) for each in modules)
