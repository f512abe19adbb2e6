from pathlib import Path

from actors.certificates.places import settings_at


def test_what_is_no_place_in_a_store_is_passed_over():
    settings = settings_at(
        Path("certs"), {"crl_directory": "lists", "store_watch_s": 5, "certificate_root": "x"}
    )

    assert (settings.root, settings.crl_directory) == (Path("certs"), "lists")
