"""Verdicts of the CSMS in the words of the site, and refusals of our own (S8.1, S8.4, S8.5)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ocpp.v21.enums import EnergyTransferModeEnumType as Allowed

from protocols.ocpp import times
from protocols.types import text_message
from protocols.types.authorization import AuthorizationStatus, IdToken, IdTokenType, ValidationResult
from protocols.types.iso15118 import EnergyTransferMode as Mode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ocpp.v21 import call_result, datatypes

    from actors.ocpp.turn import Turn
    from protocols.types.authorization import CertificateStatus

LONGEST_ID: Final = 36
"""A group with a longer id cannot be told to the site."""

MODES: Final[Mapping[Allowed, tuple[Mode, ...]]] = MappingProxyType(
    {
        Allowed.ac_single_phase: (Mode.AC_SINGLE_PHASE_CORE,),
        Allowed.ac_two_phase: (Mode.AC_TWO_PHASE,),
        Allowed.ac_three_phase: (Mode.AC_THREE_PHASE_CORE,),
        Allowed.dc: (
            Mode.DC,
            Mode.DC_CORE,
            Mode.DC_EXTENDED,
            Mode.DC_COMBO_CORE,
            Mode.DC_UNIQUE,
            Mode.MCS,
        ),
        Allowed.ac_bpt: (Mode.AC_BPT,),
        Allowed.ac_bpt_der: (Mode.AC_BPT_DER,),
        Allowed.ac_der: (Mode.AC_DER,),
        Allowed.dc_bpt: (Mode.DC_BPT, Mode.MCS_BPT),
        Allowed.dc_acdp: (Mode.DC_ACDP,),
        Allowed.dc_acdp_bpt: (Mode.DC_ACDP_BPT,),
        Allowed.wpt: (Mode.WPT,),
    }
)
"""What a mode that the CSMS allows is called by the site; to OCPP all pins and sizes of DC are one."""
_FORMATS: Final = {each.value: each for each in text_message.MessageFormat}
_KINDS: Final = {each.value: each for each in IdTokenType}


def result_of(turn: Turn, info: datatypes.IdTokenInfoType) -> ValidationResult:
    """A verdict on a token, from an answer of any kind, the cache or the list."""
    return ValidationResult(
        authorization_status=AuthorizationStatus(str(info.status)),
        tariff_messages=texts_of([info.personal_message] if info.personal_message is not None else ()),
        expiry_time=moment_of(turn, info.cache_expiry_date_time),
        parent_id_token=group_of(turn, info),
        evse_ids=tuple(each for each in info.evse_id or () if each >= 1) or None,
    )


def allowed_of(answer: call_result.Authorize) -> tuple[Mode, ...] | None:
    """The only modes a user may charge with. Since OCPP 2.1."""
    return tuple(mode for each in answer.allowed_energy_transfer or () for mode in MODES[each]) or None


def price_texts_of(answer: call_result.Authorize) -> tuple[text_message.MessageContent, ...]:
    """What the tariff of a user says about itself, in every language it has. Since OCPP 2.1."""
    return texts_of(answer.tariff.description or ()) if answer.tariff is not None else ()


def texts_of(contents: Iterable[datatypes.MessageContentType]) -> tuple[text_message.MessageContent, ...]:
    """Texts for people."""
    return tuple(
        text_message.MessageContent(
            content=each.content, language=each.language, format=_FORMATS.get(str(each.format))
        )
        for each in contents
    )


def group_of(turn: Turn, info: datatypes.IdTokenInfoType) -> IdToken | None:
    """The group of a token, which Auth compares with the master pass among others (M2.11, M2.12)."""
    group = info.group_id_token
    if group is None:
        return None
    kind = _KINDS.get(group.type)
    if kind is None or len(group.id_token) > LONGEST_ID:
        turn.note("group_passed_over", warning=True, type=group.type[:LONGEST_ID])
        return None
    return IdToken(value=group.id_token, type=kind)


def moment_of(turn: Turn, text: str | None) -> datetime | None:
    """A moment that the CSMS has written; None for what cannot be read, which is logged."""
    try:
        return None if text is None else times.moment_of(text)
    except ValueError:
        turn.note("time_unreadable", warning=True, text=(text or "")[: times.MAX_CHARACTERS])
        return None


def refusal(status: AuthorizationStatus, certificate: CertificateStatus | None = None) -> ValidationResult:
    """A verdict of our own without anything that goes with one of the CSMS; also an acceptance."""
    return ValidationResult(authorization_status=status, certificate_status=certificate, tariff_messages=())
