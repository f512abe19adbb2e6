"""Reports of the device model to the CSMS (OCPP 2.1 part 2, B07, B08; rows S5.8, S5.9, S20.1 to S20.4).

A report that was promised is kept until its last part is acknowledged. One part is under way at a time, the
next one is made, with the values of that moment, in the very step that takes in the acknowledgement of the
last: a charge point that dies between two parts goes on behind what has been acknowledged, and a part that
waits in the queue is sent by its successor under the same message id. Several reports follow one another.

The CSMS that refuses a part, or leaves it unanswered as often as messages are tried, gets no more of that
report: it can ask again.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from ocpp.v21 import call, call_result, datatypes, enums

from actors.ocpp.block import Block
from actors.ocpp.blocks.excess import refuse_excess
from actors.ocpp.blocks.variable_entries import Report
from actors.ocpp.blocks.variables import freshen
from actors.ocpp.blocks.wire_names import component_of, place_of, site_name, variable_of
from actors.ocpp.device_model import reports, variables
from actors.ocpp.entries import Queued, Rank
from actors.ocpp.messages import Outcome
from protocols.ocpp import payloads, times

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.ocpp.messages import CallReply
    from actors.ocpp.turn import Turn

ROWS: Final = 100
"""So many variables go into one part, as far as `MaxMessageSize` lets them."""
AT_ONCE: Final = 16
"""So many reports may be outstanding; one more is rejected."""
_Status = enums.GenericDeviceModelStatusEnumType


# -- what is asked for ---------------------------------------------------------------------------------------


def _base(turn: Turn, request: call.GetBaseReport) -> reports.Selection:
    return reports.base_report(turn.model, reports.ReportBase(request.report_base))


def _custom(turn: Turn, request: call.GetReport) -> reports.Selection:
    criteria = [reports.Criterion(each) for each in request.component_criteria or ()]
    filters = [
        reports.Filter(
            component=component_of(each.component),
            variable=None if each.variable is None else variable_of(each.variable),
        )
        for each in request.component_variable or ()
    ]
    return reports.custom_report(turn.model, criteria, filters)


SELECTIONS: Final[Mapping[str, Callable[[Turn, Any], reports.Selection]]] = MappingProxyType(
    {"GetBaseReport": _base, "GetReport": _custom}
)
"""By action: which variables a report is about."""


def _get_base_report(turn: Turn, tag: int, request: call.GetBaseReport) -> None:
    _promise(turn, tag, request, call_result.GetBaseReport)


def _get_report(turn: Turn, tag: int, request: call.GetReport) -> None:
    entries = len(request.component_variable or ())
    limits = (variables.REPORT_ITEMS, variables.REPORT_BYTES)
    if not refuse_excess(turn, tag, request, entries, *limits):  # B08.FR.17, B08.FR.18
        _promise(turn, tag, request, call_result.GetReport)


def _promise(
    turn: Turn,
    tag: int,
    request: call.GetBaseReport | call.GetReport,
    answer: type[call_result.GetBaseReport | call_result.GetReport],
) -> None:
    if sum(1 for _ in turn.all(Report)) >= AT_ONCE:
        info = datatypes.StatusInfoType("OutOfStorage", f"{AT_ONCE} reports are not sent yet")
        turn.respond(tag, answer(_Status.rejected, status_info=info))
        return
    action = payloads.action_of(request)
    selection = SELECTIONS[action](turn, request)
    turn.respond(tag, answer(_Status(selection.status.value)))
    if selection.status is reports.Status.ACCEPTED and not turn.live.stopped:
        text = payloads.to_text(request)
        turn.put(Report(number=turn.number(), action=action, request=text))
        _proceed(turn)


# -- parts ---------------------------------------------------------------------------------------------------


def _proceed(turn: Turn) -> None:
    """Have a part of the oldest report under way, if there is any and the queue has none of it.

    A part that was given up for want of room is made again.
    """
    report = next(turn.all(Report), None)
    if report is None or turn.live.stopped:
        return
    if report.part is None or turn.get(Queued, str(report.part)) is None:
        _send_part(turn, report)


def _send_part(turn: Turn, report: Report) -> None:
    request: Any = payloads.of_text(payloads.REQUESTS[report.action], report.request)
    freshen(turn)
    part = next(
        reports.parts(
            turn.model,
            SELECTIONS[report.action](turn, request).places,
            reports.Limits(ROWS, turn.model.read(variables.MAX_MESSAGE_SIZE)),
            after=None if report.after is None else place_of(report.after),
            seq_no=report.seq_no,
        )
    )
    rows = [payloads.decode(datatypes.ReportDataType, reports.wire(each)) for each in part.rows]
    queued = turn.send(
        call.NotifyReport(
            request_id=request.request_id,
            generated_at=times.text_of(turn.now),
            seq_no=part.seq_no,
            tbc=part.tbc,
            report_data=rows or None,
        ),
        rank=Rank.ASKED,
    )
    until = site_name(part.rows[-1].place) if part.rows else report.after
    turn.put(replace(report, part=queued.number, until=until, tbc=part.tbc))


def _notified(turn: Turn, queued: Queued, reply: CallReply) -> None:
    report = next((each for each in turn.all(Report) if each.part == queued.number), None)
    if report is None:
        return
    if reply.outcome is not Outcome.ANSWERED:
        turn.note("report_given_up", warning=True, action=report.action, seq_no=report.seq_no)
    if reply.outcome is Outcome.ANSWERED and report.tbc:
        turn.put(replace(report, after=report.until, seq_no=report.seq_no + 1, part=None))
    else:
        turn.drop(Report, report.key)
    _proceed(turn)


BLOCK: Final = Block(
    name="reports",
    requests={call.GetBaseReport: _get_base_report, call.GetReport: _get_report},
    answers={"NotifyReport": _notified},
    resumed=_proceed,
    connected=_proceed,
)
