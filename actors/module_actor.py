"""What the actors of site-file modules have in common: their entry of the site file."""

from __future__ import annotations

from typing import Any

from actors.engine.base import SiteActor


class ModuleActor(SiteActor):
    """An actor behind one module of the site file.

    A command its interface has and it does not carry out is answered with `Failure`, reason Unsupported. Its
    successor is told the same entry again.
    """

    @property
    def module_id(self) -> str:
        """The module's id in the site file."""
        return str(self.config["module"])

    @property
    def first_life(self) -> bool:
        """Whether the whole site has just started: nobody on the way to the root is a successor."""
        return all(life.endswith("#0") for life in self.lineage.split("/")[1:])

    @property
    def parameters(self) -> dict[str, Any]:
        """The module's parameters, defaults filled in."""
        parameters: dict[str, Any] = self.config["parameters"]
        return parameters

    def implementation(self, name: str) -> dict[str, Any]:
        """The parameters of one of its implementations."""
        parameters: dict[str, Any] = self.config["implementations"].get(name, {})
        return parameters

    def connected(self, requirement: str) -> tuple[str, ...]:
        """The names behind a requirement, in the file's order."""
        return tuple(self.config["connections"].get(requirement, ()))
