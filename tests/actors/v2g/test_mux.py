"""Row M7.5."""

from actors.v2g import mux
from actors.v2g.parameters import editions_of, settings_of
from actors.v2g.secc.settings import Settings
from certs.tls import Edition
from tests.support import sites

TEXT = (sites.ROOT / "deploy" / "everest-isomux.yaml").read_text()


def link_of(*edits):
    site = sites.good(*edits, text=TEXT)
    return mux.united(site, site.modules["iso_mux"])


def test_the_modules_behind_a_mux_are_known():
    assert mux.behind(sites.good(text=TEXT)) == {"iso15118_2", "iso15118_20"}


def test_a_site_without_a_mux_has_nobody_behind_one():
    assert mux.behind(sites.good()) == frozenset()


def test_other_modules_stay_as_they_are():
    site = sites.good(text=TEXT)

    assert mux.united(site, site.modules["iso15118_2"]) is site.modules["iso15118_2"]


def test_a_mux_speaks_as_the_modules_behind_it_are_configured():
    assert settings_of(link_of().parameters) == Settings(
        din70121=True, iso15118_2=True, iso15118_20=True, auth_timeout_pnc_s=40, scheduled_mode=True
    )


def test_a_protocol_switched_off_behind_a_mux_is_not_spoken():
    link = link_of(("      auth_timeout_pnc: 40\n", "      supported_DIN70121: false\n"))

    assert not settings_of(link.parameters).din70121


def test_ports_and_tls_are_those_of_the_mux():
    parameters = link_of(("ACCEPT_CLIENT_OFFER", "ENFORCE_NO_TLS")).parameters

    assert (parameters["device"], parameters["tls_security"]) == ("auto", "allow")
    assert parameters.keys().isdisjoint({"tls_negotiation_strategy", "enable_sdp_server"})
    assert editions_of(parameters) == frozenset(Edition)


def test_providers_of_services_behind_a_mux_are_its_own():
    vas = "\n      iso15118_vas: [{{module_id: {}, implementation_id: iso15118_vas}}]"
    shop = "  {}: {{module: StaticISO15118VASProvider, config_module: {{service_file: x.yaml}}}}\n"
    one, two = "supported_scheduled_mode: true\n    connections:", "auth_timeout_pnc: 40\n    connections:"
    link = link_of(
        (one, one + vas.format("shop")),
        (two, two + vas.format("wash").replace("]", ", {module_id: shop, implementation_id: iso15118_vas}]")),
        ("  iso_mux:\n", shop.format("shop") + shop.format("wash") + "  iso_mux:\n"),
    )

    assert [wire.name for wire in link.connections["iso15118_vas"]] == [
        "wash/iso15118_vas",
        "shop/iso15118_vas",
    ]
