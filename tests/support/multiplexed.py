"""The site of `deploy/everest-isomux.yaml` as far as it speaks to cars: an IsoMux, certificates, a shop.

The modules come from the file, by the plan that `evsite run` makes; the EVSE manager is played.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from actors.config import check_site
from actors.engine.base import handles
from actors.engine.branch import CHILDREN
from actors.engine.supervision import ChildSpec
from actors.site import plan
from actors.v2g.static_vas_actor import StaticVasActor
from certs import pki
from certs.pki.layout import ROOT_BUNDLES
from certs.profiles import Domain
from protocols import codec
from protocols.interfaces import iso15118_vas
from protocols.message import Command, Reply, message
from tests.support.links import CHARGER
from tests.support.sites import ROOT
from tests.support.stores import provision, put

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SPEAKING = ("evse_security", "shop", "v2g", "v2g.session")
VAS = "iso15118_vas: [{module_id: shop, implementation_id: iso15118_vas}]"
SHOP = f"""
  shop:
    module: StaticISO15118VASProvider
    config_module: {{service_file: {ROOT / "deploy/services/example.yaml"}}}
"""


@message
class ChosenReply(Reply):
    """The choices so far, `service/variant` each."""

    choices: tuple[str, ...]


@message
class Chosen(Command):
    """Ask a shop what has been chosen."""

    answer: ClassVar[type[Reply]] = ChosenReply


class Shop(StaticVasActor):
    """Keeps what cars have chosen. Its successor knows nothing of it."""

    def __init__(self) -> None:
        super().__init__()
        self._choices: tuple[str, ...] = ()

    @handles(iso15118_vas.SelectedServices)
    def handle_selected_services(self, cmd: iso15118_vas.SelectedServices) -> Reply:
        """As everybody's, and keep it."""
        self._choices += tuple(f"{each.service_id}/{each.parameter_set_id}" for each in cmd.selected_services)
        return super().handle_selected_services(cmd)

    @handles(Chosen)
    def handle_chosen(self, _command: Chosen) -> ChosenReply:
        """All of it."""
        return ChosenReply(choices=self._choices)


def text(certificates: Path) -> str:
    """The file, its link called `v2g` and on loopback, with a shop, and with a folder of revocation lists."""
    found = (ROOT / "deploy" / "everest-isomux.yaml").read_text().replace("iso_mux", "v2g")
    found = found.replace("device: auto", "device: lo")
    security = f"{{certificate_root: {certificates}, crl_directory: crl, store_watch_s: 0.2}}"
    found = found.replace("{module: EvseSecurity}", f"{{module: EvseSecurity, config_module: {security}}}")
    for side in (
        "auth_timeout_pnc: 40\n    connections:\n",
        "supported_scheduled_mode: true\n    connections:\n",
    ):
        found = found.replace(side, f"{side}      {VAS}\n")
    return found + SHOP


def certify(directory: Path) -> None:
    """Give a station and its cars certificates of both editions, in `certs` and `car`."""
    made = living_pki()
    files = pki.files(made, None, with_broken=False)
    provision(directory / "certs", made=made)
    put(directory / "certs" / ROOT_BUNDLES[Domain.OEM], files[ROOT_BUNDLES[Domain.OEM]].content)
    for name, file in files.items():
        put(directory / "car" / name, file.content, file.mode)


def furnish(directory: Path) -> dict[str, Any]:
    """Certificates of both editions; the configuration of `actors.site.Site`."""
    certify(directory)
    checked = check_site(text(directory / "certs").encode(), "site.yaml")
    assert checked.site is not None, checked.problems
    return {"children": [codec.to_plain(spec) for spec in _specs(plan(checked.site, str(directory)))]}


@functools.cache
def living_pki() -> pki.Pki:
    """Certificates of both editions that are valid now."""
    return pki.build(pki.Options(now=datetime.now(UTC)), pki.insecure_mint("multiplexed"))


def _specs(planned: Sequence[ChildSpec]) -> list[ChildSpec]:
    """Of the whole site those that speak to cars, side by side; who plays and who listens."""
    found = {
        each.id: each
        for spec in planned
        for each in (spec, *(codec.from_plain(ChildSpec, one) for one in spec.config.get(CHILDREN, ())))
    }
    found["shop"] = replace(found["shop"], actor=f"{__name__}.Shop")
    player = ChildSpec(
        id="player",
        actor="tests.support.evse_player.EvsePlayerActor",
        grants={"player/main": ""},
        config={"link": CHARGER},
    )
    return [*(found[each] for each in SPEAKING), player]
