"""Tests for actors/system/errand.py: logs packed and sent, images fetched, programs run."""

from __future__ import annotations

import base64
import http.server
import socket
import tarfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from actors.system import errand
from actors.system.errand import outcome_of
from actors.system.outcome import Outcome

pytestmark = pytest.mark.timeout(30)


class Handler(http.server.BaseHTTPRequestHandler):
    """Keeps what is put, gives what the server holds."""

    def do_PUT(self):  # http.server's name
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, self.headers.get("Authorization"), data))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):  # as above
        self.send_response(self.server.status)
        if self.server.announced is not None:
            self.send_header("Content-Length", str(self.server.announced))
        self.end_headers()
        self.wfile.write(self.server.image)

    def log_message(self, *_args):
        pass


@pytest.fixture
def server():
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as made:
        made.got, made.status, made.image, made.announced = [], 200, b"image" * 1000, 5000
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        made.url = f"http://127.0.0.1:{made.server_port}"
        yield made
        made.shutdown()
        thread.join()


def upload(tmp_path, location, **more):
    (tmp_path / "work").mkdir(exist_ok=True)
    log = tmp_path / "evsite.log"
    log.write_text("a line\n")
    job = {
        "errand": "upload", "work": str(tmp_path / "work"), "file_name": "log.tar.gz",
        "location": location, "sources": [str(log)],
    }  # fmt: skip
    return outcome_of(job | more)


def names(path):
    with tarfile.open(path) as archive:
        return [Path(each.name).name for each in archive.getmembers()]


def test_logs_are_put_into_a_directory_whole(tmp_path):
    (tmp_path / "out").mkdir()

    found = upload(tmp_path, f"file://{tmp_path}/out")

    assert found["outcome"] == Outcome.DONE
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["log.tar.gz"]
    assert names(tmp_path / "out" / "log.tar.gz") == ["evsite.log"]
    assert list((tmp_path / "work").iterdir()) == []


def test_a_directory_that_is_not_there_is_a_failure(tmp_path):
    assert upload(tmp_path, f"file://{tmp_path}/out")["outcome"] == Outcome.FAILED


def test_logs_are_put_to_a_server_with_its_credentials(tmp_path, server):
    url = server.url.replace("//", "//user:p%40ss@")

    found = upload(tmp_path, f"{url}/logs/")

    assert found["outcome"] == Outcome.DONE
    (path, secret, data), = server.got  # fmt: skip
    assert path == "/logs/log.tar.gz"
    assert secret == "Basic dXNlcjpwQHNz"
    (tmp_path / "got").write_bytes(data)
    assert names(tmp_path / "got") == ["evsite.log"]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, "BadMessage"),
        (401, "Denied"),
        (403, "Denied"),
        (405, "NotSupported"),
        (500, "Failed"),
        (302, "Failed"),
    ],
)
def test_a_servers_refusal_is_told_by_its_kind(tmp_path, server, status, outcome):
    server.status = status

    assert upload(tmp_path, f"{server.url}/logs")["outcome"] == outcome


def test_a_server_that_is_not_there_is_a_failure(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]

    assert upload(tmp_path, f"http://127.0.0.1:{port}/")["outcome"] == Outcome.FAILED


def test_directories_elders_and_the_journal_are_packed(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "ocpp" / "deep").mkdir(parents=True)
    (tmp_path / "ocpp" / "deep" / "messages.log").write_text("x")
    (tmp_path / "ocpp" / "link").symlink_to("/etc/passwd")
    (tmp_path / "evsite.log.1").write_text("older\n")

    upload(
        tmp_path, f"file://{tmp_path}/out", journal=["echo"], oldest_s=1.0, latest_s=2.0,
        sources=[str(tmp_path / "evsite.log"), str(tmp_path / "ocpp"), "/no/such/directory"],
    )  # fmt: skip

    with tarfile.open(tmp_path / "out" / "log.tar.gz") as archive:
        assert archive.extractfile("journal.txt").read() == b"--since=@1 --until=@2\n"
    assert sorted(names(tmp_path / "out" / "log.tar.gz")) == [
        "evsite.log", "evsite.log.1", "journal.txt", "messages.log",
    ]  # fmt: skip


def test_a_machine_without_systemd_has_no_journal_to_pack(tmp_path):
    (tmp_path / "out").mkdir()

    assert upload(tmp_path, f"file://{tmp_path}/out", journal=["/no/journal"])["outcome"] == Outcome.DONE


def test_what_is_older_than_wanted_is_left_out(tmp_path):
    (tmp_path / "out").mkdir()

    upload(tmp_path, f"file://{tmp_path}/out", oldest_s=9e12)

    assert names(tmp_path / "out" / "log.tar.gz") == []


def test_logs_without_end_are_cut_at_the_bound(tmp_path, monkeypatch):
    monkeypatch.setattr(errand, "MAX_LOG_BYTES", 4)
    (tmp_path / "out").mkdir()

    upload(tmp_path, f"file://{tmp_path}/out")

    with tarfile.open(tmp_path / "out" / "log.tar.gz") as archive:
        assert [each.size for each in archive.getmembers()] == [4]


def fetch(tmp_path, location, **more):
    job = {"errand": "download", "location": location, "target": str(tmp_path / "image")}
    return outcome_of(job | more)["outcome"]


@pytest.mark.parametrize("announced", [5000, None])
def test_an_image_is_fetched_whole(tmp_path, server, announced):
    server.announced = announced

    assert fetch(tmp_path, f"{server.url}/firmware.bin") == Outcome.DONE
    assert (tmp_path / "image").read_bytes() == server.image


def test_an_image_may_lie_in_a_file(tmp_path):
    (tmp_path / "there").write_bytes(b"firmware")

    assert fetch(tmp_path, f"file://{tmp_path}/there") == Outcome.DONE
    assert (tmp_path / "image").read_bytes() == b"firmware"


@pytest.mark.parametrize(
    ("announced", "limit", "outcome"),
    [(5000, 4999, "NotSupported"), (None, 4999, "NotSupported"), (5001, 9999, "Failed")],
)
def test_an_image_of_another_size_is_not_taken(tmp_path, server, announced, limit, outcome):
    server.announced = announced

    assert fetch(tmp_path, f"{server.url}/firmware.bin", max_bytes=limit) == outcome
    assert not (tmp_path / "image").exists()


@pytest.mark.parametrize(("status", "outcome"), [(404, "Failed"), (403, "Denied")])
def test_an_image_that_is_refused_is_told_by_its_kind(tmp_path, server, status, outcome):
    server.status = status

    assert fetch(tmp_path, f"{server.url}/firmware.bin") == outcome


def test_a_program_succeeds_or_fails_with_what_it_said():
    assert outcome_of({"errand": "command", "command": ["true"]})["outcome"] == Outcome.DONE
    failed = outcome_of({"errand": "command", "command": ["sh", "-c", "echo broken >&2; exit 3"]})
    assert failed == {"outcome": Outcome.FAILED, "text": "sh: exit code 3 broken"}


def test_a_program_that_is_not_there_is_a_failure():
    assert outcome_of({"errand": "command", "command": ["/no/such/program"]})["outcome"] == Outcome.FAILED


def test_a_file_we_may_not_write_is_denied(tmp_path, monkeypatch):
    def denied(*_args):
        raise PermissionError("not yours")

    monkeypatch.setattr(errand, "_put_file", denied)

    assert upload(tmp_path, f"file://{tmp_path}")["outcome"] == Outcome.DENIED


def test_a_word_picks_its_lines_and_whole_files_of_events(tmp_path):
    (tmp_path / "out").mkdir()
    sources = tmp_path / "log"
    sources.mkdir()
    texts = {"some.log": "has the word\nhas not\n", "none.log": "nothing\n", "x.security.log": "an event\n"}
    for name, text in texts.items():
        (sources / name).write_text(text)

    upload(
        tmp_path, f"file://{tmp_path}/out", sources=[str(sources)], word="word", journal=["echo", "a word"]
    )

    with tarfile.open(tmp_path / "out" / "log.tar.gz") as archive:
        found = {Path(each.name).name: archive.extractfile(each).read() for each in archive}
    assert found == {
        "journal.txt": b"a word\n",
        "some.log": b"has the word\n",
        "x.security.log": b"an event\n",
    }


@pytest.mark.parametrize(("signed", "outcome"), [(b"image", Outcome.DONE), (b"other", Outcome.DENIED)])
def test_the_signature_of_an_image_is_judged(tmp_path, signed, outcome):
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now, image = datetime.now(UTC), tmp_path / "image"
    image.write_bytes(b"image")
    maker = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    certificate = maker.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    signature = base64.b64encode(key.sign(signed, ec.ECDSA(hashes.SHA256()))).decode()

    found = outcome_of(
        {"errand": "verify", "file": str(image), "certificate": certificate, "signature": signature}
    )

    assert found["outcome"] == outcome
