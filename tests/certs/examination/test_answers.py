import pytest

from certs import pki
from certs.examination import inspect
from certs.examination.answers import answerable
from certs.pki import Period, ocsp_response
from certs.store import Settings
from tests.support.ailing import CSO, ailments, findings, healthy
from tests.support.stores import DAY, NOW, add_leaf, put, world

ANSWER = f"{CSO}/ocsp/SECC_LEAF.der"


@pytest.fixture
def root(tmp_path):
    return healthy(tmp_path)


def answer(name="SECC_LEAF", now=NOW, **how):
    one = world()[name]
    return ocsp_response(one.certificate, one.issuer, period=Period.around(now), **how)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (answer(), []),
        (answer(now=NOW - 30 * DAY), [("warning", "STALE_ANSWER")]),
        (answer(now=NOW + 30 * DAY), [("warning", "STALE_ANSWER")]),
        (answer("MO_LEAF"), [("warning", "BAD_ANSWER")]),
        (answer(responder=world()["MO_SUB_CA1"]), [("warning", "BAD_ANSWER")]),
        (b"garbage", [("warning", "BAD_ANSWER")]),
    ],
    ids=["good", "old", "of the future", "about another", "of a stranger", "garbage"],
)
def test_each_answer_is_judged(root, content, expected):
    put(root / ANSWER, content)

    assert ailments(root) == expected


def test_a_certificate_without_answer_is_named_with_its_chain(root):
    (root / f"{CSO}/ocsp/CPO_SUB_CA1.der").unlink()
    (root / f"{CSO}/ocsp/CPO_SUB_CA1.hash").unlink()

    (finding,) = findings(root)
    assert finding.ailment.name == "NO_ANSWER"
    assert "CPO SUB CA1" in finding.text
    assert finding.path == root / f"{CSO}/SECC_LEAF.pem"


def test_a_response_needs_its_hash_file_and_the_other_way_round(root):
    (root / f"{CSO}/ocsp/CPO_SUB_CA1.der").unlink()
    (root / f"{CSO}/ocsp/CPO_SUB_CA2.hash").unlink()

    assert ("warning", "NO_ANSWER_FILE") in ailments(root)
    assert ("warning", "NO_HASH_FILE") in ailments(root)


def test_what_names_no_responder_needs_no_answer(root):
    add_leaf(root, "two", end=NOW + 90 * DAY, ocsp_url=None)

    assert ailments(root) == []


def test_what_cannot_be_used_needs_no_answer(root):
    (root / f"{CSO}/SECC_LEAF.key").unlink()

    assert not list(answerable(inspect(Settings(root=root)), NOW))


def test_each_certificate_is_asked_about_once(root):
    add_leaf(root, "two", end=NOW + 90 * DAY)

    asked = [certificate for _, certificate, _ in answerable(inspect(Settings(root=root)), NOW)]

    assert len(asked) == len(set(asked)) == 4


@pytest.mark.parametrize(("age_days", "told"), [(0, False), (30, True)])
def test_a_list_that_is_over_is_named(root, age_days, told):
    listed = pki.crl(world()["CPO_SUB_CA2"], period=Period.around(NOW - age_days * DAY))
    put(root / "crl/list.pem", listed.public_bytes(pki.layout.Encoding.PEM))

    assert ailments(root, crl_directory="crl") == ([("warning", "STALE_LIST")] if told else [])
