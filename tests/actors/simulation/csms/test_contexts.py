"""TLS of the security profiles, with the certificates of a test PKI."""

import shutil
import ssl

import pytest

from actors.simulation.csms.contexts import server_context
from certs.errors import CertificateError
from tests.support.csms_server import client_context, written_world


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return written_world(str(tmp_path_factory.mktemp("contexts")))


def told(_why):
    pytest.fail("nothing was refused")


def shaken(server, client):
    """A handshake in memory; what the client says about it."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    station = client.wrap_bio(to_client, to_server, server_hostname="localhost")
    ours = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(5):
        for side in (station, ours):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return None
    return station, ours


@pytest.mark.parametrize("profile", [None, 0, 1])
def test_without_tls_there_is_no_context(profile, directory):
    assert server_context(profile, directory, told) is None


def test_profile_two_wants_no_certificate_of_the_station(directory):
    station, ours = shaken(server_context(2, directory, told), client_context(directory))

    assert station.getpeercert()["subject"]
    assert ours.getpeercert() is None


def test_profile_three_wants_a_certificate_of_the_station(directory):
    _, ours = shaken(server_context(3, directory, told), client_context(directory, certificate=True))

    assert ours.getpeercert()["subject"][-1][0][1] == "evsite-0001" or "evsite-0001" in str(
        ours.getpeercert()
    )


def test_a_station_without_a_certificate_is_told(directory):
    found = []

    shaken(server_context(3, directory, found.append), client_context(directory))

    assert found == ["peer did not return a certificate"]


def test_a_station_that_speaks_no_tls_is_told(directory):
    found, incoming = [], ssl.MemoryBIO()
    incoming.write(b"GET /cp-1 HTTP/1.1\r\n\r\n")
    ours = server_context(2, directory, found.append).wrap_bio(incoming, ssl.MemoryBIO(), server_side=True)

    with pytest.raises(ssl.SSLError):
        ours.do_handshake()
    assert found == ["http request"]


def test_tls_needs_a_directory():
    with pytest.raises(CertificateError, match="--pki DIRECTORY"):
        server_context(2, None, told)


@pytest.mark.parametrize("profile", [2, 3])
def test_files_that_are_missing_are_told(profile, tmp_path):
    with pytest.raises(CertificateError, match=str(tmp_path / "server/csms/CSMS_SERVER.pem")):
        server_context(profile, tmp_path, told)


def test_files_that_do_not_fit_are_told_with_their_directory(directory, tmp_path):
    folder = shutil.copytree(directory, tmp_path / "pki")
    (folder / "server/csms/CSMS_SERVER.key").write_text("damaged")

    with pytest.raises(CertificateError, match=str(folder)):
        server_context(2, folder, told)
