"""Actor of one token validator. Its EVerest interface is `auth_token_validator`."""

from __future__ import annotations

from actors.module_actor import ModuleActor


class ValidatorActor(ModuleActor):
    """Child of the site, one per validator. It carries out no command yet: its successor recovers nothing."""
