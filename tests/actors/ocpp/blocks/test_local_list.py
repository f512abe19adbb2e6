"""The list of the CSMS: what is taken, what is refused, what stays (D01, D02)."""

from datetime import timedelta

import pytest
from ocpp.v21 import call, datatypes, enums

from actors.ocpp.blocks import local_list
from actors.ocpp.blocks.authorization_entries import ListedToken, ListVersion, size_bytes
from actors.ocpp.device_model import variables
from actors.ocpp.device_model.steering import Steering
from actors.ocpp.messages import CalledReply
from protocols.ocpp.errors import Code
from protocols.ocpp.version import Version
from protocols.types.authorization import IdToken, IdTokenType
from tests.support.ocpp_station import START, Station

Status = enums.AuthorizationStatusEnumType
FULL, DIFFERENTIAL = enums.UpdateEnumType.full, enums.UpdateEnumType.differential
Item = datatypes.AuthorizationData
ACCEPTED = {"status": "Accepted"}


@pytest.fixture
def station() -> Station:
    station = Station(blocks=(local_list.BLOCK,))
    station.connect()
    return station


def item(value: str, status: Status | None = Status.accepted, expires: str | None = None) -> Item:
    info = None
    if status is not None:
        info = datatypes.IdTokenInfoType(status=status, cache_expiry_date_time=expires)
    return Item(datatypes.IdTokenType(id_token=value, type="ISO14443"), id_token_info=info)


def listed(kind: enums.UpdateEnumType, number: int, *items: Item) -> call.SendLocalList:
    return call.SendLocalList(kind, number, local_authorization_list=list(items) or None)


def find(station: Station, value: str) -> ListedToken | None:
    found: list[ListedToken | None] = []
    token = IdToken(value=value, type=IdTokenType.ISO14443)
    station.turn(lambda turn: found.append(local_list.find(turn, token)))
    return found[0]


def has(station: Station, values: str) -> str:
    return "".join(value for value in values if find(station, value) is not None)


def version(station: Station) -> object:
    answer = station.request(call.GetLocalListVersion())
    assert isinstance(answer, dict)
    return answer["versionNumber"]


# -- what is taken -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", [Version.V21, Version.V201], ids=str)
def test_a_full_list_replaces_the_old_and_survives_a_kill(wire: Version) -> None:
    station = Station(blocks=(local_list.BLOCK,), version=wire)
    station.request(listed(FULL, 7, item("a"), item("b")))

    assert station.request(listed(FULL, 3, item("B", Status.blocked), item("c"))) == ACCEPTED  # D01.FR.15

    station.restart()
    assert has(station, "abc") == "bc"
    entry = find(station, "b")
    assert entry is not None
    assert not entry.accepted
    assert version(station) == 3
    assert station.model.read(variables.LIST_ENTRIES) == 2
    sizes = [size_bytes(each) for each in station.tables.all(ListedToken).values()]
    assert station.model.read(variables.LIST_STORAGE) == sum(sizes)


@pytest.mark.parametrize(
    ("update", "after"),
    [
        (listed(FULL, 9), ""),  # D01.FR.04
        (listed(DIFFERENTIAL, 9), "ab"),  # D01.FR.05
        (listed(DIFFERENTIAL, 9, item("c")), "abc"),  # D01.FR.16
        (listed(DIFFERENTIAL, 9, item("a", None)), "b"),  # D01.FR.17
        (listed(DIFFERENTIAL, 9, item("c", None)), "ab"),
        (listed(DIFFERENTIAL, 9, item("a", None), item("d"), item("b", Status.expired)), "bd"),
    ],
    ids=["emptied", "nothing new", "one more", "one less", "not there", "all at once"],
)
def test_an_update_changes_the_list_and_its_version(
    station: Station, update: call.SendLocalList, after: str
) -> None:
    station.request(listed(FULL, 8, item("a"), item("b")))

    assert station.request(update) == ACCEPTED

    assert has(station, "abcd") == after
    assert version(station) == 9
    assert station.model.read(variables.LIST_ENTRIES) == len(after)


def test_a_differential_list_may_be_the_first(station: Station) -> None:
    assert station.request(listed(DIFFERENTIAL, 1, item("a"))) == ACCEPTED
    assert has(station, "a") == "a"


@pytest.mark.parametrize(("supported", "expires"), [(True, True), (False, False)])
def test_an_entry_expires_where_that_is_supported(
    station: Station, *, supported: bool, expires: bool
) -> None:
    station.set(variables.LIST_EXPIRY, supported)

    station.request(listed(FULL, 1, item("a", expires="2026-03-01T12:00:09Z")))

    entry = find(station, "a")
    assert entry is not None
    assert entry.expires_at == (START + timedelta(seconds=9) if expires else None)


# -- what is refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("update", "status", "reason"),
    [
        (listed(DIFFERENTIAL, 8, item("c")), "VersionMismatch", "ValueTooLow"),  # D01.FR.19
        (listed(DIFFERENTIAL, 7, item("c")), "VersionMismatch", "ValueTooLow"),
        (listed(FULL, 0, item("c")), "Failed", "ValuePositiveOnly"),  # D01.FR.18
        (listed(DIFFERENTIAL, -1, item("c")), "Failed", "ValuePositiveOnly"),
        (listed(FULL, 9, item("c"), item("C")), "Failed", "InvalidValue"),
        (listed(FULL, 9, item("c", None)), "Failed", "MissingParam"),
    ],
    ids=["same version", "older version", "no version", "below none", "twice", "without info"],
)
def test_a_list_that_is_refused_changes_nothing(
    station: Station, update: call.SendLocalList, status: str, reason: str
) -> None:
    station.request(listed(FULL, 8, item("a")))

    answer = station.request(update)

    assert isinstance(answer, dict)
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == (status, reason)
    assert has(station, "ac") == "a"
    assert version(station) == 8


def test_without_a_list_none_is_taken_or_told(station: Station) -> None:
    station.request(listed(FULL, 8, item("a")))
    station.set(variables.LIST_ENABLED, value=False)

    answer = station.request(listed(FULL, 9, item("b")))

    assert isinstance(answer, dict)
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Failed", "NotEnabled")
    assert version(station) == 0
    assert find(station, "a") is None


def test_before_the_first_list_its_version_is_none(station: Station) -> None:
    assert version(station) == 0


@pytest.mark.parametrize(
    ("bound", "code"),
    [
        (variables.LIST_ITEMS, Code.OCCURRENCE_CONSTRAINT_VIOLATION),
        (variables.LIST_BYTES, Code.FORMAT_VIOLATION),
    ],
    ids=["items", "bytes"],
)
def test_a_message_over_its_bound_is_no_message(station: Station, bound: Steering[int], code: Code) -> None:
    station.set(bound, 1)

    answer = station.request(listed(FULL, 1, item("a"), item("b")))  # D01.FR.11

    assert isinstance(answer, CalledReply)
    assert answer.code == code.value
    assert not station.tables.all(ListedToken)


def test_a_message_at_its_bounds_is_taken(station: Station) -> None:
    station.set(variables.LIST_ITEMS, 2)
    station.set(variables.LIST_BYTES, 400)

    assert station.request(listed(FULL, 1, item("a"), item("b"))) == ACCEPTED


@pytest.mark.parametrize("what", ["entries", "bytes"])
def test_a_list_that_has_no_room_leaves_the_old(station: Station, what: str) -> None:
    # given a list that is full to the last entry, or the last byte
    rows, info = (10_000, "{}") if what == "entries" else (1, "i" * (4 * 1024 * 1024 - 400))

    station.tables.apply([ListVersion(number=1)])
    station.tables.apply(ListedToken(token=str(row), info=info, accepted=True) for row in range(rows))
    station.restart()

    answer = station.request(listed(DIFFERENTIAL, 2, item("a")))

    assert isinstance(answer, dict)
    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Failed", "OutOfStorage")
    assert version(station) == 1
    assert station.request(listed(FULL, 2, item("a"))) == ACCEPTED
    assert len(station.tables.all(ListedToken)) == 1


# -- kills ---------------------------------------------------------------------------------------------------


def test_a_doubled_differential_list_is_answered_as_before(station: Station) -> None:
    update = listed(DIFFERENTIAL, 5, item("a"))
    assert station.request(update, "m1") == ACCEPTED

    # when the link hands it to the successor of an actor that died with the answer committed
    station.restart()

    assert station.request(update, "m1") == ACCEPTED
    assert version(station) == 5
