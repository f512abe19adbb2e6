import os
import stat

import pytest

from certs.profiles import Domain
from certs.store import Settings, StoreError, StoreProblem
from certs.store.settings import create, resolve
from tests.support.disk import as_nobody, needs_root

CA_KEYS = ("csms_ca_bundle", "mf_ca_bundle", "mo_ca_bundle", "v2g_ca_bundle")
LEAF_KEYS = (
    "csms_leaf_cert_directory",
    "csms_leaf_key_directory",
    "secc_leaf_cert_directory",
    "secc_leaf_key_directory",
)


def layout_of(root, **keys):
    return resolve(Settings(root=root, **keys))


def refusal(root, **keys):
    with pytest.raises(StoreError) as error:
        layout_of(root, **keys)
    assert error.value.problem is StoreProblem.BAD_PATH
    return error.value.detail


def test_the_default_places_are_those_of_everest(tmp_path):
    layout = layout_of(tmp_path)

    places = {domain: str(one.path.relative_to(tmp_path)) for domain, one in layout.bundles.items()}
    assert places == {
        Domain.CSMS: "ca/csms/CSMS_ROOT_CA.pem",
        Domain.MF: "ca/mf/MF_ROOT_CA.pem",
        Domain.MO: "ca/mo/MO_ROOT_CA.pem",
        Domain.V2G: "ca/v2g/V2G_ROOT_CA.pem",
    }
    assert layout.leaves[Domain.V2G].certificates == layout.leaves[Domain.V2G].keys == tmp_path / "client/cso"
    assert layout.leaves[Domain.CSMS].certificates == tmp_path / "client/csms"


def test_an_empty_disk_gets_every_folder_and_file(tmp_path):
    create(layout_of(tmp_path / "certs", mf_ca_bundle="ca/mf", secc_leaf_key_directory="private/cso"))

    made = tmp_path / "certs"
    assert (made / "ca/v2g/V2G_ROOT_CA.pem").read_bytes() == b""
    assert (made / "ca/mf").is_dir()
    assert (made / "client/cso").is_dir()
    assert stat.S_IMODE((made / "private/cso").stat().st_mode) == 0o700


def test_what_is_there_already_is_left_alone(tmp_path):
    bundle = tmp_path / "ca/v2g/V2G_ROOT_CA.pem"
    bundle.parent.mkdir(parents=True)
    bundle.write_text("mine")
    before = bundle.stat()

    create(layout_of(tmp_path))

    assert bundle.read_text() == "mine"
    assert bundle.stat() == before


def test_a_folder_that_exists_makes_a_folder_bundle(tmp_path):
    (tmp_path / "roots.d").mkdir()

    assert layout_of(tmp_path, v2g_ca_bundle="roots.d").bundles[Domain.V2G].is_folder


def test_a_file_without_suffix_stays_a_file_bundle(tmp_path):
    (tmp_path / "roots").touch()

    assert not layout_of(tmp_path, v2g_ca_bundle="roots").bundles[Domain.V2G].is_folder


def test_an_absolute_path_may_lie_anywhere(tmp_path):
    layout = layout_of(tmp_path / "certs", secc_leaf_cert_directory=str(tmp_path / "elsewhere"))

    assert layout.leaves[Domain.V2G].certificates == tmp_path / "elsewhere"
    assert layout.holds(tmp_path / "elsewhere/x.pem")
    assert not layout.holds(tmp_path / "third")


@pytest.mark.parametrize("leaf_key", LEAF_KEYS)
@pytest.mark.parametrize("ca_key", CA_KEYS)
def test_a_leaf_directory_equal_to_a_ca_path_is_refused(tmp_path, leaf_key, ca_key):
    assert refusal(tmp_path, **{leaf_key: "same", ca_key: "other/../same"}) == (
        f"{leaf_key} is the same as {ca_key}"
    )


@pytest.mark.parametrize("value", ["", "a\0b", "../outside"])
def test_a_path_that_leads_nowhere_or_out_is_refused(tmp_path, value):
    assert refusal(tmp_path / "certs", v2g_ca_bundle=value).startswith("v2g_ca_bundle")


def test_a_link_that_leads_out_of_the_root_is_refused(tmp_path):
    (tmp_path / "certs").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "certs/client").symlink_to(tmp_path / "outside")

    assert "leads out of" in refusal(tmp_path / "certs")


def test_a_leaf_directory_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "client").mkdir()
    (tmp_path / "client/cso").touch()

    assert "is not a folder" in refusal(tmp_path)


def test_a_bundle_that_is_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.pem")

    assert "neither file nor folder" in refusal(tmp_path, mo_ca_bundle="pipe.pem")


def test_a_place_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "ca").touch()

    with pytest.raises(StoreError) as error:
        create(layout_of(tmp_path))

    assert error.value.problem is StoreProblem.UNWRITABLE
    assert str(tmp_path / "ca") in error.value.detail


@needs_root
def test_a_place_that_cannot_be_written_is_named(open_folder):
    layout = layout_of(open_folder, **dict.fromkeys(CA_KEYS, "ca"))
    create(layout)

    with as_nobody(), pytest.raises(StoreError) as error:
        create(layout)

    assert error.value.problem is StoreProblem.UNWRITABLE


def test_lists_are_used_only_where_a_folder_for_them_is_named(tmp_path):
    assert layout_of(tmp_path).lists is None

    layout = layout_of(tmp_path, crl_directory="crl")
    create(layout)

    assert layout.lists == tmp_path / "crl"
    assert (tmp_path / "crl").is_dir()


@pytest.mark.parametrize("place", ["ca/v2g", "client/cso", "roots"])
def test_lists_do_not_lie_among_certificates(tmp_path, place):
    assert "crl_directory is the folder of" in refusal(tmp_path, crl_directory=place, mo_ca_bundle="roots")


def test_a_folder_of_lists_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "crl").touch()

    assert "is not a folder" in refusal(tmp_path, crl_directory="crl")


def test_lists_may_lie_outside_of_the_root(tmp_path):
    layout = layout_of(tmp_path / "certs", crl_directory=str(tmp_path / "lists"))

    assert layout.holds(tmp_path / "lists/a.pem")


def test_the_places_behind_links_are_remembered_as_given(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "roots").symlink_to("real")

    layout = layout_of(tmp_path, v2g_ca_bundle="roots")

    assert layout.linked == (tmp_path / "roots",)
    assert layout_of(tmp_path).linked == ()


@needs_root
def test_a_place_one_may_not_look_into_is_named(open_folder):
    create(layout_of(open_folder))
    (open_folder / "client").chmod(0o700)

    with as_nobody():
        layout = layout_of(open_folder)
        with pytest.raises(StoreError) as error:
            create(layout)

    assert error.value.problem is StoreProblem.UNWRITABLE


def test_the_password_is_not_shown():
    assert "secret" not in repr(Settings(root="/", private_key_password="secret"))
