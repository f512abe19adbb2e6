"""Commands about V2G messages: `evsite decode`, `evsite encode`. docs/exi-json.md describes what they print.

Exit codes: those of `actors.exits`; 1 is something in the input that could not be decoded or encoded, 2 bad
input to the command itself. What a command needs is imported when it runs.
"""

from __future__ import annotations

import base64
import json
import pathlib
import sys
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from actors.exits import FAILED, GOOD, fail, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

    from protocols.iso15118.capture.keylog import KeyLog

Input = Annotated[
    str,
    typer.Argument(
        metavar="INPUT",
        help="Hexadecimal digits, base64, an evidence bundle, or a file: text, pcap, pcapng."
        " - is standard input.",
    ),
]
Json = Annotated[
    str,
    typer.Argument(metavar="JSON", help="A JSON message, or a file with one. - is standard input."),
]
SchemaName = Annotated[
    str | None,
    typer.Option(
        "--schema",
        metavar="NAME",
        help="Schema, for example iso2_msgdef or xmldsig/fragment.",
        show_default="guess",
    ),
]
KeyLogFile = Annotated[
    pathlib.Path | None,
    typer.Option(
        "--keylog", metavar="FILE", help="TLS key log (SSLKEYLOGFILE) for a capture.", show_default=False
    ),
]
Lines = Annotated[bool, typer.Option("--jsonl", help="Stream JSON objects, one a line, in and out.")]
Compact = Annotated[bool, typer.Option("--compact", help="One line a message.")]
Base64 = Annotated[bool, typer.Option("--base64", help="Print base64 instead of hexadecimal digits.")]


def decode(
    source: Input = "-",
    *,
    schema: SchemaName = None,
    keylog: KeyLogFile = None,
    jsonl: Lines = False,
    compact: Compact = False,
) -> None:
    """Decode V2G messages and print them as JSON: a pasted message, a file of them, a capture, evidence.

    The schema is found out where none is given. Exit code 1: something could not be decoded.
    """
    from actors.wire import lines  # noqa: PLC0415  # see the module's docstring

    if jsonl:
        _stream(source, lines.decode_line)
    bundle = _bundle(source)
    if bundle is not None:
        records = _of_bundle(bundle)
    else:
        data, name = _read(source)
        records = _of_capture(data, keylog) if _is_capture(data) else _of_text(data, name, schema)
    good = True
    for record in records:
        good = good and "error" not in record
        typer.echo(json.dumps(record, indent=None if compact else 2, ensure_ascii=False))
    raise typer.Exit(GOOD if good else FAILED)


def encode(
    source: Json = "-", *, schema: SchemaName = None, as_base64: Base64 = False, jsonl: Lines = False
) -> None:
    """Encode a V2G message from JSON and print the EXI as hexadecimal digits: the reverse of decode.

    Takes what decode prints, or the bare message with --schema. Exit code 1: it is no valid message.
    """
    from actors.wire import lines  # noqa: PLC0415  # see the module's docstring

    if jsonl:
        _stream(source, lines.encode_line)
    from protocols.iso15118 import exi  # noqa: PLC0415  # as above

    record = _message_record(*_read(source), schema)
    try:
        lines.encode_line(record)
    except (lines.LineError, exi.ExiError, RecursionError) as error:
        fail(str(error))
    data = bytes.fromhex(record["exi_hex"])
    typer.echo(base64.b64encode(data).decode("ascii") if as_base64 else data.hex())


def _message_record(data: bytes, name: str, schema: str | None) -> dict[str, Any]:
    try:
        tree = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        refuse(f"{name}: no JSON: {error}")
    if isinstance(tree, dict) and "message" in tree:
        tree, schema = tree["message"], schema or tree.get("schema")
    if schema is None:
        refuse(f"{name}: which schema? Give --schema, or an object with the members schema and message")
    return {"schema": schema, "message": tree}


def _bundle(source: str) -> pathlib.Path | None:
    """The lines of the evidence bundle that was named: its directory, or the file in it."""
    from actors.v2g.link.evidence_lines import BEGINNING, LINES  # noqa: PLC0415  # as above

    path = pathlib.Path(source)
    try:
        if (path / LINES).is_file():
            return path / LINES
        with path.open("rb") as file:
            return path if file.read(len(BEGINNING)) == BEGINNING else None
    except (OSError, ValueError):  # no file; what is wrong with it is said by whoever reads it
        return None


def _of_bundle(path: pathlib.Path) -> Iterator[dict[str, Any]]:
    from actors.v2g.link.evidence_lines import EvidenceError  # noqa: PLC0415  # as above
    from actors.wire import evidence, lines  # noqa: PLC0415  # as above

    try:
        with path.open("rb") as file:
            yield from evidence.records(lines.split(file))
    except OSError as error:
        refuse(f"{path}: {error.strerror}")
    except EvidenceError as error:
        refuse(f"{path}: {error}")


def _of_text(data: bytes, name: str, schema: str | None) -> Iterator[dict[str, Any]]:
    from actors.wire import blobs, report  # noqa: PLC0415  # as above

    if data.startswith(blobs.BEGINNINGS):  # not text
        yield from report.blob_records([data], schema)
        return
    try:
        candidates = [blobs.readings(line) for line in blobs.lines_of(data.decode("utf-8"))]
    except UnicodeDecodeError:
        refuse(f"{name}: neither text nor EXI, V2GTP or a capture")
    except ValueError as error:
        refuse(f"{name}: {error}")
    if not candidates:
        refuse(f"{name}: there is no input")
    for one in candidates:
        yield from report.blob_records(one, schema)


def _of_capture(data: bytes, keylog: pathlib.Path | None) -> Iterator[dict[str, Any]]:
    from actors.wire.report import entry_record  # noqa: PLC0415  # as above
    from protocols.iso15118.capture import packets  # noqa: PLC0415  # as above
    from protocols.iso15118.capture.dialogue import Dialogue  # noqa: PLC0415  # as above

    secrets = _key_log(keylog)
    dialogue = Dialogue(secrets)
    damage: str | None = None
    try:
        for packet in packets.read(data):
            if isinstance(packet, packets.TlsSecrets):
                secrets.add(packet.text)
            else:
                yield from map(entry_record, dialogue.feed(packet))
    except ValueError as error:  # a damaged capture, or a damaged key log within it
        damage = f"the capture is damaged: {error}"
    yield from map(entry_record, dialogue.finish())
    if damage is not None:
        yield {"error": damage}


def _is_capture(data: bytes) -> bool:
    from protocols.iso15118.capture.packets import is_capture  # noqa: PLC0415  # as above

    return is_capture(data)


def _key_log(path: pathlib.Path | None) -> KeyLog:
    from protocols.iso15118.capture.keylog import KeyLog, KeyLogError  # noqa: PLC0415  # as above

    secrets = KeyLog()
    if path is not None:
        try:
            secrets.add(_file(path).decode("ascii", "replace"))
        except KeyLogError as error:
            refuse(f"{path}: {error}")
    return secrets


def _stream(source: str, step: Callable[[dict[str, Any]], None]) -> NoReturn:
    from actors.wire import lines  # noqa: PLC0415  # as above

    if source == "-":
        good = _answer_all(lines.split(sys.stdin.buffer), step)
    else:
        try:
            with pathlib.Path(source).open("rb") as file:
                good = _answer_all(lines.split(file), step)
        except OSError as error:
            refuse(f"{source}: {error.strerror}")
    raise typer.Exit(GOOD if good else FAILED)


def _answer_all(source: Iterable[bytes], step: Callable[[dict[str, Any]], None]) -> bool:
    from actors.wire import lines  # noqa: PLC0415  # as above

    all_good = True
    for number, line in enumerate(source, 1):
        if line.strip():
            answered, good = lines.answer(line, number, step)
            all_good = all_good and good
            sys.stdout.write(answered + "\n")
            sys.stdout.flush()
    return all_good


def _read(source: str) -> tuple[bytes, str]:
    """What was given, and what it is called when there is something wrong with it."""
    if source == "-":
        return _bounded(sys.stdin.buffer, "standard input"), "standard input"
    path = pathlib.Path(source)
    try:
        is_file = path.exists()
    except (OSError, ValueError):  # too long or too odd for a name, so it is the message itself
        is_file = False
    return (_file(path), source) if is_file else (source.encode(), "the argument, which names no file")


def _file(path: pathlib.Path) -> bytes:
    try:
        with path.open("rb") as file:
            return _bounded(file, str(path))
    except OSError as error:
        refuse(f"{path}: {error.strerror}")


def _bounded(file: BinaryIO, name: str) -> bytes:
    from actors.wire.blobs import MAX_INPUT_BYTES  # noqa: PLC0415  # as above

    data = file.read(MAX_INPUT_BYTES + 1)
    if len(data) > MAX_INPUT_BYTES:
        refuse(f"{name}: more than {MAX_INPUT_BYTES} bytes")
    return data
