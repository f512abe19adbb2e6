"""Encoding and decoding of documents and fragments.

The functions for a class are generated when it is first needed; `prepare` does it for a whole schema ahead
of time, for example before forking.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from protocols.iso15118.exi import reader, relaxed, runtime, writer
from protocols.iso15118.exi.errors import DecodeError, EncodeError
from protocols.iso15118.exi.runtime import ENDS, Fault
from protocols.iso15118.exi.schema import Schema, grammar_of, schema_named
from protocols.iso15118.exi.source import LINES

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from protocols.iso15118.exi.grammar import Root, SchemaGrammar
    from protocols.iso15118.exi.source import Scope

HEADER: Final = 0x80
"""The EXI header of this profile: distinguishing bits, no options, version 1."""
HEADER_BITS: Final = 8
OCTET_BITS: Final = 8
MAX_BYTES: Final = 4 * 1024 * 1024
"""Longer input is refused unseen. The largest message that the schemas allow needs about 2 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A single element out of a message, as it is hashed for a signature, with its name."""

    name: str
    element: Any
    namespace: str | None = field(default=None, compare=False)
    """Tells elements apart that share name and class; None: the global element of the class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A decoded message or fragment, and what stood behind it in the input."""

    message: Any
    bits_used: int
    """The length of the message itself, without padding."""
    trailing: bytes
    """The bytes behind the one in which the message ends: nothing, from a peer that obeys the standard."""
    zero_padding: bool
    """Whether the last byte of the message is filled up with zero bits, as the standard asks."""


class Codec:
    """The generated functions of one schema."""

    def __init__(self, grammar: SchemaGrammar) -> None:
        self.grammar = grammar
        self._readers = reader.read_scope()
        self._writers = writer.write_scope()
        self._encode_roots: dict[type, tuple[int, str]] = {}
        width = grammar.document_width
        self._decode_roots: dict[str, Root] = {
            format(root.code, f"0{width}b"): root for root in grammar.documents
        }

    # -- generation --------------------------------------------------------------------------------------

    def reader(self, kind: type) -> str:
        """The name of the decode function of a class, which is generated when it is first called."""
        return self._lazy(self._readers, kind, "decode", reader.emit_reader, self.reader)

    def writer(self, kind: type) -> str:
        """The name of the encode function of a class, which is generated when it is first called."""
        return self._lazy(self._writers, kind, "encode", writer.emit_writer, self.writer)

    def _lazy(
        self,
        scope: Scope,
        kind: type,
        verb: str,
        emit: Callable[..., Callable[..., Any]],
        callee: Callable[[type], str],
    ) -> str:
        def stub() -> Callable[..., Any]:
            def first_call(*arguments: Any) -> Any:
                return generate()(*arguments)

            def generate() -> Callable[..., Any]:
                title = f"{self.grammar.name} {verb} {kind.__module__}.{kind.__qualname__}"
                return emit(self.grammar.grammar(kind), scope, name, title, callee)

            first_call.generate = generate  # type: ignore[attr-defined]  # for prepare
            return first_call

        name = scope.name(f"{verb}_{kind.__qualname__}_", kind, stub)
        return name

    def prepare(self) -> None:
        """Generate everything now."""
        for kind in self.grammar.types:
            for scope, name in ((self._readers, self.reader(kind)), (self._writers, self.writer(kind))):
                generate = getattr(scope.names[name], "generate", None)
                if generate is not None:
                    generate()

    # -- documents ---------------------------------------------------------------------------------------

    def encode(self, message: Any) -> bytes:
        """As the function `encode` below."""
        kind = message.__class__
        found = self._encode_roots.get(kind)
        if found is None:
            root = self.grammar.document_root(kind)
            head = HEADER << self.grammar.document_width | root.code
            found = self._encode_roots[kind] = (head, self.writer(kind))
        head, name = found
        try:
            a = self._writers.names[name](message, head)
        except (Fault, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise _encode_error(error, self.grammar.document_root(kind).name) from None
        return _bytes(a)

    def decode(self, data: bytes) -> Decoded:
        """As the function `decode_with_rest` below."""
        b = _digits(data)
        p = HEADER_BITS + self.grammar.document_width
        root = self._decode_roots.get(b[HEADER_BITS:p])
        if root is None:
            raise _no_root(b, p, self.grammar.name, HEADER_BITS)
        target = root.targets[0]
        if not isinstance(target, type) or self.grammar.grammar(target).declaration.abstract:
            raise DecodeError("this element cannot be the root of a message", root.name, HEADER_BITS)
        message, p = self._read(target, b, p, root.name)
        return _decoded(message, b, p, data)

    def _read(self, kind: type, b: str, p: int, name: str) -> tuple[Any, int]:
        try:
            made: tuple[Any, int] = self._readers.names[self.reader(kind)](b, p)
        except (Fault, KeyError, IndexError) as error:
            raise _decode_error(error, b, name) from None
        return made

    # -- fragments ---------------------------------------------------------------------------------------

    def encode_fragment(self, element: Any, name: str | None) -> bytes:
        """As the function `encode_fragment` below."""
        namespace = None
        if isinstance(element, Fragment):
            element, name, namespace = element.element, element.name, element.namespace
        kind = element.__class__
        root = self.grammar.fragment_root(kind, name, namespace)
        width = self.grammar.fragment_width
        a = HEADER << width | root.code
        try:
            if len(root.targets) > 1:
                a = relaxed.write(self.grammar, element, a)
            else:
                a = self._writers.names[self.writer(kind)](element, a)
        except (Fault, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise _encode_error(error, root.name) from None
        return _bytes(a << width | len(self.grammar.fragments) + 1)

    def decode_fragment(self, data: bytes) -> Decoded:
        """As the function `decode_fragment` below, with what stood behind the fragment."""
        b = _digits(data)
        width = self.grammar.fragment_width
        p = HEADER_BITS + width
        code = int(b[HEADER_BITS:p], 2) if p <= len(b) else len(self.grammar.fragments)
        if code >= len(self.grammar.fragments):
            raise _no_root(b, p, self.grammar.name, HEADER_BITS)
        root = self.grammar.fragments[code]
        if len(root.targets) > 1:
            try:
                element, p = relaxed.read(self.grammar, root, b, p)
            except (Fault, KeyError, IndexError) as error:
                raise _decode_error(error, b, root.name) from None
        else:
            target = root.targets[0]
            if not isinstance(target, type) or self.grammar.grammar(target).declaration.abstract:
                raise DecodeError("this element cannot be a fragment", root.name, HEADER_BITS)
            element, p = self._read(target, b, p, root.name)
        end = format(len(self.grammar.fragments) + 1, f"0{width}b")
        if b[p : p + width] != end:
            raise DecodeError(runtime.mismatch(b, p, end).args[0], "", p)
        return _decoded(Fragment(name=root.name, element=element, namespace=root.uri), b, p + width, data)


# -- bytes and digits ------------------------------------------------------------------------------------


def _bytes(a: int) -> bytes:
    """The finished output, filled up with zero bits."""
    width = a.bit_length()
    padding = -width % 8
    return (a << padding).to_bytes((width + padding) // 8, "big")


def _digits(data: bytes) -> str:
    """The input as binary digits, its header checked."""
    if len(data) > MAX_BYTES:
        raise DecodeError(f"{len(data)} bytes are more than any message has ({MAX_BYTES})")
    if not data:
        raise DecodeError("there is no input")
    if data[0] != HEADER:
        raise DecodeError(f"header byte {data[0]:#04x}, which is not that of this EXI profile (0x80)")
    return format(int.from_bytes(data, "big"), "b")


def _decoded(message: Any, b: str, p: int, data: bytes) -> Decoded:
    end = p + -p % 8
    return Decoded(
        message=message,
        bits_used=p,
        trailing=bytes(data[end // 8 :]),
        zero_padding="1" not in b[p:end],
    )


# -- errors ----------------------------------------------------------------------------------------------


def _no_root(b: str, p: int, schema: str, offset: int) -> DecodeError:
    if p > len(b):
        return DecodeError(ENDS, "", offset)
    return DecodeError(f"code {b[offset:p]} is no element of schema {schema}", "", offset)


_RUNTIME: Final = runtime.text_value.__code__.co_filename


def _steps(traceback: TracebackType | None, root: str) -> tuple[str, int, int]:
    """Where generated code failed: the path, the position in the input, the bits it looked at there."""
    path, position, width = [root], 0, 0
    while traceback is not None:
        frame = traceback.tb_frame
        lines = LINES.get(frame.f_code.co_filename)
        if lines is not None:
            where = lines[traceback.tb_lineno]
            width = where.width
            label = where.label(frame.f_locals)
            if label:
                path.append(label)
        elif frame.f_code.co_filename == _RUNTIME:
            width = OCTET_BITS
        position = frame.f_locals.get("p", position)
        traceback = traceback.tb_next
    return "/".join(path), position, width


def _decode_error(error: Exception, b: str, root: str) -> DecodeError:
    path, position, width = _steps(error.__traceback__, root)
    if isinstance(error, Fault):
        problem = str(error)
    elif position + max(width, 1) > len(b):
        problem = ENDS
    else:
        problem = f"bits {error.args[0]} are neither an event code nor a value that may stand here"
    return DecodeError(problem, path, min(position, len(b)))


def _encode_error(error: Exception, root: str) -> EncodeError:
    path, _, _ = _steps(error.__traceback__, root)
    problem = str(error) if isinstance(error, Fault) else f"a value of the wrong type: {error}"
    return EncodeError(problem, path)


# -- the public functions --------------------------------------------------------------------------------

_CODECS: dict[str, Codec] = {}


def codec_of(schema: Schema | str) -> Codec:
    """The codec of a schema. SchemaError for a name that is none."""
    found = _CODECS.get(schema)
    if found is None:
        known = schema_named(schema)
        found = _CODECS[known.value] = Codec(grammar_of(known))
    return found


def prepare(schema: Schema | str) -> None:
    """Generate all functions of a schema now instead of one by one when they are first needed."""
    codec_of(schema).prepare()


def encode(message: Any, schema: Schema | str) -> bytes:
    """The EXI document of a message.

    EncodeError if the message breaks its declaration, SchemaError if it is no document of the schema.
    """
    return codec_of(schema).encode(message)


def decode(data: bytes, schema: Schema | str) -> Any:
    """The message in an EXI document; what stands behind it is ignored (see `decode_with_rest`).

    DecodeError for anything that is not a valid message of the schema.
    """
    return codec_of(schema).decode(data).message


def decode_with_rest(data: bytes, schema: Schema | str) -> Decoded:
    """Like `decode`, and tells what stood behind the message."""
    return codec_of(schema).decode(data)


def encode_fragment(element: Any, schema: Schema | str, name: str | None = None) -> bytes:
    """The EXI fragment of one element, which is what digests are computed over.

    `name` chooses among the elements of the class where it has several; a `Fragment` brings its own.
    Errors as for `encode`.
    """
    return codec_of(schema).encode_fragment(element, name)


def decode_fragment(data: bytes, schema: Schema | str) -> Fragment:
    """The element in an EXI fragment, with its name. Errors as for `decode`."""
    found: Fragment = codec_of(schema).decode_fragment(data).message
    return found
