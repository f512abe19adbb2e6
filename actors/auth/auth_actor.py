"""Actor of the site's authorization. Its EVerest interfaces are `auth` and `reservation`."""

from __future__ import annotations

from actors.module_actor import ModuleActor


class AuthActor(ModuleActor):
    """Child of the site. It carries out none of its commands yet: its successor recovers nothing."""
