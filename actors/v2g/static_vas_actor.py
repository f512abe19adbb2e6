"""Actor of a provider of value-added services that a file lists. Answers EVerest interface `ISO15118_vas`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from actors.config.reader import MAX_BYTES
from actors.engine.base import handles
from actors.module_actor import ModuleActor
from actors.v2g.services_file import Services, ServicesError, read_services
from protocols.interfaces import iso15118_vas
from protocols.message import Reply
from protocols.types.iso15118_vas import OfferedServices

NONE: Final = Services(OfferedServices(services=()), {})


class StaticVasActor(ModuleActor):
    """Child of the site. What cars choose of its services is logged; somebody else delivers them. Its
    successor reads the file again; one that cannot be used is logged with its problems, and offers nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self._services = NONE

    def on_start(self) -> None:
        """Read the file."""
        path = Path(str(self.parameters["service_file"]))
        try:
            with path.open("rb") as stream:
                self._services = read_services(stream.read(MAX_BYTES + 1), str(path))
        except (OSError, ServicesError) as error:
            self.log.error("value_added_services_unreadable", file=str(path), error=str(error))

    def on_ready(self) -> None:
        """Tell what there is, to later listeners too."""
        self.publish(iso15118_vas.OfferedVas(offered=self._services.offered), retain=True)

    @handles(iso15118_vas.GetServiceParameters)
    def handle_get_service_parameters(
        self, cmd: iso15118_vas.GetServiceParameters
    ) -> iso15118_vas.GetServiceParametersReply:
        """The variants of a service; none of one that is not ours."""
        sets = self._services.parameter_sets.get(cmd.service_id, ())
        return iso15118_vas.GetServiceParametersReply(parameter_sets=sets)

    @handles(iso15118_vas.SelectedServices)
    def handle_selected_services(self, cmd: iso15118_vas.SelectedServices) -> Reply:
        """Note what a car has chosen."""
        chosen = [f"{each.service_id}/{each.parameter_set_id}" for each in cmd.selected_services]
        self.log.info("value_added_services_selected", services=" ".join(chosen))
        return Reply()
