from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from actors.certificates.doctor_mends import MENDS, Place, authorities_in, mend
from actors.cli import app
from certs import profiles
from certs.examination import Ailment, Finding, Level, inspect
from certs.facts import read
from certs.keys import key_to_pem
from certs.profiles import Domain
from certs.store import Settings
from tests.support.ailing import healthy
from tests.support.stores import NOW, put, text, world

FILE = Path("/certs/client/cso/a file.pem")


@pytest.fixture
def place(tmp_path):
    healthy(tmp_path)
    return place_of(tmp_path)


def place_of(root, **how):
    options = {"site": None, "password_file": None, "authorities": authorities_in(root), **how}
    return Place(directory=root, now=NOW, inspection=inspect(Settings(root=root)), **options)


def finding(ailment, **how):
    return Finding(**{"level": Level.ERROR, "ailment": ailment, "path": FILE, "text": "", **how})


def with_authorities(root, *names):
    for name in names:
        put(root / f"authorities/{name}.pem", text(*world()[name].path))
        put(root / f"authorities/{name}.key", key_to_pem(world()[name].key), 0o600)
    return place_of(root)


def commands(path):
    """The words of the command line that evsite knows."""
    from typer.main import get_command

    found = get_command(app)
    for word in path:
        found = found.commands[word]
    return {option for parameter in found.params for option in parameter.opts}


@pytest.mark.parametrize("ailment", Ailment, ids=lambda one: one.name)
def test_every_ailment_has_commands_that_exist(place, ailment):
    lines = mend(finding(ailment), place)

    assert lines
    for line in lines:
        words = shlex.split(line, comments=True)
        if words[:1] == ["evsite"]:
            known = commands(words[1:3])
            assert {word for word in words[3:] if word.startswith("--")} <= known


def test_every_row_is_of_an_ailment():
    assert set(MENDS) == set(Ailment)


def test_paths_are_quoted_for_the_shell(place):
    assert mend(finding(Ailment.GARBAGE), place) == ("rm -f '/certs/client/cso/a file.pem'",)


def test_a_link_to_nothing_is_removed(place, tmp_path):
    link = tmp_path / "link.pem"
    link.symlink_to("/nowhere")

    assert mend(finding(Ailment.OUTSIDE, path=link), place) == (f"rm -f {link}",)


def test_a_renewal_is_for_the_same_subject_and_kind_of_key(place):
    leaf = read(world()["SECC_LEAF"].certificate)

    request, signed, installed = mend(finding(Ailment.EXPIRED, leaf=leaf, profile=profiles.SECC_ISO2), place)

    words = shlex.split(request)
    assert words[words.index("--common-name") + 1] == "DE*EVS*E000001"
    assert words[words.index("--organization") + 1] == "EVSITE TEST"
    assert words[words.index("--kind") + 1] == "secp256r1"
    assert signed.startswith("# have secc-2-")
    assert " --as secc --key secc-2-" in installed


def test_the_newer_edition_gets_its_kind_of_key(place):
    request, *_ = mend(finding(Ailment.NO_LEAF, profile=profiles.SECC_ISO20), place)

    assert request.endswith("--kind secp521r1")


def test_test_cas_sign_what_they_can(tmp_path):
    place = with_authorities(healthy(tmp_path), "CPO_SUB_CA2")

    _, signed, _ = mend(finding(Ailment.NO_LEAF), place)

    assert signed.startswith("evsite pki sign secc-2-")


def test_sub_cas_that_get_old_come_new_with_a_new_leaf(tmp_path):
    root = healthy(tmp_path)

    assert mend(finding(Ailment.AGEING_SUB), place_of(root))[0].startswith("evsite pki csr ")
    assert mend(finding(Ailment.AGEING_SUB), with_authorities(root, "CPO_SUB_CA2")) == (
        f"evsite pki init {root} --force",
    )


def test_beside_a_good_leaf_a_bad_one_only_goes(place):
    one = finding(Ailment.NO_KEY, level=Level.WARNING, others=(Path("/certs/b.pem"),))

    assert mend(one, place) == ("rm -f '/certs/client/cso/a file.pem' /certs/b.pem",)


def test_a_key_that_another_leaf_needs_is_given_its_name(place):
    key, target = Path("/certs/a.key"), Path("/certs/b.key")
    one = finding(Ailment.OTHER_KEY, others=(key,), kept=(key,), moves=((key, target),))

    assert mend(one, place) == ("rm -f '/certs/client/cso/a file.pem'", "mv -n /certs/a.key /certs/b.key")


def test_a_file_that_another_leaf_needs_is_left_to_people(place):
    one = finding(Ailment.REFUSED, kept=(FILE,))

    (line,) = mend(one, place)

    assert line.startswith("# '/certs/client/cso/a file.pem': ")


def test_a_missing_root_comes_from_the_test_cas_if_they_are_here(tmp_path):
    place = with_authorities(healthy(tmp_path), "V2G_ROOT_CA")

    assert mend(finding(Ailment.NO_ROOT, domain=Domain.V2G), place) == (
        f"evsite pki install {tmp_path}/authorities/V2G_ROOT_CA.pem {tmp_path} --as v2g-root",
    )


def test_test_roots_that_get_old_are_made_anew(tmp_path):
    place = with_authorities(healthy(tmp_path), "V2G_ROOT_CA")

    assert mend(finding(Ailment.AGEING_ROOT, domain=Domain.V2G), place) == (
        f"evsite pki init {tmp_path} --force",
    )
    assert mend(finding(Ailment.AGEING_ROOT, domain=Domain.MO), place) == (
        f"evsite pki install ROOT.pem {tmp_path} --as mo-root",
    )


def test_a_chain_is_completed_from_wherever_its_sub_cas_are(tmp_path):
    one = finding(
        Ailment.INCOMPLETE, orphan=read(world()["SECC_LEAF"].certificate), profile=profiles.SECC_ISO2
    )
    root = healthy(tmp_path)

    assert "SUB_CAS.pem > secc-2-chain.pem" in mend(one, place_of(root))[0]
    assert "authorities/CPO_SUB_CA2.pem > " in mend(one, with_authorities(root, "CPO_SUB_CA2"))[0]
    bundle = root / "ca/v2g/V2G_ROOT_CA.pem"
    put(bundle, bundle.read_bytes() + text(world()["CPO_SUB_CA2"].certificate).encode())
    assert f"{bundle} > " in mend(one, place_of(root, authorities={}))[0]


def test_commands_keep_to_the_site_file_and_the_password(tmp_path):
    place = place_of(healthy(tmp_path), site=Path("s.yaml"), password_file=Path("p"))

    (line,) = mend(finding(Ailment.NO_ROOT, domain=Domain.V2G), place)

    assert line.endswith("--as v2g-root --site s.yaml --password-file p")


def test_a_response_about_nothing_that_is_shown_just_goes(tmp_path):
    place = place_of(healthy(tmp_path))
    path = tmp_path / "client/cso/ocsp/CPO_SUB_CA2.der"

    assert mend(finding(Ailment.NO_HASH_FILE, path=path), place)[0] == f"mv {path} CPO_SUB_CA2-response.der"
    put(path, b"garbage")
    goes = (f"rm -f {path} {path.with_suffix('.hash')}",)
    assert mend(finding(Ailment.NO_HASH_FILE, path=path), place) == goes
    path.unlink()
    assert mend(finding(Ailment.NO_HASH_FILE, path=path), place) == goes


def test_a_folder_of_authorities_may_hold_anything(tmp_path):
    put(tmp_path / "authorities/a.pem", "garbage")
    put(tmp_path / "authorities/a.key", "")
    put(tmp_path / "authorities/b.pem", text(world()["V2G_ROOT_CA"].certificate))

    assert authorities_in(tmp_path) == {}
