"""A module of OCPP stands in the tree as a supervisor with two children that know each other's names."""

from actors.engine.supervision import ChildSpec
from actors.ocpp.ocpp_supervisor import branch


def test_link_and_charge_point_know_each_other():
    main = ChildSpec(
        id="ocpp",
        actor="x.Y",
        grants={"ocpp/ocpp_generic": "ocpp"},
        config={"module": "ocpp", "connections": {"security": ["evse_security/main"]}},
    )

    made = branch(main)

    point, link = made.config["children"]
    assert made.id == "ocpp"
    assert point["grants"] == {"ocpp/ocpp_generic": "ocpp", "ocpp/charge_point": ""}
    assert link["grants"] == {"ocpp/link": ""}
    assert link["config"] == {"charge_point": "ocpp/charge_point", "security": "evse_security/main"}
