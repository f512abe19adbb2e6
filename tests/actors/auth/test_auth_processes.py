"""Authorization with processes: a card, a stop, and kill -9 in the middle. One site for all of it."""

from __future__ import annotations

import contextlib
import os
import signal
from datetime import UTC, datetime, timedelta

import pytest

from actors.auth.messages import PresentToken
from protocols.interfaces import reservation as say
from protocols.message import Reply
from protocols.types.reservation import Reservation, ReservationCheck
from tests.support.auth_desk import token
from tests.support.auth_stage import Drive, Look, Root, heard_in, site_config
from tests.support.engine import eventually, pids, running

MAIN = "site/auth/auth"


def stream(directory, value):
    return [what for about, _number, what in heard_in(directory) if about == value]


def kill(client, path):
    os.kill(eventually(lambda: pids(client).get(path)), signal.SIGKILL)


@pytest.mark.timeout(90)
def test_a_site_of_processes_authorizes_through_kills(tmp_path):
    config = site_config(tmp_path, evses=3, validators=[{"sleep": 1.0}])
    with running(Root, config) as (_system, client):

        def present(value, **fields):
            assert client.ask("reader/main", PresentToken(token=token(value, **fields))) == Reply()

        def charging(number):
            return client.ask(f"evse_{number}/evse", Look()).charging

        # a card at a car starts it
        assert client.ask("evse_1/evse", Drive(what="plug")) == Reply()
        present("ONE")
        eventually(lambda: charging(1) == "ONE")
        eventually(lambda: stream(tmp_path, "ONE") == ["Processing", "Accepted", "UsedToStart"])

        # killed with a verdict under way, the successor takes it in
        present("TWO", connectors=(2,))
        eventually(lambda: stream(tmp_path, "TWO"))
        kill(client, MAIN)
        eventually(lambda: "Accepted" in stream(tmp_path, "TWO"))
        assert client.ask("evse_2/evse", Drive(what="plug")) == Reply()
        eventually(lambda: charging(2) == "TWO")
        assert client.ask("evse_2/evse", Look()).granted == ("TWO",)
        assert charging(1) == "ONE"

        # who asks the validators is killed, and asked again
        present("THREE")
        asking = eventually(lambda: [pid for path, pid in pids(client).items() if "request_" in path])
        with contextlib.suppress(ProcessLookupError):  # it is there for the second in which it waits
            os.kill(asking[0], signal.SIGKILL)
        eventually(lambda: stream(tmp_path, "THREE")[-1:] == ["Accepted"])

        # a card that started through a killed actor stops through its successor
        present("TWO")
        eventually(lambda: charging(2) == "")
        eventually(lambda: stream(tmp_path, "TWO")[-1:] == ["UsedToStop"])

        # a reservation outlives kill -9
        assert client.ask("evse_2/evse", Drive(what="unplug")) == Reply()
        made = eventually(lambda: reserved(client))
        kill(client, MAIN)
        check = say.ExistsReservation(request=ReservationCheck(evse_id=2, id_token="MINE"))
        assert made
        found = eventually(lambda: getattr(client.ask("auth/reservation", check), "status", None))
        assert str(found) == "ReservedForToken"


def reserved(client):
    """Whether EVSE 2 could be reserved; it may not have let the last car go yet."""
    wish = Reservation(
        evse_id=2, reservation_id=7, id_token="MINE", expiry_time=datetime.now(UTC) + timedelta(hours=1)
    )
    return str(client.ask("auth/reservation", say.ReserveNow(request=wish)).result) == "Accepted"
