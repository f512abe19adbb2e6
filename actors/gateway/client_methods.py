"""The methods of the Gateway as methods of its client, with the types of what they take and give.

The name is the method's with `_` for the dot: `ev.plug_in` is `ev_plug_in`. What they do, and what is
refused, is in docs/gateway-observation.md, -simulation.md and -roles.md. A test holds names, parameters,
defaults and results to the published schema. What is None is not said, which means the same.

One file because each method of the Gateway has its one here, and nothing is in it but their names and types.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar

from actors.gateway import client_forms as forms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

T = TypeVar("T")


class Methods(ABC):
    """What `GatewayClient` has beside `call`. Each raises what `call` does."""

    @abstractmethod
    def call(self, method: str, /, **params: Any) -> Any:
        """The result of a method."""

    def _of(self, _result: type[T], method: str, /, **params: Any) -> T:
        """The result, of which the schema says that it is of that type."""
        found: T = self.call(method, **{name: given for name, given in params.items() if given is not None})
        return found

    # -- actors --------------------------------------------------------------------------------------------

    def actor_call(
        self,
        name: str,
        command: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        deadline_s: float = 5.0,
    ) -> dict[str, Any]:
        """What an actor replies to a command of its interface, by EVerest's names."""
        return self._of(
            dict[str, Any],
            "actor.call",
            name=name,
            command=command,
            arguments=arguments,
            deadline_s=deadline_s,
        )

    def actor_kill(self, path: str, *, signal: forms.Signal = "KILL") -> forms.Killed:
        """Kill an actor, or let it hang; `path` is its place in the tree."""
        return self._of(forms.Killed, "actor.kill", path=path, signal=signal)

    def names_list(self) -> list[forms.NameEntry]:
        """Every name of the site, with what may be asked of it and heard from it."""
        return self._of(list[forms.NameEntry], "names.list")

    def interface_get(self, interface: str) -> forms.Interface:
        """What is said over an interface, as JSON Schemas."""
        return self._of(forms.Interface, "interface.get", interface=interface)

    # -- looking -------------------------------------------------------------------------------------------

    def site_get(self) -> forms.Site:
        """The site as it stands."""
        return self._of(forms.Site, "site.get")

    def tree_get(self) -> dict[str, Any]:
        """The supervision tree."""
        return self._of(dict[str, Any], "tree.get")

    def sessions_list(self, *, limit: int = 20, evse: int | None = None) -> forms.SessionList:
        """The newest sessions, without their curves of power."""
        return self._of(forms.SessionList, "sessions.list", limit=limit, evse=evse)

    def sessions_get(self, session: str) -> forms.Session:
        """One session, with its curve of power."""
        return self._of(forms.Session, "sessions.get", session=session)

    def errors_list(self, *, evse: int | None = None) -> forms.Errors:
        """The errors that stand."""
        return self._of(forms.Errors, "errors.list", evse=evse)

    def certificates_list(self) -> forms.Certificates:
        """The certificates of the station, and those it trusts."""
        return self._of(forms.Certificates, "certificates.list")

    def messages_list(
        self,
        *,
        since: int = 0,
        limit: int = 100,
        source: forms.Source | None = None,
        evse: int | None = None,
    ) -> forms.MessageList:
        """The newest messages between station, cars and CSMS, the oldest of them first."""
        return self._of(
            forms.MessageList, "messages.list", since=since, limit=limit, source=source, evse=evse
        )

    def observe_unsubscribe(self, topics: Sequence[forms.Topic], names: Sequence[str] = ()) -> forms.Done:
        """Be told no more news of these topics."""
        return self._of(forms.Done, "observe.unsubscribe", topics=topics, names=names)

    # -- cars and cards ------------------------------------------------------------------------------------

    def ev_plug_in(
        self,
        evse: int,
        *,
        connector: int = 1,
        behaviour: forms.Behaviour = "iec61851",
        energy: forms.Energy | None = None,
        payment: forms.Payment = "external",
        control: forms.Control = "dynamic",
        current_a: float = 16.0,
        phases: int = 3,
        soc_percent: int | None = None,
        duration_s: float | None = None,
        ready: bool = True,
        fault: str | None = None,
        fault_after_s: float = 0.0,
    ) -> forms.EvState:
        """Plug the simulated car in and have it behave so."""
        return self._of(
            forms.EvState,
            "ev.plug_in",
            evse=evse,
            connector=connector,
            behaviour=behaviour,
            energy=energy,
            payment=payment,
            control=control,
            current_a=current_a,
            phases=phases,
            soc_percent=soc_percent,
            duration_s=duration_s,
            ready=ready,
            fault=fault,
            fault_after_s=fault_after_s,
        )

    def ev_plug_out(self, evse: int, *, stop_first: bool = False) -> forms.EvState:
        """Pull the plug, at once or after the charge has ended in order."""
        return self._of(forms.EvState, "ev.plug_out", evse=evse, stop_first=stop_first)

    def ev_pause(self, evse: int) -> forms.EvState:
        """Have the car pause."""
        return self._of(forms.EvState, "ev.pause", evse=evse)

    def ev_resume(self, evse: int) -> forms.EvState:
        """Have the car go on after a pause or a suspension."""
        return self._of(forms.EvState, "ev.resume", evse=evse)

    def ev_suspend(self, evse: int) -> forms.EvState:
        """Have the car take no energy and stay ready."""
        return self._of(forms.EvState, "ev.suspend", evse=evse)

    def ev_ready(self, evse: int) -> forms.EvState:
        """Have the car begin that was plugged in with `ready=False`, or begin anew."""
        return self._of(forms.EvState, "ev.ready", evse=evse)

    def reader_present(
        self,
        token: str,
        *,
        type: forms.TokenKind = "RFID",  # noqa: A002  # the name of the parameter
        id_type: forms.IdTokenType | None = None,
        evses: Sequence[int] | None = None,
        parent: str | None = None,
        reader: str | None = None,
    ) -> forms.ReaderPresented:
        """Present a token at a reader; without EVSEs Auth chooses."""
        return self._of(
            forms.ReaderPresented,
            "reader.present",
            token=token,
            type=type,
            id_type=id_type,
            evses=evses,
            parent=parent,
            reader=reader,
        )

    # -- hardware ------------------------------------------------------------------------------------------

    def bay_occupy(self, evse: int) -> forms.Done:
        """A car drives into the parking bay, and is not plugged in by that."""
        return self._of(forms.Done, "bay.occupy", evse=evse)

    def bay_depart(self, evse: int) -> forms.Done:
        """The car leaves the parking bay."""
        return self._of(forms.Done, "bay.depart", evse=evse)

    def fault_raise(
        self,
        evse: int,
        type: str,  # noqa: A002  # the name of the parameter
        *,
        sub_type: str = "",
        device: str | None = None,
        message: str = "",
        severity: forms.Severity = "High",
        vendor_id: str = "",
    ) -> forms.FaultState:
        """Break something: an error by EVerest's type, or a part of the hardware as `hardware/Welded`."""
        return self._of(
            forms.FaultState,
            "fault.raise",
            evse=evse,
            type=type,
            sub_type=sub_type,
            device=device,
            message=message,
            severity=severity,
            vendor_id=vendor_id,
        )

    def fault_clear(
        self,
        evse: int,
        type: str | None = None,  # noqa: A002  # the name of the parameter
        *,
        sub_type: str = "",
        device: str | None = None,
    ) -> forms.FaultState:
        """Mend it; without a type everything at the EVSE."""
        return self._of(
            forms.FaultState, "fault.clear", evse=evse, type=type, sub_type=sub_type, device=device
        )

    def lock_fail(self, evse: int, *, failed: forms.Lock | None = None) -> forms.Done:
        """The lock moves no more until `fault_clear`."""
        return self._of(forms.Done, "lock.fail", evse=evse, failed=failed)

    def meter_override(
        self,
        evse: int,
        *,
        energy_wh: float | None = None,
        energy_back_wh: float | None = None,
        power_w: float | None = None,
        voltage_v: float | None = None,
        current_a: float | None = None,
    ) -> forms.Done:
        """Have the meters show that; what is not given is measured."""
        return self._of(
            forms.Done,
            "meter.override",
            evse=evse,
            energy_wh=energy_wh,
            energy_back_wh=energy_back_wh,
            power_w=power_w,
            voltage_v=voltage_v,
            current_a=current_a,
        )

    def meter_release(self, evse: int) -> forms.Done:
        """Have the meters show what they measure."""
        return self._of(forms.Done, "meter.release", evse=evse)

    def power_cycle(self, *, keep_transactions: bool = False) -> forms.PowerCycled:
        """Let the power of the whole site fail and come back."""
        return self._of(forms.PowerCycled, "power.cycle", keep_transactions=keep_transactions)

    # -- charge point --------------------------------------------------------------------------------------

    def link_set(self, *, up: bool) -> forms.LinkChanged:
        """Cut the link to the CSMS, or let it be made again."""
        return self._of(forms.LinkChanged, "link.set", up=up)

    def ocpp_config_set(
        self,
        component: str,
        variable: str,
        value: str,
        *,
        attribute: forms.Attribute = "Actual",
        evse: int | None = None,
        connector: int | None = None,
        instance: str | None = None,
        component_instance: str | None = None,
    ) -> forms.ConfigSet:
        """Set a variable of the device model, also one that the CSMS can only read."""
        return self._of(
            forms.ConfigSet,
            "ocpp.config.set",
            component=component,
            variable=variable,
            value=value,
            attribute=attribute,
            evse=evse,
            connector=connector,
            instance=instance,
            component_instance=component_instance,
        )

    def ocpp_config_delete(
        self,
        component: str,
        variable: str,
        *,
        attribute: forms.Attribute = "Actual",
        evse: int | None = None,
        connector: int | None = None,
        instance: str | None = None,
        component_instance: str | None = None,
    ) -> forms.ConfigValue:
        """Forget what was set of a variable."""
        return self._of(
            forms.ConfigValue,
            "ocpp.config.delete",
            component=component,
            variable=variable,
            attribute=attribute,
            evse=evse,
            connector=connector,
            instance=instance,
            component_instance=component_instance,
        )

    def ocpp_auth_cache_add(
        self,
        token: str,
        *,
        type: str = "ISO14443",  # noqa: A002  # the name of the parameter
        status: str = "Accepted",
        expires_at: str | None = None,
        group: str | None = None,
    ) -> forms.Done:
        """Have the charge point know of a token, in its cache."""
        return self._of(
            forms.Done,
            "ocpp.auth_cache.add",
            token=token,
            type=type,
            status=status,
            expires_at=expires_at,
            group=group,
        )

    def ocpp_local_list_add(
        self,
        token: str,
        *,
        type: str = "ISO14443",  # noqa: A002  # the name of the parameter
        status: str = "Accepted",
        expires_at: str | None = None,
        group: str | None = None,
    ) -> forms.LocalList:
        """Put a token on the local authorization list."""
        return self._of(
            forms.LocalList,
            "ocpp.local_list.add",
            token=token,
            type=type,
            status=status,
            expires_at=expires_at,
            group=group,
        )

    def ocpp_send_call(
        self, action: str, payload: Mapping[str, Any], *, deadline_s: float = 40.0
    ) -> forms.CallFate:
        """Send a request to the CSMS before all that is queued, and wait for its answer."""
        return self._of(
            forms.CallFate, "ocpp.send_call", action=action, payload=payload, deadline_s=deadline_s
        )

    # -- roles ---------------------------------------------------------------------------------------------

    def role_list(self) -> list[forms.RoleEntry]:
        """The roles of the site, and which of them are filled."""
        return self._of(list[forms.RoleEntry], "role.list")

    def role_publish(
        self,
        role: str,
        variable: str,
        value: Mapping[str, Any],
        *,
        implementation: str | None = None,
        retain: bool = False,
    ) -> forms.Done:
        """Publish a variable of a role that this connection fills."""
        return self._of(
            forms.Done,
            "role.publish",
            role=role,
            variable=variable,
            value=value,
            implementation=implementation,
            retain=retain,
        )

    def role_raise_error(
        self,
        role: str,
        type: str,  # noqa: A002  # the name of the parameter
        *,
        sub_type: str = "",
        message: str = "",
        severity: forms.Severity = "Low",
        implementation: str | None = None,
    ) -> forms.Done:
        """Raise an error of a role that this connection fills."""
        return self._of(
            forms.Done,
            "role.raise_error",
            role=role,
            type=type,
            sub_type=sub_type,
            message=message,
            severity=severity,
            implementation=implementation,
        )

    def role_clear_error(
        self,
        role: str,
        type: str,  # noqa: A002  # the name of the parameter
        *,
        sub_type: str = "",
        implementation: str | None = None,
    ) -> forms.Done:
        """Clear an error of a role that this connection fills."""
        return self._of(
            forms.Done,
            "role.clear_error",
            role=role,
            type=type,
            sub_type=sub_type,
            implementation=implementation,
        )
