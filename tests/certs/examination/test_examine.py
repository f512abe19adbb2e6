import pytest

from certs.examination import examine, inspect
from certs.store import Settings
from tests.support.ailing import CSO, ailments, findings, healthy
from tests.support.stores import DAY, NOW


def test_a_good_store_is_good_today(tmp_path):
    assert findings(healthy(tmp_path)) == []


def test_what_is_mended_first_comes_first(tmp_path):
    healthy(tmp_path)
    (tmp_path / f"{CSO}/SECC_LEAF.key").unlink()
    (tmp_path / "ca/v2g/V2G_ROOT_CA.pem").write_bytes(b"")
    (tmp_path / f"{CSO}/x.pem").write_bytes(b"-----BEGIN CERTIFICATE-----")

    names = [name for _, name in ailments(tmp_path)]

    assert names == ["GARBAGE", "NO_ROOT", "NO_KEY"]


def test_nothing_is_told_twice(tmp_path):
    healthy(tmp_path)
    (tmp_path / f"{CSO}/SECC_LEAF.key").chmod(0o644)

    assert len(findings(tmp_path)) == 1


@pytest.mark.parametrize(("within", "told"), [(1, False), (400, True)])
def test_how_far_to_look_ahead_can_be_chosen(tmp_path, within, told):
    assert bool(findings(healthy(tmp_path), within=within)) is told


def test_thirty_days_are_looked_ahead_usually(tmp_path):
    inspection = inspect(Settings(root=healthy(tmp_path)))

    assert {one.ailment.name for one in examine(inspection, NOW + 336 * DAY)} >= {"EXPIRES"}
