"""Cars of ISO 15118-20 that pay by contract: the station that wants one, the signed request, the answers."""

from __future__ import annotations

import dataclasses
import functools
from datetime import timedelta

from actors.v2g.secc import contract
from actors.v2g.secc.iso20.phases import Phase
from actors.v2g.secc.settings import Settings
from protocols.interfaces import evse_security
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import signature
from protocols.iso15118.iso20 import common
from protocols.message import Failure, FailureReason
from protocols.types import evse_security as security
from protocols.types.authorization import AuthorizationStatus, CertificateStatus
from protocols.types.iso15118 import PaymentOption
from tests.support import certificates
from tests.support.secc_iso20 import STATION, Car20

BOTH = (PaymentOption.CONTRACT, PaymentOption.EXTERNAL_PAYMENT)
PNC_STATION = dataclasses.replace(STATION, payment_options=BOTH, certificate_service=True)
ACCEPTED = charger.AuthorizationResponse(
    authorization_status=AuthorizationStatus.ACCEPTED, certificate_status=CertificateStatus.ACCEPTED
)
NO_DATA = evse_security.GetMoOcspRequestDataReply(
    request_data=security.OCSPRequestDataList(ocsp_request_data_list=())
)
CRASH = Failure(reason=FailureReason.TIMEOUT, detail="no answer")


@functools.cache
def _ready(verify, central):
    station = dataclasses.replace(PNC_STATION, central_contract_validation=central)
    settings = Settings(verify_contract_cert_chain=verify)
    return Car20(tls="TLSv1.3", station=station, settings=settings).go_to(Phase.AUTHORIZATION)


def pnc_car(*, verify=False, central=False):
    """A car over TLS that has been given a challenge."""
    return _ready(verify, central).fork()


def contract_request(car, *, leaf="MO_LEAF_20", challenge=None, key=None, chain=None):
    """A signed authorization by contract."""
    identity = certificates.world()[leaf]
    own, *above = chain or map(certificates.der, identity.chain)
    chain = common.ContractCertificateChain(
        certificate=own, sub_certificates=common.SubCertificates(certificate=tuple(above[:3]))
    )
    mode = common.PncAReqAuthorizationMode(
        id="ID1",
        gen_challenge=car.bench.talk.challenge if challenge is None else challenge,
        contract_certificate_chain=chain,
    )
    request = car.message(
        common.AuthorizationReq,
        selected_authorization_service=common.Authorization.PNC,
        pnc_a_req_authorization_mode=mode,
    )
    return signature.sign(request, key or identity.key, signature.ISO20_SECP521)


def expiring_car():
    """A car whose contract ends in a week."""
    car = pnc_car()
    car.bench.now += timedelta(days=358)
    request = contract_request(car)
    car.send(request)
    car.bench.answer(contract.OCSP, NO_DATA)
    car.bench.tell(ACCEPTED)
    return car, car.send(request)
