"""A module of OCPP stands in the tree as a supervisor with children that know each other's names."""

import pytest

from actors.engine.supervision import ChildSpec
from actors.ocpp.ocpp_supervisor import branch


def children(path="logs"):
    main = ChildSpec(
        id="ocpp",
        actor="x.Y",
        grants={"ocpp/ocpp_generic": "ocpp", "ocpp/session_cost": "session_cost"},
        config={
            "module": "ocpp",
            "state": "/state/journals",
            "connections": {"security": ["evse_security/main"]},
            "parameters": {"MessageLogPath": path},
        },
    )
    made = branch(main)
    assert made.id == "ocpp"
    return {each["id"]: each for each in made.config["children"]}


def test_link_and_charge_point_know_each_other():
    point, link = children()["charge_point"], children()["csms_link"]
    assert point["grants"] == {
        "ocpp/ocpp_generic": "ocpp",
        "ocpp/session_cost": "session_cost",
        "ocpp/charge_point": "",
    }
    assert link["grants"] == {"ocpp/link": ""}
    assert link["config"] == {"charge_point": "ocpp/charge_point", "security": "evse_security/main"}


@pytest.mark.parametrize(("given", "path"), [("logs", "/state/logs"), ("/var/log/ocpp", "/var/log/ocpp")])
def test_the_message_log_knows_its_place_and_whom_to_listen_to(given, path):  # M9.1
    log = children(given)["message_log"]
    assert not log.get("grants")
    assert log["config"] == {
        "path": path,
        "charge_point": "ocpp/charge_point",
        "link": "ocpp/link",
        "ocpp": "ocpp/ocpp_generic",
    }
