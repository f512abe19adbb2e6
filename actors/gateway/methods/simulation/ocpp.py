"""Methods that cut the link to the CSMS and put words into the charge point, at a site that is simulated."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field

from actors.gateway.method import Ask, Done, Scene, Steps, form, good, not_simulated, simulation
from actors.gateway.rpc import Code, RpcError
from actors.ocpp.messages import (
    AddToCache,
    AddToList,
    Connect,
    Disconnect,
    ForgetValue,
    Known,
    MakeCall,
)
from protocols.interfaces import ocpp
from protocols.message import Json, Timestamp  # noqa: TC001  # pydantic reads the annotations
from protocols.types.ocpp import (
    EVSE,
    AttributeEnum,
    Component,
    ComponentVariable,
    SetVariableRequest,
    Variable,
)

if TYPE_CHECKING:
    from protocols.message import Command

SOURCE: Final = "gateway"
MAX_DEADLINE_S: Final = 300.0
Name = Annotated[str, Field(min_length=1, max_length=50)]
Number = Annotated[int, Field(ge=1)]


def _point(scene: Scene, command: Command, deadline_s: float = 5.0) -> Ask:
    """Ask the charge point of a site that is simulated in part. Raises RpcError."""
    if not any(each.plant is not None for each in scene.site.evses):
        raise not_simulated("any hardware of this site")
    return Ask(scene.site.csms().name, command, deadline_s)


# -- the link ------------------------------------------------------------------------------------------------


@form
class LinkSet:
    """Cut the link to the CSMS, or let it be made again; what is to be said waits meanwhile."""

    up: bool


@form
class LinkChanged:
    """Whether that changed anything."""

    changed: bool


def _link(scene: Scene, params: LinkSet) -> Steps[LinkChanged]:
    reply = good((yield _point(scene, Connect() if params.up else Disconnect())))
    return LinkChanged(changed=reply.changed)


# -- configuration -------------------------------------------------------------------------------------------


@form
class OcppConfigSet:
    """Set a variable of the device model, also one that the CSMS can only read."""

    component: Name
    variable: Name
    value: Annotated[str, Field(max_length=1000)]
    attribute: AttributeEnum = AttributeEnum.ACTUAL
    evse: Number | None = None
    connector: Number | None = None
    instance: Name | None = None
    """Of the variable."""
    component_instance: Name | None = None


@form
class OcppConfigDelete:
    """What was set of a variable holds no longer: the component files, or the site file, decide it again."""

    component: Name
    variable: Name
    attribute: AttributeEnum = AttributeEnum.ACTUAL
    evse: Number | None = None
    connector: Number | None = None
    instance: Name | None = None
    """Of the variable."""
    component_instance: Name | None = None


@form
class ConfigSet:
    """What came of it, in OCPP's words: Accepted, Rejected, RebootRequired, UnknownComponent, ..."""

    status: str


@form
class ConfigValue:
    """What the variable says now; empty for one that can be written only."""

    value: str
    restart: bool
    """It counts after the next start of the site."""


def _named(params: OcppConfigSet | OcppConfigDelete) -> ComponentVariable:
    """Raises RpcError for a connector of no EVSE: it would be the station's variable of that name."""
    if params.connector is not None and params.evse is None:
        raise RpcError(Code.PARAMS, "connector: without evse it is nowhere", {"field": "connector"})
    evse = None if params.evse is None else EVSE(id=params.evse, connector_id=params.connector)
    return ComponentVariable(
        component=Component(name=params.component, instance=params.component_instance, evse=evse),
        variable=Variable(name=params.variable, instance=params.instance),
    )


def _config_set(scene: Scene, params: OcppConfigSet) -> Steps[ConfigSet]:
    request = SetVariableRequest(
        component_variable=_named(params), value=params.value, attribute_type=params.attribute
    )
    reply = good((yield _point(scene, ocpp.SetVariables(requests=(request,), source=SOURCE))))
    return ConfigSet(status=reply.results[0].status.value)


def _config_delete(scene: Scene, params: OcppConfigDelete) -> Steps[ConfigValue]:
    command = ForgetValue(component_variable=_named(params), attribute=params.attribute)
    reply = good((yield _point(scene, command)))
    return ConfigValue(value=reply.value, restart=reply.restart)


# -- tokens --------------------------------------------------------------------------------------------------


@form
class TokenInfo:
    """What a charge point knows of a token."""

    token: Annotated[str, Field(min_length=1, max_length=255)]
    type: Annotated[str, Field(max_length=20)] = "ISO14443"
    """As OCPP calls it: ISO14443, eMAID, Central, ..."""
    status: Annotated[str, Field(max_length=50)] = "Accepted"
    """Accepted, Blocked, Expired, Invalid, ..."""
    expires_at: Timestamp | None = None
    group: Annotated[str, Field(max_length=255)] | None = None

    def known(self) -> Known:
        """As the charge point is told of it."""
        return Known(
            id_token=self.token,
            type=self.type,
            status=self.status,
            expires_at=self.expires_at,
            group_id=self.group,
        )


@form
class OcppAuthCacheAdd(TokenInfo):
    """Have the charge point know of a token what the CSMS could have said of it, in its cache."""


@form
class OcppLocalListAdd(TokenInfo):
    """Put a token on the local authorization list, beside those of the CSMS."""


@form
class LocalList:
    """The list as it is now."""

    version: int
    entries: int


def _cache_add(scene: Scene, params: OcppAuthCacheAdd) -> Steps[Done]:
    good((yield _point(scene, AddToCache(known=params.known()))))
    return Done()


def _list_add(scene: Scene, params: OcppLocalListAdd) -> Steps[LocalList]:
    reply = good((yield _point(scene, AddToList(known=params.known()))))
    return LocalList(version=reply.list_version, entries=reply.entries)


# -- calls ---------------------------------------------------------------------------------------------------


@form
class OcppSendCall:
    """Send a request to the CSMS as it stands, before all that is queued; wait for its answer."""

    action: Annotated[str, Field(min_length=1, max_length=50)]
    payload: dict[str, Json]
    """In the shape of OCPP 2.1; what 2.0.1 does not have is left out where that is spoken."""
    deadline_s: Annotated[float, Field(gt=0, le=MAX_DEADLINE_S)] = 40.0


@form
class CallFate:
    """What became of it."""

    outcome: str
    """Answered, Refused, Invalid, Timeout, Lost, NotSent."""
    payload: dict[str, Json] | None = None
    """The answer."""
    code: str = ""
    """Of the CALLERROR, where there is one."""
    description: str = ""


def _send_call(scene: Scene, params: OcppSendCall) -> Steps[CallFate]:
    command = MakeCall(action=params.action, payload=json.dumps(params.payload))
    reply = good((yield _point(scene, command, params.deadline_s)))
    payload: dict[str, Any] | None = json.loads(reply.payload) if reply.payload else None
    return CallFate(
        outcome=reply.outcome.value, payload=payload, code=reply.code, description=reply.description
    )


METHODS: Final = (
    simulation("link.set", LinkSet, LinkChanged, _link),
    simulation("ocpp.config.set", OcppConfigSet, ConfigSet, _config_set),
    simulation("ocpp.config.delete", OcppConfigDelete, ConfigValue, _config_delete),
    simulation("ocpp.auth_cache.add", OcppAuthCacheAdd, Done, _cache_add),
    simulation("ocpp.local_list.add", OcppLocalListAdd, LocalList, _list_add),
    simulation("ocpp.send_call", OcppSendCall, CallFate, _send_call),
)
