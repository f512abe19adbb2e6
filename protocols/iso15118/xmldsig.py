"""XML Signature, as far as V2G messages reach it: SignedInfo, key info, X.509 parts.

The schema is `xmldsig`; it is also part of every other one but `app_protocol`. What is signed is the
SignedInfo as a fragment of this schema alone. Elements of foreign namespaces and text between elements, which
XML Signature allows in places, do not occur in V2G messages and are refused.

Source: W3C XML-Signature Syntax and Processing; exi-notes sections 7 and 8.
"""

from typing import Final

from protocols.iso15118.exi.datatypes import Base64Binary, BigInteger, String
from protocols.iso15118.exi.declare import (
    Namespace,
    attribute,
    choice_item,
    content,
    element,
    repeated_choice,
    xml_type,
)

XMLDSIG: Final = Namespace("http://www.w3.org/2000/09/xmldsig#")

NAMESPACES: Final = (XMLDSIG,)
"""Everything that the schema of these elements reaches."""


@xml_type(XMLDSIG, element="CanonicalizationMethod", mixed=True, wildcard=0)
class CanonicalizationMethod:
    """How SignedInfo is turned into bytes."""

    algorithm: String = attribute()


@xml_type(XMLDSIG, element="SignatureMethod", mixed=True, wildcard=0)
class SignatureMethod:
    """The algorithm of the signature."""

    algorithm: String = attribute()
    hmac_output_length: BigInteger | None = element("HMACOutputLength", default=None)


@xml_type(XMLDSIG, element="Transform", mixed=True, wildcard=0)
class Transform:
    """One step from the signed element to the bytes that are hashed."""

    algorithm: String = attribute()
    xpath: tuple[String, ...] = element("XPath", min_occurs=0, default=())


@xml_type(XMLDSIG, element="Transforms")
class Transforms:
    """All steps from the signed element to the bytes that are hashed."""

    transform: tuple[Transform, ...] = element(reference=True)


@xml_type(XMLDSIG, element="DigestMethod", mixed=True, wildcard=0)
class DigestMethod:
    """The hash algorithm of a reference."""

    algorithm: String = attribute()


@xml_type(XMLDSIG, element="Reference")
class Reference:
    """One signed element: where it is and what its hash is."""

    id: String | None = attribute(default=None)
    type: String | None = attribute(default=None)
    uri: String | None = attribute("URI", default=None)
    transforms: Transforms | None = element(reference=True, default=None)
    digest_method: DigestMethod = element(reference=True)
    digest_value: Base64Binary = element(reference=True)


@xml_type(XMLDSIG, element="SignedInfo")
class SignedInfo:
    """What the signature is made over: algorithms and the hashes of the signed elements."""

    id: String | None = attribute(default=None)
    canonicalization_method: CanonicalizationMethod = element(reference=True)
    signature_method: SignatureMethod = element(reference=True)
    reference: tuple[Reference, ...] = element(reference=True)


@xml_type(XMLDSIG, element="SignatureValue")
class SignatureValue:
    """The signature itself."""

    id: String | None = attribute(default=None)
    value: Base64Binary = content()


@xml_type(XMLDSIG, element="DSAKeyValue")
class DsaKeyValue:
    """A DSA public key."""

    p: Base64Binary | None = element(group="primes", default=None)
    q: Base64Binary | None = element(group="primes", default=None)
    g: Base64Binary | None = None
    y: Base64Binary
    j: Base64Binary | None = None
    seed: Base64Binary | None = element(group="generation", default=None)
    pgen_counter: Base64Binary | None = element(group="generation", default=None)


@xml_type(XMLDSIG, element="RSAKeyValue")
class RsaKeyValue:
    """An RSA public key."""

    modulus: Base64Binary
    exponent: Base64Binary


@xml_type(XMLDSIG, element="KeyValue", mixed=True)
class KeyValue:
    """A public key in the clear."""

    dsa_key_value: DsaKeyValue | None = element(choice="key", reference=True, default=None)
    rsa_key_value: RsaKeyValue | None = element(choice="key", reference=True, wildcard=True, default=None)


@xml_type(XMLDSIG, element="RetrievalMethod")
class RetrievalMethod:
    """Where the key can be had."""

    type: String | None = attribute(default=None)
    uri: String | None = attribute("URI", default=None)
    transforms: Transforms | None = element(reference=True, default=None)


@xml_type(XMLDSIG)
class X509IssuerSerial:
    """A certificate, by its issuer and serial number."""

    x509_issuer_name: String
    x509_serial_number: BigInteger


@choice_item(XMLDSIG)
class X509DataItem:
    """One piece of information about the signer's certificate."""

    x509_issuer_serial: X509IssuerSerial | None = None
    x509_ski: Base64Binary | None = element("X509SKI", default=None)
    x509_subject_name: String | None = None
    x509_certificate: Base64Binary | None = None
    x509_crl: Base64Binary | None = element("X509CRL", default=None)


@xml_type(XMLDSIG, element="X509Data")
class X509Data:
    """Information about the signer's certificate."""

    items: tuple[X509DataItem, ...] = repeated_choice(wildcard=True)


@xml_type(XMLDSIG, element="PGPData", never_empty=True, wildcard=0)
class PgpData:
    """A PGP key, by its id, its packet or both."""

    pgp_key_id: Base64Binary | None = element("PGPKeyID", default=None)
    pgp_key_packet: Base64Binary | None = element("PGPKeyPacket", default=None)


@xml_type(XMLDSIG, element="SPKIData", wildcard=0)
class SpkiData:
    """SPKI S-expressions."""

    spki_sexp: tuple[Base64Binary, ...] = element("SPKISexp")


@choice_item(XMLDSIG)
class KeyInfoItem:
    """One way to tell which key made the signature."""

    key_name: String | None = element(reference=True, default=None)
    key_value: KeyValue | None = element(reference=True, default=None)
    retrieval_method: RetrievalMethod | None = element(reference=True, default=None)
    x509_data: X509Data | None = element(reference=True, default=None)
    pgp_data: PgpData | None = element(reference=True, default=None)
    spki_data: SpkiData | None = element(reference=True, default=None)
    mgmt_data: String | None = element(reference=True, default=None)


@xml_type(XMLDSIG, element="KeyInfo", mixed=True)
class KeyInfo:
    """Which key made the signature."""

    id: String | None = attribute(default=None)
    items: tuple[KeyInfoItem, ...] = repeated_choice(wildcard=True)


@xml_type(XMLDSIG, element="Object", mixed=True, wildcard=0)
class Object:
    """Room for foreign content, of which there is none in V2G messages."""

    encoding: String | None = attribute(default=None)
    id: String | None = attribute(default=None)
    mime_type: String | None = attribute(default=None)


@xml_type(XMLDSIG, element="Signature")
class Signature:
    """A signature over one or more elements of the message."""

    id: String | None = attribute(default=None)
    signed_info: SignedInfo = element(reference=True)
    signature_value: SignatureValue = element(reference=True)
    key_info: KeyInfo | None = element(reference=True, default=None)
    object: tuple[Object, ...] = element(min_occurs=0, reference=True, default=())


@xml_type(XMLDSIG, element="Manifest")
class Manifest:
    """References that an application checks by itself."""

    id: String | None = attribute(default=None)
    reference: tuple[Reference, ...] = element(reference=True)


@xml_type(XMLDSIG, element="SignatureProperty", mixed=True, wildcard=1)
class SignatureProperty:
    """A statement about the signature; always foreign content, so always refused."""

    id: String | None = attribute(default=None)
    target: String = attribute()


@xml_type(XMLDSIG, element="SignatureProperties")
class SignatureProperties:
    """Statements about the signature."""

    id: String | None = attribute(default=None)
    signature_property: tuple[SignatureProperty, ...] = element(reference=True)
