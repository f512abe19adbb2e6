from datetime import UTC, datetime

import pytest

from actors.certificates import messages
from certs.profiles import Domain
from protocols import codec
from protocols.types import evse_security as types

INFO = types.GetCertificateFullInfoResult(status=types.GetCertificateInfoStatus.NOT_FOUND, info=())
INVENTORY = messages.Inventory(authorities={"V2G": ("aa", "bb")}, answers=("cc",))
LISTED = messages.ListedCertificate(
    kind="V2G root",
    subject="CN=R",
    issuer="CN=R",
    not_before=datetime(2026, 1, 1, tzinfo=UTC),
    not_after=datetime(2056, 1, 1, tzinfo=UTC),
)
VALID = types.CertificateValidationResult.VALID
EXAMPLES = (
    messages.Verify(certificates=(b"\x30\x00", b"\xff"), domains=(Domain.MO, Domain.OEM)),
    messages.Verdict(result=VALID, path=(b"\x00\xff",)),
    messages.Verdict(result=VALID, reason="why", detail="not", certificate=b"\x30"),
    messages.GetSeccCertificates(secc_id="DE*EVS*E1"),
    messages.GetSeccCertificatesReply(result=INFO),
    messages.GenerateIso20SigningRequest(country="DE", organization="O", common="E1", use_tpm=False),
    messages.ListCertificates(),
    messages.ListCertificatesReply(certificates=(LISTED,)),
    messages.RevocationChanged(),
    messages.FilesChanged(),
    messages.Look(recall=True),
    messages.LookReply(fingerprint="f", inventory=INVENTORY, next_moment=datetime(2026, 1, 1, tzinfo=UTC)),
    messages.LookReply(fingerprint="f", inventory=INVENTORY, told=INVENTORY, troubles=("x: y",)),
    messages.Remember(inventory=INVENTORY),
    messages.CollectGarbage(),
    messages.CollectGarbageReply(removed=("a", "b")),
    messages.Refresh(),
    messages.ReplaceWorker(worker="worker_1"),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: type(one).__name__)
def test_every_message_arrives_as_it_was_sent(example):
    assert codec.decode(codec.encode(example)) == example


def test_every_message_of_the_module_has_an_example():
    declared = {one for one in vars(messages).values() if getattr(one, "__module__", "") == messages.__name__}

    assert declared - {messages.Inventory, messages.ListedCertificate} == {type(one) for one in EXAMPLES}
