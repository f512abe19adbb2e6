from cryptography.hazmat.primitives.serialization import Encoding

from actors.v2g.link.material import gather
from certs import pki
from certs.keys import key_to_pem
from certs.pem import to_pem
from certs.tls import Edition
from certs.verdict import Reason
from protocols.types import evse_security as types
from tests.support.tls import NOW, oem_roots, staple_of, world

ROOTS = to_pem(oem_roots())


def files_of(name, *, staple=False):
    made = world()[name]
    files = {f"{name}.key": key_to_pem(made.key), f"{name}.pem": to_pem(made.chain)}
    if staple:
        files[f"{name}.ocsp"] = staple_of(name)
    return files


def info(name, *, staple=False, root=True, **more):
    made = world()[name]
    hashes = types.CertificateHashData(
        hash_algorithm=types.HashAlgorithm.SHA256,
        issuer_name_hash="a",
        issuer_key_hash="b",
        serial_number="1",
    )
    ocsp = (types.CertificateOCSP(hash=hashes, ocsp_path=f"{name}.ocsp"),) if staple else None
    fields = {
        "key": f"{name}.key",
        "certificate": f"{name}.pem",
        "certificate_count": len(made.chain),
        "certificate_root": made.path[-1].public_bytes(Encoding.PEM).decode() if root else None,
        "ocsp": ocsp,
    }
    return types.CertificateInfo(**(fields | more))


def gathered(infos, files, roots=ROOTS, **more):
    def read(path):
        if path not in files:
            raise FileNotFoundError(path)
        return files[path]

    return gather(infos, roots, read, **more)


def test_chains_of_both_editions_are_served():
    files = files_of("SECC_LEAF", staple=True) | files_of("SECC_LEAF_20")

    found = gathered([info("SECC_LEAF", staple=True), info("SECC_LEAF_20")], files)

    assert [each.edition for each in found.material.identities] == [Edition.ISO2, Edition.ISO20]
    assert found.material.identities[0].fresh_staple(NOW) == files["SECC_LEAF.ocsp"]
    assert found.problems == ()


def test_a_chain_that_cannot_be_read_is_left_out_and_named():
    found = gathered([info("SECC_LEAF"), info("SECC_LEAF_20")], files_of("SECC_LEAF"))

    assert [each.edition for each in found.material.identities] == [Edition.ISO2]
    assert len(found.problems) == 1
    assert "SECC_LEAF_20.pem" in found.problems[0]


def test_a_key_of_another_certificate_is_named_without_being_shown():
    files = files_of("SECC_LEAF") | {"SECC_LEAF.key": key_to_pem(world()["MO_LEAF"].key)}

    found = gathered([info("SECC_LEAF")], files)

    assert found.material is None
    assert "SECC_LEAF.pem" in found.problems[0]
    assert "PRIVATE" not in "".join(found.problems)


def test_without_roots_for_vehicles_the_newer_edition_is_left_out():
    files = files_of("SECC_LEAF") | files_of("SECC_LEAF_20")

    found = gathered([info("SECC_LEAF"), info("SECC_LEAF_20")], files, roots=b"")

    assert [each.edition for each in found.material.identities] == [Edition.ISO2]
    assert "no roots for vehicles" in found.problems[0]


def test_roots_that_are_none_are_named_and_do_no_harm():
    found = gathered([info("SECC_LEAF")], files_of("SECC_LEAF"), roots=b"garbage")

    assert found.material.vehicle_roots == ()
    assert "roots for vehicles" in found.problems[0]


def test_a_staple_that_is_about_somebody_else_is_not_worth_the_chain():
    files = files_of("SECC_LEAF") | {"SECC_LEAF.ocsp": staple_of("SECC_LEAF_20")}

    found = gathered([info("SECC_LEAF", staple=True)], files)

    assert found.material.identities[0].staple is None


def test_a_staple_that_is_gone_is_no_reason_to_refuse():
    found = gathered([info("SECC_LEAF", staple=True)], files_of("SECC_LEAF"))

    assert found.material.identities[0].staple is None


def test_an_entry_without_any_file_is_named():
    found = gathered([info("SECC_LEAF", certificate=None)], files_of("SECC_LEAF"))

    assert found.material is None
    assert "names no file" in found.problems[0]


def test_nothing_at_all_is_no_material():
    assert gathered([], {}) == (None, ())


def test_chains_of_an_edition_that_is_not_served_are_left_out_silently():
    files = files_of("SECC_LEAF") | files_of("SECC_LEAF_20")

    found = gathered([info("SECC_LEAF"), info("SECC_LEAF_20")], files, editions={Edition.ISO2})

    assert [each.edition for each in found.material.identities] == [Edition.ISO2]
    assert found.problems == ()


def revoked_by(lists, files):
    """What the lists say of a vehicle's certificate that has been revoked, and what could not be read."""
    broken = pki.broken(world(), "VEHICLE_LEAF_20", "revoked")
    listed = {"a.crl": broken.crls[0].public_bytes(Encoding.DER)}
    found = gathered([info("SECC_LEAF")], files_of("SECC_LEAF") | listed | files, lists=lists)
    return found.material.revocation.check(broken.leaf, broken.received[0], NOW), found.problems


def test_vehicle_certificates_are_held_against_the_lists():
    assert revoked_by(["a.crl"], {}) == (Reason.REVOKED, ())


def test_a_list_that_cannot_be_read_is_named_and_the_others_count():
    reason, problems = revoked_by(["gone.crl", "b.crl", "a.crl"], {"b.crl": b"garbage"})

    assert reason is Reason.REVOKED
    assert [problem.partition(":")[0] for problem in problems] == ["gone.crl", "b.crl"]


def test_without_lists_nobody_is_revoked():
    assert revoked_by([], {}) == (None, ())
