"""The core of an EVSE manager: one input in, a new record and effects out. Pure.

    core = Core(settings, record, random)
    reply, effects = core.command(command, now)

The actor commits `core.record` when it has changed, and only then carries the effects out, in order; after
that it says so (`said`), and commits again. So a session event that was decided on is published at least once
whatever happens, and twice only by a manager that died between its last word and that commit.
"""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from actors.evse import (
    car,
    enabling,
    grants,
    holds,
    introduction,
    metering,
    needs,
    orders,
    outlook,
    phases,
    plugs,
    random_delay,
    resuming,
    sessions,
    stopping,
)
from actors.evse.exchange import Publish, Timer
from actors.evse.messages import OutlivePowerLoss
from actors.evse.turn import Facts, Turn
from protocols.interfaces import dc_external_derate, energy, evse_manager, uk_random_delay
from protocols.message import Failure, FailureReason, Reply
from protocols.types import evse_manager as types
from protocols.types.evse_manager import UpdateAllowedEnergyTransferModesResult as Modes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from actors.connector.messages import Condition, Output
    from actors.errors.messages import Standing
    from actors.evse.exchange import Effect
    from actors.evse.record import Record
    from actors.evse.settings import Settings
    from actors.v2g.progress import Progress
    from protocols.message import Command, Var
    from protocols.types import power_supply_dc, powermeter

HEARD_S: Final = 1.0
"""So long a car that is there waits for what every device has to say of itself."""


def handle_get_evse(_command: evse_manager.GetEvse, turn: Turn) -> evse_manager.GetEvseReply:
    """The EVSE's number and its connectors."""
    kind = types.ConnectorTypeEnum(turn.settings.connector_type)
    connectors = tuple(
        types.Connector(id=number, type=kind) for number in range(1, turn.settings.connectors + 1)
    )
    return evse_manager.GetEvseReply(evse=types.Evse(id=turn.settings.evse, connectors=connectors))


def handle_external_ready(
    _command: evse_manager.ExternalReadyToStartCharging, turn: Turn
) -> evse_manager.ExternalReadyToStartChargingReply:
    """The go from outside; of no use to an EVSE that does not wait for it (M6.16)."""
    used = turn.settings.external_ready and not turn.facts.released
    if used:
        turn.facts.released = True
    return evse_manager.ExternalReadyToStartChargingReply(used=used)


def handle_set_plug_and_charge_configuration(
    command: evse_manager.SetPlugAndChargeConfiguration, turn: Turn
) -> Reply:
    """Change how contracts are treated, in what is given only (M6.11)."""
    wish, holds_now = command.plug_and_charge_configuration, sessions.contracts_of(turn)

    def either(given: bool | None, now: bool) -> bool:  # noqa: FBT001  # two values of one kind
        return now if given is None else given

    turn.remember(
        contracts=dataclasses.replace(
            holds_now,
            enabled=either(wish.pnc_enabled, holds_now.enabled),
            central_validation=either(wish.central_contract_validation_allowed, holds_now.central_validation),
            installation=either(wish.contract_certificate_installation_enabled, holds_now.installation),
        )
    )
    if turn.session is None:
        turn.tell_car(sessions.session_setup(turn))
    return Reply()


def handle_update_allowed_energy_transfer_modes(
    command: evse_manager.UpdateAllowedEnergyTransferModes, turn: Turn
) -> evse_manager.UpdateAllowedEnergyTransferModesReply:
    """Narrow what the car may choose from (M16.2)."""
    if not turn.settings.hlc:
        return evse_manager.UpdateAllowedEnergyTransferModesReply(result=Modes.NO_HLC)
    before = turn.facts.allowed_modes
    turn.facts.allowed_modes = command.allowed_energy_transfer_modes
    if not introduction.modes(turn):
        turn.facts.allowed_modes = before
        return evse_manager.UpdateAllowedEnergyTransferModesReply(result=Modes.INCOMPATIBLE_ENERGY_TRANSFER)
    introduction.tell_modes(turn)
    return evse_manager.UpdateAllowedEnergyTransferModesReply(result=Modes.ACCEPTED)


def handle_enforce_limits(command: energy.EnforceLimits, turn: Turn) -> Reply:
    """The manager of the site's power grants something; what is meant for another node changes nothing."""
    if command.value.uuid == needs.node(turn):
        needs.granted(command.value, turn)
    return Reply()


def handle_set_external_derating(command: dc_external_derate.SetExternalDerating, turn: Turn) -> Reply:
    """Bounds from outside, by temperature for instance."""
    turn.facts.derate = command.derate
    return Reply()


def handle_outlive_power_loss(command: OutlivePowerLoss, turn: Turn) -> Reply:
    """What the next start of the site makes of a transaction."""
    turn.remember(outlives=command.keep)
    return Reply()


HANDLERS: Final[Mapping[type[Command], Callable[..., Reply]]] = {
    OutlivePowerLoss: handle_outlive_power_loss,
    evse_manager.GetEvse: handle_get_evse,
    evse_manager.EnableDisable: enabling.handle_enable_disable,
    evse_manager.AuthorizeResponse: grants.handle_authorize_response,
    evse_manager.WithdrawAuthorization: stopping.handle_withdraw_authorization,
    evse_manager.Reserve: holds.handle_reserve,
    evse_manager.CancelReservation: holds.handle_cancel_reservation,
    evse_manager.PauseCharging: stopping.handle_pause_charging,
    evse_manager.ResumeCharging: stopping.handle_resume_charging,
    evse_manager.StopTransaction: stopping.handle_stop_transaction,
    evse_manager.ForceUnlock: stopping.handle_force_unlock,
    evse_manager.ExternalReadyToStartCharging: handle_external_ready,
    evse_manager.SetPlugAndChargeConfiguration: handle_set_plug_and_charge_configuration,
    evse_manager.UpdateAllowedEnergyTransferModes: handle_update_allowed_energy_transfer_modes,
    energy.EnforceLimits: handle_enforce_limits,
    dc_external_derate.SetExternalDerating: handle_set_external_derating,
    uk_random_delay.Enable: random_delay.handle_enable,
    uk_random_delay.Disable: random_delay.handle_disable,
    uk_random_delay.Cancel: random_delay.handle_cancel,
    uk_random_delay.SetDurationS: random_delay.handle_set_duration_s,
}
"""Every command of the interfaces an EVSE manager serves; each takes its own command, the key."""


class Core:
    """One EVSE manager. Each method takes one input and returns what follows from it."""

    def __init__(self, settings: Settings, record: Record, random: Callable[[int], bytes]) -> None:
        self.settings = settings
        self.record = record
        self.facts = Facts(
            released=not settings.external_ready,
            random_delay=settings.random_delay,
            random_delay_max_s=settings.random_delay_max_s,
        )
        self._random = random

    def _feed(self, now: datetime, handle: Callable[[Turn], Any]) -> tuple[Any, list[Effect]]:
        turn = Turn(self.record, self.facts, self.settings, now, self._random)
        reply = handle(turn)
        phases.settle(turn)
        outlook.say(turn)
        phases.settle(turn)
        if phases.known(turn):
            orders.give_orders(turn)
        self.record = turn.record
        return reply, turn.effects

    def unsaid(self) -> list[Effect]:
        """What a predecessor has died on before it could say it. It comes before everything new."""
        return [Publish(variable=evse_manager.SessionEvent(event=event)) for event in self.record.unsaid]

    def said(self) -> None:
        """Everything that followed from the record has been published."""
        self.record = dataclasses.replace(self.record, unsaid=())

    def start(
        self,
        now: datetime,
        *,
        meters: frozenset[str],
        first_life: bool,
        devices: frozenset[str] = frozenset(),
    ) -> list[Effect]:
        """Begin. `first_life`: the whole site has started, so an open transaction was cut off (M6.23).
        `devices`: names whose errors count; a successor hears them before it concludes that there are none.
        """
        self.facts.meters = meters
        cut_off = first_life and not self.record.outlives
        if not cut_off:
            self.facts.silent = devices - self.facts.standing.keys()
            self.facts.heard_by = now + timedelta(seconds=HEARD_S)

        def begin(turn: Turn) -> None:
            turn.facts.grace_ends = now + timedelta(seconds=needs.GRACE_S)
            metering.wait_for_first_value(turn)
            introduction.introduce(turn, of_car=turn.session is None)
            turn.start(Timer.REQUEST, needs.REQUEST_S)
            if first_life and not cut_off:
                resuming.connect_anew(turn)
            turn.remember(outlives=False)
            resuming.resume(turn, first_life=cut_off)

        return self._feed(now, begin)[1]

    def command(self, command: Command, now: datetime) -> tuple[Reply, list[Effect]]:
        """A command of one of the interfaces; `Failure` for any other."""
        handle = HANDLERS.get(type(command))
        if handle is None:
            detail = f"an EVSE manager does not carry out {type(command).__name__}"
            return Failure(reason=FailureReason.UNSUPPORTED, detail=detail), []
        reply, effects = self._feed(now, lambda turn: handle(command, turn))
        return reply, effects

    def outlet(self, number: int, condition: Condition, now: datetime) -> list[Effect]:
        """A connector says how it is. What it was ordered by a predecessor is gone on from; one that was
        replaced is told its order again.
        """
        facts, standing = self.facts, condition.standing
        if standing is None:
            facts.orders.pop(number, None)
        elif number not in facts.orders or standing.number > facts.numbers.get(number, 0):
            facts.orders[number] = standing
            facts.adopted.add(number)
            facts.numbers[number] = max(facts.numbers.get(number, 0), standing.number)
        return self._feed(now, lambda turn: plugs.told(number, condition, turn))[1]

    def output(self, output: Output, now: datetime) -> list[Effect]:
        """What the DC output carries."""

        def take(turn: Turn) -> None:
            turn.facts.voltage_v, turn.facts.current_a = output.voltage_v, output.current_a
            if turn.session is not None:
                introduction.tell_present(turn)

        return self._feed(now, take)[1]

    def reading(self, reading: powermeter.Powermeter, now: datetime) -> list[Effect]:
        """The meter has a new value."""
        return self._feed(now, lambda turn: metering.read(turn, reading))[1]

    def meter_answered(self, session: str, reply: Reply, now: datetime) -> list[Effect]:
        """The meter has answered an `AskMeter`."""
        return self._feed(now, lambda turn: metering.answered(turn, session, reply))[1]

    def supply(self, capabilities: power_supply_dc.Capabilities, now: datetime) -> list[Effect]:
        """What the DC supply can do."""

        def take(turn: Turn) -> None:
            turn.facts.supply = capabilities
            introduction.introduce(turn, of_car=turn.session is None)

        return self._feed(now, take)[1]

    def errors(self, name: str, standing: tuple[Standing, ...], now: datetime) -> list[Effect]:
        """What errors of one of the devices stand, or of the EVSE itself."""

        def take(turn: Turn) -> None:
            turn.facts.standing[name] = standing
            turn.facts.silent -= {name}

        return self._feed(now, take)[1]

    def car(self, variable: Var, now: datetime) -> list[Effect]:
        """The car's session has published something."""
        return self._feed(now, lambda turn: car.heard(variable, turn))[1]

    def link_started(self, link: str, now: datetime) -> list[Effect]:
        """The link to the car is a new one, of that name."""

        def begin(turn: Turn) -> None:
            turn.remember(link=link)
            car.link_started(turn)
            resuming.say_wishes(turn)

        return self._feed(now, begin)[1]

    def progress(self, progress: Progress, now: datetime) -> list[Effect]:
        """The link tells how far the car has come."""
        return self._feed(now, lambda turn: car.resumed(progress, turn))[1]

    def matched(self, now: datetime, *, ready: bool) -> list[Effect]:
        """The modem has found the car, or lost it."""
        return self._feed(now, lambda turn: car.matched(turn, ready=ready))[1]

    def mac_address(self, address: str, now: datetime) -> list[Effect]:
        """The modem knows the car's address."""
        return self._feed(now, lambda turn: car.mac_address(turn, address))[1]

    def stop_wanted(self, request: types.StopTransactionRequest, now: datetime) -> list[Effect]:
        """Somebody at the outlet wants the transaction to end."""

        def take(turn: Turn) -> None:
            if turn.running:
                stopping.stop(turn, request.reason, request.id_tag)

        return self._feed(now, take)[1]

    def expired(self, timer: Timer, now: datetime) -> list[Effect]:
        """A timer has run down."""
        return self._feed(now, lambda turn: _expired(timer, turn))[1]


def _expired(timer: Timer, turn: Turn) -> None:
    match timer:
        case Timer.METER:
            metering.no_value_in_time(turn)
        case Timer.REQUEST:
            turn.start(Timer.REQUEST, needs.REQUEST_S)
        case Timer.DELAY:
            random_delay.over(turn)
        case Timer.COUNTDOWN:
            random_delay.say(turn)
        case _:
            phases.timer_ran_down(timer, turn)
