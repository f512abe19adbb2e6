"""What of a value nobody outside is shown, although its variable can be read. Pure.

`NetworkConnectionProfiles` is JSON in which an operator may have written passwords, as SetNetworkProfile has
them: for the CSMS, and for whoever reads or watches the variable, the profiles are there without those.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from actors.ocpp.device_model import variables
from actors.ocpp.link.blotting import SECRET

if TYPE_CHECKING:
    from actors.ocpp.device_model.names import Place

PROFILES: Final = variables.NETWORK_PROFILES.at()


def discreet(place: Place, value: str) -> str:
    """A value as it may be shown. One that should be JSON, and is not, is shown to nobody."""
    if place != PROFILES or not value:
        return value
    try:
        return json.dumps(_without_secrets(json.loads(value)), separators=(",", ":"))
    except (ValueError, RecursionError):
        return ""


def _without_secrets(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_secrets(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: _without_secrets(each) for name, each in value.items() if not SECRET.search(name)}
