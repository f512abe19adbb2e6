from pathlib import Path

import pytest

from actors.ocpp.link.material import client_files, suites_of
from certs.tls.csms import ClientFiles
from protocols.interfaces.evse_security import GetLeafCertificateInfoReply
from protocols.message import Reply
from protocols.types.evse_security import CertificateInfo, GetCertificateInfoResult, GetCertificateInfoStatus


@pytest.mark.parametrize(
    ("listed", "suites"),
    [("", ()), ("A:B", ("A", "B")), ("A, B", ("A", "B")), ("A,B:C D", ("A", "B", "C", "D"))],
)
def test_suites_may_be_listed_in_several_ways(listed, suites):
    assert suites_of(listed) == suites


def leaf(info):
    status = GetCertificateInfoStatus.ACCEPTED if info else GetCertificateInfoStatus.NOT_FOUND
    return GetLeafCertificateInfoReply(result=GetCertificateInfoResult(status=status, info=info))


def info(**paths):
    return CertificateInfo(key="k.key", certificate_count=1, **paths)


@pytest.mark.parametrize(
    ("reply", "chain"),
    [
        (None, None),
        (Reply(), None),
        (leaf(None), None),
        (leaf(info()), None),
        (leaf(info(certificate="chain.pem", certificate_single="leaf.pem")), "chain.pem"),
        (leaf(info(certificate_single="leaf.pem")), "leaf.pem"),
    ],
    ids=["no reply", "another reply", "none", "no file", "chain", "leaf"],
)
def test_the_whole_chain_is_shown_where_there_is_one(reply, chain):
    expected = None if chain is None else ClientFiles(chain=Path(chain), key=Path("k.key"))

    assert client_files(reply) == expected


def test_the_password_of_a_key_is_handed_on():
    found = client_files(leaf(info(certificate="c.pem", password="secret")))

    assert found is not None
    assert found.password == b"secret"
    assert "secret" not in repr(found)
