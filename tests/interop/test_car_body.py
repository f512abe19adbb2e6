from __future__ import annotations

from tests.interop.car_body import Body

AC_TALK = ["PowerDelivery", "ChargingStatus", "ChargingStatus", "PowerDelivery", "SessionStop"]
DC_TALK = [
    "CableCheck", "PreCharge", "PreCharge", "PowerDelivery", "CurrentDemand", "PowerDelivery",
    "WeldingDetection", "SessionStop",
]  # fmt: skip


def log(states):
    return "".join(f"INFO - iso15118.shared.states (139): Entered state {each}\n" for each in states)


def seen(states, *, dc):
    told = []
    body = Body(told.append, dc=dc)
    body.plug_in()
    text = log(states)
    for end in range(0, len(text), 7):  # as a file grows
        body.follow(text[:end])
    body.follow(text)
    body.unplug()
    return told


def test_a_body_draws_from_power_delivery_to_its_end():
    told = seen(AC_TALK, dc=False)

    assert [(each.plugged, each.pin, each.draws_a) for each in told] == [
        (True, "B", 0.0), (True, "C", 16.0), (True, "B", 0.0), (False, "A", 0.0),
    ]  # fmt: skip


def test_a_body_closes_its_contactors_from_power_delivery_to_welding_detection():
    told = seen(DC_TALK, dc=True)

    assert [(each.pin, each.battery_v, each.connected) for each in told] == [
        ("B", 0.0, False), ("C", 0.0, False), ("C", 480.0, False), ("C", 480.0, True), ("B", 480.0, False),
        ("A", 0.0, False),
    ]  # fmt: skip
