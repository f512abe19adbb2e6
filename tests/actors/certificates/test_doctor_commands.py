"""The doctor finds what was broken, and what it says mends it does: the commands are carried out here."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import os
import pathlib
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from certs import keys, pem, pki
from certs.examination import inspect
from certs.examination.leaves import look_at
from certs.pki.hierarchies import contents
from certs.store import Settings
from tests.support import sites
from tests.support.command_line import evsite
from tests.support.disk import as_nobody, needs_root

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
CSO = "client/cso"


@pytest.fixture(scope="session")
def made():
    return pki.build(pki.Options(now=NOW))


@pytest.fixture(scope="session")
def world(made, tmp_path_factory):
    """What `evsite pki init` writes, without the broken variants: they are put in one by one."""
    return provision(tmp_path_factory.mktemp("doctor"), made)


def provision(folder, made, password=None):
    for name, file in pki.files(made, password, with_broken=False).items():
        put(folder / name, file.content, file.mode)
    return folder


@pytest.fixture
def store(world, tmp_path, monkeypatch):
    """A good store, and the shell's directory beside it."""
    shutil.copytree(world, tmp_path / "certs")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "certs"


def put(path, content, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
    return path


def found(store, *words):
    """The exit code, and what was found: kind and level and path below the store, with its commands."""
    done = evsite("doctor", "certs", store, "--json", *words)
    report = json.loads(done.stdout)
    assert report["good"] is (done.exit_code == 0)
    return done.exit_code, report["findings"]


def kinds(findings):
    return {one["kind"] for one in findings}


def carry_out(line):
    words = shlex.split(line, comments=True)
    if words[:1] == ["evsite"]:
        done = evsite(*words[1:])
        assert done.exit_code == 0, (line, done.output)
    else:
        subprocess.run(["bash", "-c", line], check=True, timeout=10)


def heal(store, *words, rounds=4):
    """Do as the doctor says until there is nothing left to do; how many rounds that took.

    No round takes the key of a leaf that stays, nor a leaf that serves.
    """
    before = leaves_in(store)
    for number in range(rounds):
        _, findings = found(store, *words)
        if not findings:
            return number
        for line in dict.fromkeys(line for one in findings for line in one["mend"]):
            carry_out(line)
        after = leaves_in(store)
        keep_their_keys(before, after)
        before = after
    raise AssertionError(findings)


def leaves_in(store):
    """Each leaf in EVerest's layout: whether it has its key, and whether it can be used as it is."""
    inspection = inspect(Settings(root=store))
    return {
        one.leaf.certificate: (one.leaf.key is not None, one.serves and one.shown and not one.has_expired)
        for domain in inspection.index.leaves
        for one in look_at(inspection, domain, NOW)
    }


def keep_their_keys(before, after):
    for leaf, (has_key, serves) in before.items():
        assert after.get(leaf, (has_key, serves))[0] == has_key or not has_key
        assert leaf in after or not serves


def leaf_files(store, name):
    end = "_20" if name.endswith("_20") else ""
    chain = {"SECC": "CPO_CERT_CHAIN", "CSMS": "CSMS_CERT_CHAIN"}[name[:4]]
    folder = store / ("client/csms" if name.startswith("CSMS") else CSO)
    return folder / f"{name}.pem", folder / f"{name}.key", folder / f"{chain}{end}.pem"


def replace_leaf(store, name, leaf, key, received):
    single, key_file, chain = leaf_files(store, name)
    put(single, pem.to_pem([leaf]))
    put(key_file, keys.key_to_pem(key), 0o600)
    chain.unlink(missing_ok=True)
    if received:
        put(chain, pem.to_pem([leaf, *received]))


def test_a_good_store_has_nothing_to_say(store):
    done = evsite("doctor", "certs", store)

    assert (done.exit_code, done.output) == (0, "")


LEAVES = ("SECC_LEAF", "SECC_LEAF_20", "CSMS_LEAF")
OUTCOMES = {
    "expired": "expired",
    "future": "not_yet_valid",
    "missing-sub": "incomplete",
    "foreign-root": "incomplete",
}
"""What a variant is called where it is not simply refused."""


def broken_chains():
    named = pki.build(pki.Options(now=NOW))
    return [(name, variant) for name in LEAVES for variant in pki.variants_of(named, name)]


@pytest.mark.untraced
@pytest.mark.parametrize(("name", "variant"), broken_chains())
def test_every_broken_chain_is_found_and_mended(store, made, name, variant):
    # given the variant in place of the good chain
    wrong = pki.broken(made, name, variant)
    replace_leaf(store, name, wrong.leaf, wrong.key, wrong.received)
    if variant == "revoked":
        revoke(store, made, name, wrong)

    # then it is named for what it is, at the leaf's file
    code, findings = found(store)
    assert code == 1
    about = {
        one["kind"] for one in findings if one["path"].startswith(str(leaf_files(store, name)[0].parent))
    }
    assert OUTCOMES.get(variant, "refused") in about
    if variant not in OUTCOMES:
        assert any(wrong.reason.value in one["text"] for one in findings)

    # and what it says mends it does
    heal(store)


def revoke(store, made, name, wrong):
    from certs.hashes import hash_data
    from certs.ocsp_cache import write_hash_file

    folder = leaf_files(store, name)[0].parent / "ocsp"
    issuer = made[name].issuer.certificate
    put(folder / "revoked.der", wrong.responses[0])
    put(folder / "revoked.hash", write_hash_file(hash_data(wrong.leaf, issuer)))


def remove(name):
    return lambda store: (store / name).unlink()


def append(name, content):
    return lambda store: put(store / name, (store / name).read_bytes() + content)


def copy(source, target):
    return lambda store: shutil.copy(store / source, store / target)


def link(name, target):
    def make(store):
        (store / name).symlink_to(target)

    return make


def swap_keys(store):
    (store / f"{CSO}/SECC_LEAF.key").write_bytes(keys.key_to_pem(keys.generate_key(keys.KeyKind.P256)))


def old_key(store):
    path = put(store / f"{CSO}/old.key", keys.key_to_pem(keys.generate_key(keys.KeyKind.P256)), 0o600)
    os.utime(path, ((NOW - 3 * DAY).timestamp(),) * 2)


def share_key(store):
    """Of the good leaf, with one that must be refused."""
    usual = contents(pki.LEAVES["SECC_LEAF"], pki.Options(now=NOW), pki.Edition.ISO2)
    key = keys.load_key((store / f"{CSO}/SECC_LEAF.key").read_bytes())
    wrong = replace(usual, ca=False, usages=frozenset({"crl_sign"}), ocsp_url=None)
    issuer = authority(store, "CPO_SUB_CA2")
    leaf = pki.issue(wrong, key.public_key(), issuer, issuer.key, 77)
    above = pem.load_certificates((store / "authorities/CPO_SUB_CA2.pem").read_bytes())[:-1]
    put(store / f"{CSO}/a.pem", pem.to_pem([leaf, *above]))


def authority(store, name):
    (certificate, *_) = pem.load_certificates((store / f"authorities/{name}.pem").read_bytes())
    key = keys.load_key((store / f"authorities/{name}.key").read_bytes())
    return pki.Identity(name=name, certificate=certificate, key=key)


def of_the_other(do):
    """With the key of the leaf of edition 20 in place of that of the other leaf."""
    return lambda store: do(store / f"{CSO}/SECC_LEAF_20.key", store / f"{CSO}/SECC_LEAF.key")


def move_between_folders(store):
    (store / "client/csms/CSMS_LEAF.key").rename(store / f"{CSO}/SECC_LEAF.key")


def link_keys(store):
    """The key of a leaf is a link to a file of another name, of which there is a copy."""
    shutil.copy(store / f"{CSO}/SECC_LEAF_20.key", store / f"{CSO}/copy.key")
    (store / f"{CSO}/SECC_LEAF_20.key").rename(store / f"{CSO}/real.key")
    (store / f"{CSO}/SECC_LEAF_20.key").symlink_to("real.key")


def reverse_chain(store):
    path = store / f"{CSO}/CPO_CERT_CHAIN.pem"
    path.write_bytes(pem.to_pem(reversed(pem.load_certificates(path.read_bytes()))))


def chain_inside_the_leaf_only(store):
    """The leaf has no chain file, its sub-CAs lie in the bundle."""
    path = store / f"{CSO}/CPO_CERT_CHAIN.pem"
    bundle = store / "ca/v2g/V2G_ROOT_CA.pem"
    bundle.write_bytes(bundle.read_bytes() + pem.to_pem(pem.load_certificates(path.read_bytes())[1:]))
    path.unlink()


def root_of_others(store):
    other = pki.build(pki.Options(now=NOW, organization="OTHER", editions=(pki.Edition.ISO2,)))
    bundle = store / "ca/v2g/V2G_ROOT_CA.pem"
    bundle.write_bytes(bundle.read_bytes() + pem.to_pem([other["CPO_SUB_CA1"].certificate]))


def forged_root(store):
    bundle = store / "ca/v2g/V2G_ROOT_CA.pem"
    first, *rest = pem.load_certificates(bundle.read_bytes())
    der = bytearray(pem.to_der(first))
    der[-1] ^= 1
    bundle.write_bytes(pem.to_pem([x509.load_der_x509_certificate(bytes(der)), first, *rest]))


def stale_answer(store):
    for path in (store / "ocsp").iterdir():
        path.unlink()
    name = store / f"{CSO}/ocsp/SECC_LEAF.der"
    leaf = pem.load_certificates((store / f"{CSO}/SECC_LEAF.pem").read_bytes())[0]
    issuer = authority(store, "CPO_SUB_CA2")
    name.write_bytes(pki.ocsp_response(leaf, issuer, period=pki.Period.around(NOW - 30 * DAY)))


def unfinished(store):
    (store / ".evsite").mkdir()
    put(store / ".evsite/journal", b"[]", 0o600)


GARBAGE = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
DAMAGES = {
    "no V2G root": (remove("ca/v2g/V2G_ROOT_CA.pem"), {"no_root"}, 1),
    "no CSMS root": (remove("ca/csms/CSMS_ROOT_CA.pem"), {"no_root"}, 1),
    "root twice": (copy("ca/mo/MO_ROOT_CA.pem", "ca/mo/MO_ROOT_CA.pem.new"), set(), 0),
    "roots repeated": (append("ca/mf/MF_ROOT_CA.pem", b""), set(), 0),
    "garbage among roots": (append("ca/v2g/V2G_ROOT_CA.pem", GARBAGE), {"damaged"}, 1),
    "forged root": (forged_root, {"forged_root"}, 1),
    "sub-CA without its root": (root_of_others, {"rootless"}, 1),
    "leaf without key": (remove(f"{CSO}/SECC_LEAF.key"), {"no_key"}, 1),
    "leaf without key, edition 20": (remove(f"{CSO}/SECC_LEAF_20.key"), {"no_key"}, 1),
    "key without leaf": (old_key, {"stray_key"}, 1),
    "key of another certificate": (swap_keys, {"other_key"}, 1),
    "key of the other leaf": (of_the_other(shutil.copy), {"other_key", "copy"}, 1),
    "key of the other leaf, the only one": (of_the_other(shutil.move), {"other_key"}, 1),
    "key of the leaf for the CSMS": (move_between_folders, {"other_key", "no_key"}, 1),
    "key of two leaves": (share_key, {"refused"}, 1),
    "key that is a link": (link_keys, {"copy"}, 0),
    "key others may read": (lambda store: (store / f"{CSO}/SECC_LEAF.key").chmod(0o640), {"open_key"}, 1),
    "chain backwards": (reverse_chain, {"disorder"}, 1),
    "sub-CAs in the bundle": (chain_inside_the_leaf_only, {"incomplete"}, 1),
    "no chain file": (remove(f"{CSO}/CPO_CERT_CHAIN.pem"), {"incomplete"}, 1),
    "key that is garbage": (
        lambda store: (store / f"{CSO}/x.key").write_bytes(b"-----BEGIN PRIVATE KEY-----"), {"garbage"}, 1,
    ),
    "certificate cut short": (
        lambda store: (store / f"{CSO}/x.pem").write_bytes(GARBAGE[:40]), {"garbage"}, 1,
    ),
    "certificate twice": (copy(f"{CSO}/SECC_LEAF.pem", f"{CSO}/SECC_LEAF_copy.pem"), {"copy"}, 0),
    "key twice": (copy(f"{CSO}/SECC_LEAF.key", f"{CSO}/copy.key"), {"copy"}, 0),
    "link to nowhere": (link(f"{CSO}/x.pem", "/nowhere/at/all.pem"), {"outside"}, 1),
    "no answer": (remove(f"{CSO}/ocsp/CPO_SUB_CA1.der"), {"no_answer_file", "no_answer"}, 1),
    "no hash file": (remove(f"{CSO}/ocsp/SECC_LEAF.hash"), {"no_hash_file", "no_answer"}, 1),
    "hash file that is garbage": (
        lambda store: (store / f"{CSO}/ocsp/SECC_LEAF.hash").write_bytes(b"what"), {"no_hash_file"}, 1,
    ),
    "answer that is garbage": (
        lambda store: (store / f"{CSO}/ocsp/SECC_LEAF_20.der").write_bytes(b"what"), {"bad_answer"}, 1,
    ),
    "answer about another": (
        copy(f"{CSO}/ocsp/SECC_LEAF_20.der", f"{CSO}/ocsp/SECC_LEAF.der"), {"bad_answer"}, 1,
    ),
    "answer of last month": (stale_answer, {"stale_answer"}, 1),
    "change cut short": (unfinished, {"unfinished"}, 0),
}  # fmt: skip


@pytest.mark.untraced
@pytest.mark.parametrize("damage", DAMAGES)
def test_every_damage_is_found_and_mended(store, damage):
    do, expected, code = DAMAGES[damage]
    do(store)

    exit_code, findings = found(store)
    assert expected <= kinds(findings)
    assert exit_code == code
    heal(store)


def damages():
    """Every damage and every broken chain."""
    made = {name: do for name, (do, _, _) in DAMAGES.items()}
    for name, variant in broken_chains():
        if variant != "revoked":
            made[f"{name}, {variant}"] = functools.partial(put_variant, name=name, variant=variant)
    return made


def put_variant(store, *, name, variant):
    """Of strangers who bear the names of ours."""
    wrong = pki.broken(strangers(), name, variant)
    replace_leaf(store, name, wrong.leaf, wrong.key, wrong.received)


@functools.cache
def strangers():
    return pki.build(pki.Options(now=NOW))


PAIRS = random.Random(7).sample(list(itertools.combinations(damages(), 2)), 12)  # a sample


@pytest.mark.untraced
@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_damages_that_come_together_are_mended_together(store, pair):
    for name in pair:
        with contextlib.suppress(FileNotFoundError, FileExistsError):  # the other one was there before
            damages()[name](store)

    heal(store)


def test_a_root_that_is_there_twice_is_a_note(store):
    bundle = store / "ca/v2g/V2G_ROOT_CA.pem"
    bundle.write_bytes(bundle.read_bytes() * 2)

    code, (finding,) = found(store)

    assert (code, finding["kind"], finding["level"]) == (0, "repeated", "note")
    heal(store)


def test_a_link_that_leads_out_is_replaced_by_what_it_shows(store, tmp_path):
    key = store / f"{CSO}/SECC_LEAF.key"
    outside = tmp_path / "outside.key"
    key.rename(outside)
    key.symlink_to(outside)

    assert {"outside", "no_key"} <= kinds(found(store)[1])
    carry_out(next(one["mend"][0] for one in found(store)[1] if one["kind"] == "outside"))

    assert found(store) == (0, [])
    assert not key.is_symlink()


def test_what_expires_soon_is_named_before_it_does(store):
    later = NOW + 340 * DAY

    code, findings = found(store, "--at", f"{later:%Y-%m-%d}")
    assert code == 1
    assert "expires" in kinds(findings)
    assert "expired" not in kinds(findings)
    assert "expires" not in kinds(found(store, "--within", "1", "--at", f"{later:%Y-%m-%d}")[1])


def test_a_leaf_that_is_renewed_in_time_is_no_trouble(store, made):
    replace_leaf(store, "SECC_LEAF", *short_lived(made, 5))

    assert kinds(found(store)[1]) >= {"expires"}
    heal(store)


def short_lived(made, days):
    usual = contents(made.rows["SECC_LEAF"], made.options, pki.Edition.ISO2)
    new = replace(usual, not_after=NOW + days * DAY)
    one = made.mint.identity("SHORT", new, made["SECC_LEAF"].issuer, key=made["SECC_LEAF"].key)
    return one.certificate, one.key, one.chain[1:]


def test_roots_that_have_expired_are_made_anew(tmp_path, monkeypatch):
    # given test CAs of long ago
    monkeypatch.chdir(tmp_path)
    store = tmp_path / "certs"
    start = NOW - 400 * DAY
    words = ("--from", f"{start:%Y-%m-%d}", "--root-days", "30", "--sub-days", "30", "--days", "30")
    assert evsite("pki", "init", store, "--iso", "2", "--no-broken", *words).exit_code == 0

    assert kinds(found(store)[1]) >= {"old_root", "expired"}
    (line,) = {line for one in found(store)[1] for line in one["mend"] if " init " in line}
    carry_out(line)

    assert found(store) == (0, [])


def test_keys_with_a_password_need_it(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = provision(tmp_path / "certs", made, b"secret")
    put(tmp_path / "PASSWORD_FILE", b"secret\n")

    code, findings = found(store)
    assert code == 1
    assert "password" in kinds(findings)
    carry_out(next(one["mend"][0] for one in findings if one["kind"] == "password"))
    assert found(store, "--password-file", tmp_path / "PASSWORD_FILE") == (0, [])


def test_renewal_keeps_to_the_password(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = provision(tmp_path / "certs", made, b"secret")
    words = ("--password-file", put(tmp_path / "password", b"secret\n"))
    (store / f"{CSO}/SECC_LEAF.key").unlink()

    heal(store, *words)

    assert all(b"ENCRYPTED" in path.read_bytes() for path in (store / CSO).glob("*.key"))


def test_an_empty_directory_lacks_everything(tmp_path):
    code, findings = found(tmp_path)

    assert code == 1
    assert [(one["kind"], one["level"]) for one in findings] == [
        ("no_root", "note"), ("no_root", "error"), ("no_leaf", "error"),
    ]  # fmt: skip
    assert not list(tmp_path.iterdir())  # nothing was made


def test_without_test_cas_what_is_not_here_is_in_capitals(store):
    shutil.rmtree(store / "authorities")
    (store / f"{CSO}/SECC_LEAF.key").unlink()
    (store / f"{CSO}/ocsp/SECC_LEAF_20.der").unlink()
    (store / "ca/csms/CSMS_ROOT_CA.pem").unlink()

    lines = [line for one in found(store)[1] for line in one["mend"]]

    assert f"evsite pki install ROOT.pem {store} --as csms-root" in lines
    assert f"evsite pki install RESPONSE.der {store} --as ocsp" in lines
    assert any(line.startswith("# have secc-2-") for line in lines)


def test_every_command_that_is_named_has_its_options(store):
    shutil.rmtree(store / "authorities")
    (store / "ca/v2g/V2G_ROOT_CA.pem").unlink()

    for line in {line for one in found(store)[1] for line in one["mend"] if line.startswith("evsite")}:
        words = shlex.split(line)[1:]
        assert "No such" not in evsite(*words).output
        assert "Usage" not in evsite(*words).output


def test_a_site_file_names_the_places(made, tmp_path, monkeypatch):
    # given a site whose SECC leaves lie elsewhere in its store
    monkeypatch.chdir(tmp_path)
    store = provision(tmp_path / "run/certs", made)
    shutil.move(store / CSO, store / "elsewhere")
    text = (sites.ROOT / "deploy/sil-2evse.yaml").read_text()
    assert evsite("doctor", "certs", store).exit_code == 1
    site = tmp_path / "site.yaml"
    places = "{secc_leaf_cert_directory: elsewhere, secc_leaf_key_directory: elsewhere}"
    site.write_text(with_security(text, places))

    for words in ((site, "--state", tmp_path / "run"), (store, "--site", site)):
        done = evsite("doctor", "certs", *words)
        assert (done.exit_code, done.output) == (0, "")

    # and what mends it works on those places
    (store / "elsewhere/SECC_LEAF.key").unlink()
    heal(store, "--site", site)


def with_security(text, config):
    lines, out = text.splitlines(), []
    for line in lines:
        out.append(line)
        if line.strip() in {"module: EvseSecurity", "module: Certificates"}:
            indent = line[: len(line) - len(line.lstrip())]
            out.append(f"{indent}config_module: {config}")
    assert len(out) == len(lines) + 1
    return "\n".join(out) + "\n"


@pytest.mark.parametrize(
    "words",
    [
        ["/nowhere/at/all"],
        [],
        ["--site", "/nowhere.yaml"],
        ["{store}", "--site", "{store}/ca/v2g/V2G_ROOT_CA.pem"],
        ["{store}", "--password-file", "/dev/null"],
        ["{store}", "--within", "-1"],
    ],
    ids=" ".join,
)
def test_what_is_no_store_is_bad_input(store, words):
    done = evsite("doctor", "certs", *(word.format(store=store) for word in words))

    assert done.exit_code == 2
    assert done.stderr
    assert not done.stdout


def test_places_that_cannot_be_a_store_are_bad_input(store):
    shutil.rmtree(store / CSO)
    put(store / CSO, b"")

    assert evsite("doctor", "certs", store).exit_code == 2


def test_the_report_for_people_counts(store):
    (store / f"{CSO}/SECC_LEAF.key").chmod(0o644)

    done = evsite("doctor", "certs", store)

    key = store / f"{CSO}/SECC_LEAF.key"
    assert done.output.splitlines() == [
        f"{key}: error: a private key that others may read: its mode is 0644",
        f"    chmod 600 {key}",
        "1 error",
    ]


def test_what_mends_several_is_said_once(store):
    later = f"{NOW + 10 * DAY:%Y-%m-%d}"

    lines = evsite("doctor", "certs", store, "--at", later).output.splitlines()

    assert [line for line in lines if line.startswith("    ")] == [f"    evsite pki ocsp {store}"]
    assert lines[-1] == "6 warnings"


def test_paths_begin_as_the_store_was_named(store):
    (store / f"{CSO}/SECC_LEAF.key").chmod(0o644)
    store.with_name("link").symlink_to(store.name)
    os.chdir(store.parent)

    first = evsite("doctor", "certs", "link").output.splitlines()[1]

    assert first == f"    chmod 600 link/{CSO}/SECC_LEAF.key"


def test_nothing_is_changed_by_looking(store):
    (store / f"{CSO}/SECC_LEAF.key").chmod(0o644)
    unfinished(store)
    before = state_of(store)

    found(store)

    assert state_of(store) == before


def state_of(folder):
    return {
        str(path): (path.lstat().st_mode, path.lstat().st_mtime_ns, path.lstat().st_ino)
        for path in sorted(folder.rglob("*"))
    }


@needs_root
def test_what_may_not_be_read_is_named_and_can_be_mended(world):
    # given a store where others can get to; what pytest makes it closes again whenever a run begins
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder).chmod(0o755)
        store = pathlib.Path(shutil.copytree(world, f"{folder}/certs"))
        store.chmod(0o755)
        look_at_closed_files(store)


def look_at_closed_files(store):
    assert found(store) == (0, [])  # and everything is imported
    (store / f"{CSO}/SECC_LEAF.pem").chmod(0)
    (store / "client/csms").chmod(0)

    with as_nobody():
        _, findings = found(store)

    told = {(one["kind"], one["path"]): one["mend"] for one in findings}
    assert told["closed", str(store / f"{CSO}/SECC_LEAF.pem")] == [f"chmod u+rw {store}/{CSO}/SECC_LEAF.pem"]
    assert told["unlistable", str(store / "client/csms")] == [f"chmod u+rwx {store}/client/csms"]
    assert ("unwritable", str(store / CSO)) in told
    for kind, lines in told.items():
        if kind[0] in {"closed", "unlistable"}:
            carry_out(lines[0])
    assert found(store) == (0, [])


def test_the_commands_work_from_a_shell(store):
    (store / f"{CSO}/SECC_LEAF.key").unlink()
    lines = [line for one in found(store)[1] for line in one["mend"]]
    script = 'evsite() { "$PYTHON" -c "from actors.cli import main; main()" "$@"; }; set -e\n' + "\n".join(
        lines
    )

    environment = {**os.environ, "PYTHON": sys.executable, "PYTHONPATH": str(sites.ROOT)}
    subprocess.run(["bash", "-c", script], check=True, timeout=60, env=environment)

    heal(store)
