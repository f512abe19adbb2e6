"""How far a car has come, folded from what its session says and is told. Pure.

The variables of `ISO15118_charger` are news: whoever misses one has missed it. The link folds them into a
`Progress`, which it keeps for late subscribers; the EVSE manager folds the same news by the same rules, and
takes the link's word for what it may have missed.
"""

import dataclasses
import enum
from collections.abc import Callable, Mapping
from typing import Final

from protocols.interfaces import iso15118_charger as charger
from protocols.message import Command, Var, message
from protocols.types import authorization, iso15118


class Waits(enum.StrEnum):
    """What kind of verdict the car waits for."""

    NOTHING = "Nothing"
    EIM = "Eim"
    PNC = "Pnc"


class Direct(enum.StrEnum):
    """How far a DC car has come."""

    OFF = "Off"
    CABLE_CHECK = "CableCheck"
    PRE_CHARGE = "PreCharge"
    LOOP = "Loop"
    ENDING = "Ending"
    """The loop is over; the output contactors stay closed for a welding check until the car lets go."""


class DataLink(enum.StrEnum):
    """What the car's side wants of the data link."""

    UP = "Up"
    TERMINATE = "Terminate"
    ERROR = "Error"
    PAUSE = "Pause"


@message
class Progress:
    """One talk, and what outlives it until the next car is introduced by `SessionSetup`."""

    waits: Waits = Waits.NOTHING
    token: authorization.ProvidedIdToken | None = None
    """The contract that the car waits with."""
    payment: iso15118.PaymentOption | None = None
    contactor: bool = False
    """AC: the car is to be connected."""
    confirmed: bool = True
    """AC: it was told that the contactor is as it wants it."""
    direct: Direct = Direct.OFF
    loop: bool = False
    """The charging loop runs, AC or DC."""
    checked: bool = False
    """The cable check that the car waits for has been answered."""
    data_link: DataLink = DataLink.UP
    protocol: str = ""
    evcc_id: str = ""
    gives_back: bool = False
    """The car has agreed to a transfer in both directions."""


def _set(**fields: object) -> Callable[[Progress, object], Progress]:
    return lambda progress, _news: dataclasses.replace(progress, **fields)  # type: ignore[arg-type]  # each row names fields of Progress


def _take(**fields: str) -> Callable[[Progress, object], Progress]:
    return lambda progress, news: dataclasses.replace(
        progress,
        **{field: getattr(news, source) for field, source in fields.items()},
    )


def _contract(progress: Progress, news: object) -> Progress:
    return dataclasses.replace(_take(token="token")(progress, news), waits=Waits.PNC)  # noqa: S106  # a field's name


def _begun(progress: Progress, news: object) -> Progress:
    """Who speaks does not sleep, and has not gone."""
    return dataclasses.replace(_take(protocol="protocol")(progress, news), data_link=DataLink.UP)


def _new_car(_progress: Progress, _news: object) -> Progress:
    return Progress()


def _chosen(progress: Progress, news: object) -> Progress:
    mode = getattr(news, "energy_transfer_mode", None)
    return dataclasses.replace(progress, gives_back=mode in BOTH_WAYS)


BOTH_WAYS: Final = frozenset({iso15118.EnergyTransferMode.AC_BPT, iso15118.EnergyTransferMode.DC_BPT})
_OVER: Final = _set(
    contactor=False,
    confirmed=True,
    direct=Direct.OFF,
    loop=False,
    waits=Waits.NOTHING,
    token=None,
    gives_back=False,
)

FOLD: Final[Mapping[type, Callable[[Progress, object], Progress]]] = {
    charger.SessionSetup: _new_car,
    charger.RequireAuthEim: _set(waits=Waits.EIM, token=None),
    charger.RequireAuthPnc: _contract,
    charger.AuthorizationResponse: _set(waits=Waits.NOTHING),
    charger.SelectedPaymentOption: _take(payment="payment_option"),
    charger.SelectedProtocol: _begun,
    charger.EvccId: _take(evcc_id="evcc_id"),
    charger.RequestedEnergyTransferMode: _chosen,
    charger.SaeBidiModeActive: _set(gives_back=True),
    charger.AcCloseContactor: _set(contactor=True, confirmed=False),
    charger.AcOpenContactor: _set(contactor=False, confirmed=False),
    charger.AcContactorClosed: _set(confirmed=True),
    charger.StartCableCheck: _set(direct=Direct.CABLE_CHECK, checked=False),
    charger.CableCheckFinished: _set(checked=True),
    charger.StartPreCharge: _set(direct=Direct.PRE_CHARGE),
    charger.CurrentDemandStarted: _set(loop=True, direct=Direct.LOOP),
    charger.CurrentDemandFinished: _set(loop=False, direct=Direct.ENDING),
    charger.DcOpenContactor: _set(direct=Direct.OFF),
    charger.DlinkTerminate: _set(data_link=DataLink.TERMINATE),
    charger.DlinkError: _set(data_link=DataLink.ERROR),
    charger.DlinkPause: _set(data_link=DataLink.PAUSE, loop=False, direct=Direct.OFF, contactor=False),
    charger.HlcSessionFailed: _OVER,
}
"""What each variable of the session, and each command to it, does to the progress; all others nothing."""


def folded(progress: Progress, news: Var | Command) -> Progress:
    """The progress after a variable that was published or a command that was carried out."""
    fold = FOLD.get(type(news))
    return progress if fold is None else fold(progress, news)
