"""Versions are offered in the configured order, and the back-end's choice is obeyed."""

import pytest

from protocols.ocpp.version import Version, agreed, offered


@pytest.mark.parametrize(
    ("wanted", "offer"),
    [
        ("ocpp2.1,ocpp2.0.1", (Version.V21, Version.V201)),
        ("ocpp2.0.1,ocpp2.1", (Version.V201, Version.V21)),
        (" ocpp2.0.1 , ocpp2.0.1", (Version.V201,)),
        ("ocpp2.2,ocpp2.1", (Version.V21,)),
        ("ocpp1.6", ()),
        ("", ()),
    ],
)
def test_the_offer_has_the_configured_order(wanted: str, offer: tuple[Version, ...]) -> None:
    assert offered(wanted) == offer


@pytest.mark.parametrize(
    ("chosen", "version"),
    [("ocpp2.0.1", Version.V201), ("ocpp2.1", Version.V21), ("ocpp1.6", None), (None, None)],
)
def test_only_an_offered_version_is_agreed(chosen: str | None, version: Version | None) -> None:
    assert agreed(chosen, (Version.V21, Version.V201)) is version
