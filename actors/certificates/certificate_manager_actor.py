"""Actor of the certificate store. Its EVerest interface is `evse_security`."""

from __future__ import annotations

from actors.module_actor import ModuleActor


class CertificateManagerActor(ModuleActor):
    """Child of the site. It carries out none of its commands yet: its successor recovers nothing."""
