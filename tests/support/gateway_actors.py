"""A tree of a store and a Gateway in processes of their own; the Gateway's thread can be made to hang."""

import json
import time
from contextlib import contextmanager
from pathlib import Path

from actors.engine.branch import branch_config
from actors.engine.supervision import ChildSpec
from actors.gateway import bridge
from actors.gateway.client import ConnectionEnded, GatewayClient, url_of
from actors.gateway.gateway_actor import GatewayActor
from actors.gateway.opening import state_of
from actors.gateway.site_map import Module, SiteMap
from actors.site import Site
from tests.support import engine

HANG = "hang"
PARAMETERS = {
    "host": "127.0.0.1", "port": 0, "token_file": "", "certificate": "", "private_key": "",
    "max_connections": 8, "max_rate": 2000.0,
}  # fmt: skip


class HangingGateway(GatewayActor):
    """A Gateway whose thread hangs once somebody says so, and that tells its newest connection. Its successor
    is like it.
    """

    def _heard(self, item):
        if isinstance(item, bridge.Opened):
            (state_of(self.config) / "connection").write_text(str(item.connection))
        if isinstance(item, bridge.Came) and item.data == HANG:
            self._thread.way._loop.call_soon_threadsafe(time.sleep, 3600)
        super()._heard(item)


ROLE = {"judge/main": "auth_token_validator"}
PATIENCE_S = 2.0
"""The program that fills the role may take so long."""


def site_of():
    """The map of a site with a store, a role, and a reader, which makes it a simulated one."""
    return SiteMap(
        file="site.yaml",
        modules=(
            Module(
                id="store", kind="PersistentStore", evse=None, provides={"store/main": "kvs"},
                connections={}, parameters={},
            ),
            Module(
                id="judge", kind="ExternalValidator", evse=None, provides=ROLE, connections={}, parameters={}
            ),
            Module(
                id="reader", kind="DummyTokenProviderManual", evse=None, provides={}, connections={},
                parameters={},
            ),
        ),
    )  # fmt: skip


def _config(module, state, parameters, **more):
    usual = {"module": module, "implementations": {}, "connections": {}, "state": str(state / "journals")}
    return {**usual, "parameters": parameters, **more}


@contextmanager
def site(state: Path, **parameters):
    """The tree, and somebody outside who talks to it."""
    (state / "journals").mkdir(parents=True)
    children = [
        ChildSpec(
            id="store",
            actor="actors.store.store_actor.StoreActor",
            grants={"store/main": "kvs"},
            config=_config("store", state, {"sqlite_db_file_path": "store.db"}),
        ),
        ChildSpec(
            id="judge",
            actor="actors.gateway.role_actor.RoleActor",
            grants=ROLE,
            config=_config(
                "judge",
                state,
                {"command_timeout": PATIENCE_S},
                gateway="gateway/gateway",
                provides={"main": "auth_token_validator"},
            ),
            intensity=100,
            backoff_max_s=0.2,
        ),
        ChildSpec(
            id="gateway",
            actor="tests.support.gateway_actors.HangingGateway",
            grants={"gateway/gateway": ""},
            config=_config("gateway", state, PARAMETERS | parameters, site=site_of().plain()),
            stage=3,
        ),
    ]
    with engine.running(Site, branch_config(children)) as (_system, client):
        yield client


def connected(state, within_s=20.0):
    """A client, as soon as there is somebody to connect to."""

    def attempt():
        try:
            client = GatewayClient(url_of(state))
        except ConnectionEnded:
            return None
        try:
            client.call("names.list", within_s=5)
        except (ConnectionEnded, TimeoutError):
            client.close()
            return None
        return client

    return engine.eventually(attempt, within_s)


def said(state):
    """What stands in gateway.json."""
    return json.loads((state / "gateway.json").read_text())
