"""What may be unpickled: Thespian's listed management messages, and nothing that runs code."""

import builtins
import functools
import io
import os
import pickle
import pickletools
import subprocess
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thespian import actors
from thespian.system.addressManager import ActorAddressManager, CannotPickleAddress
from thespian.system.messages import admin, convention, logcontrol, multiproc
from thespian.system.sourceLoader import SourceHashFinder

from actors.engine import control
from actors.engine.address import SiteAddress
from actors.engine.hosts import EndWard

ADDRESS = actors.ActorAddress(SiteAddress("127.0.0.1", 4711, 0xABC))
SAMPLES = [
    ADDRESS,
    actors.ActorExitRequest(recursive=False),
    actors.ActorSystemConventionUpdate(ADDRESS, {"evse:3": True}, added=False),
    actors.ChildActorExited(ADDRESS),
    actors.PoisonMessage(b"frame", "why"),
    actors.DeadEnvelope(ADDRESS, actors.ActorExitRequest()),
    admin.QueryExists(),
    admin.QueryAck("system", "1", inShutdown=False),
    admin.SystemShutdown(),
    admin.SystemShutdownCompleted(),
    admin.PendingActor("actors.engine.registry.Registry", ADDRESS, 3, {"evse:3": True}, None),
    admin.PendingActorResponse(ADDRESS, 3, None, errorCode=7, actualAddress=ADDRESS, errorStr="why"),
    admin.HandleDeadLetters(ADDRESS, enableHandler=True),
    admin.CapabilityUpdate("evse:3", capabilityValue=True),
    admin.NewCapabilities({"evse:3": True}, ADDRESS),
    convention.ConventionRegister(ADDRESS, {"Python Version": (3, 11)}, firstTime=True),
    convention.ConventionDeRegister(ADDRESS),
    convention.ConventionInvite(),
    convention.NotifyOnSystemRegistration(ADDRESS, enableNotification=True),
    multiproc.EndpointConnected(5),
    logcontrol.SetLogging(10, useLogging=True, useFile=False),
    SiteAddress("127.0.0.1", 4711, 0xABC),
    EndWard(ADDRESS),
    timedelta(seconds=3),
]


def plain(item):
    """An object as values that can be compared, whether or not its class knows equality."""
    match item:
        case SiteAddress():
            return (item.host, item.port, item.instance)
        case timedelta() | bytes() | None:
            return item
        case dict():
            return {key: plain(value) for key, value in item.items()}
    return (type(item), {k: plain(v) for k, v in vars(item).items()}) if hasattr(item, "__dict__") else item


def by_name(module, name, *, protocol):
    """A pickle that resolves a global, as old and new protocols write it."""
    if protocol == 0:
        return b"c" + module.encode() + b"\n" + name.encode() + b"\n."
    texts = [pickle.SHORT_BINUNICODE + bytes([len(each)]) + each.encode() for each in (module, name)]
    return b"\x80\x04" + b"".join(texts) + pickle.STACK_GLOBAL + b"."


def test_there_is_a_sample_of_every_listed_class():
    assert {type(sample) for sample in SAMPLES} == set(control._CLASSES)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: type(sample).__name__)
def test_a_listed_message_comes_back_as_it_was(sample):
    back = control.loads(control.dumps(sample))

    assert type(back) is type(sample)
    assert plain(back) == plain(sample)


@pytest.mark.parametrize("item", [b"frame", None, 5, "text", (ADDRESS,), date.min, RuntimeError("x")])
def test_what_is_no_control_message_is_not_sent(item):
    with pytest.raises(TypeError, match="neither bytes nor a control message"):
        control.dumps(item)


def test_a_subclass_of_a_listed_class_is_not_sent():
    class Disguised(actors.ActorExitRequest):
        pass

    with pytest.raises(TypeError):
        control.dumps(Disguised())


def test_an_address_that_is_not_known_yet_passes_the_complaint_on():
    manager = ActorAddressManager(ADDRESS, ADDRESS)
    child = manager.createLocalAddress()

    with pytest.raises(CannotPickleAddress):
        control.dumps(actors.ChildActorExited(child))

    # when the child has told where it listens
    manager.associateUseableAddress(ADDRESS, 0, actors.ActorAddress(SiteAddress("127.0.0.1", 99, 1)))
    back = control.loads(control.dumps(actors.ChildActorExited(child)))
    assert back.childAddress.addressDetails == SiteAddress("127.0.0.1", 99, 1)


FORBIDDEN = [
    ("os", "system"),
    ("posix", "system"),
    ("nt", "system"),
    ("subprocess", "Popen"),
    ("builtins", "eval"),
    ("builtins", "exec"),
    ("builtins", "getattr"),
    ("builtins", "object"),
    ("__builtin__", "eval"),
    ("functools", "partial"),
    ("operator", "attrgetter"),
    ("importlib", "import_module"),
    ("copyreg", "_reconstructor"),
    ("pickle", "loads"),
    ("datetime", "datetime"),
    ("thespian.actors", "ValidateSource"),
    ("thespian.actors", "ValidatedSource"),
    ("thespian.actors", "LoadedSource"),
    ("thespian.actors", "ActorAddress.__init__"),
    ("thespian.actors", "Actor"),
    ("thespian.actors", "os.system"),
    ("thespian.system.sourceLoader", "SourceHashFinder"),
    ("thespian.system.sourceLoader", "loadModuleFromHashSource"),
    ("thespian.system.messages.status", "Thespian_StatusReq"),
    ("actors.engine.control", "loads"),
    ("actors.engine.address", "address_of"),
    ("actors.engine.address", "SiteAddress.on_same_host"),
]


@pytest.mark.parametrize("protocol", [0, 4])
@pytest.mark.parametrize(("module", "name"), FORBIDDEN)
def test_a_global_that_is_not_listed_is_never_resolved(module, name, protocol):
    with pytest.raises(pickle.UnpicklingError, match="is not a control message"):
        control.loads(by_name(module, name, protocol=protocol))


class Exploit:
    """What an attacker would send."""

    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call[0], self.call[1:]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_call_inside_a_listed_message_is_not_made(tmp_path, protocol):
    sign = tmp_path / "executed"
    for call in (
        (os.system, f"touch {sign}"),
        (subprocess.run, ["touch", str(sign)]),
        (builtins.eval, f"open({str(sign)!r}, 'w')"),
        (functools.partial, builtins.print),
        (SourceHashFinder, "hash", len, b""),
    ):
        data = pickle.dumps(actors.PoisonMessage(Exploit(*call)), protocol=protocol)
        with pytest.raises(pickle.UnpicklingError):
            control.loads(data)

    assert not sign.exists()


@pytest.mark.parametrize("item", [b"frame", None, 5, "text", [ADDRESS], {"a": 1}, actors.ActorAddress])
def test_a_harmless_pickle_that_is_no_message_is_refused_too(item):
    with pytest.raises(pickle.UnpicklingError, match="is not a control message"):
        control.loads(pickle.dumps(item, protocol=4))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b".",
        b"\x80",
        b"\x80\x7f.",
        b"\x82\x01.",  # an extension code
        b"\x80\x04Q.",  # a persistent id
        b"\x80\x04\x97.",  # an out-of-band buffer
        b"\x80\x04\x95" + b"\xff" * 8,  # a frame of 2**64 - 1 bytes
        b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f",  # bytes of 2**63 - 1
        b"\x80\x04" + b"(" * 100_000,
        b"\x80\x04" + b"]" + b"\x85" * 100_000 + b".",
    ],
)
def test_broken_pickles_are_refused_with_one_kind_of_error(data):
    with pytest.raises(pickle.UnpicklingError):
        control.loads(data)


@given(st.binary(max_size=200))
@settings(derandomize=True, deadline=None, max_examples=500)
def test_garbage_raises_only_unpickling_errors(data):
    with pytest.raises(pickle.UnpicklingError):
        control.loads(data)


@given(st.sampled_from(SAMPLES), st.data())
@settings(derandomize=True, deadline=None, max_examples=500)
def test_a_damaged_message_is_read_or_refused_and_nothing_else(sample, data):
    damaged = bytearray(control.dumps(sample))
    damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))

    try:
        item = control.loads(bytes(damaged))
    except pickle.UnpicklingError:
        return
    assert type(item) in control._CLASSES


def test_what_we_send_names_only_listed_classes():
    for sample in SAMPLES:
        data = io.BytesIO(control.dumps(sample))
        texts = [argument for _code, argument, _at in pickletools.genops(data) if isinstance(argument, str)]
        modules = {text for text in texts if text in {kind.__module__ for kind in control._CLASSES}}

        assert modules <= {module for module, _name in control._ALLOWED}
        assert "copyreg" not in texts
