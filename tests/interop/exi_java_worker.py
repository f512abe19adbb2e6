"""Runs inside the environment of the `iso15118` package: its Java EXI processor, one JSON object a line.

In: {"op": "encode", "schema", "fragment", "xml"} or {"op": "decode", "schema", "fragment", "hex"},
or {"op": "json_encode" | "json_decode", "namespace", ...} for the package's own bridge.
Out: {"hex"}, {"xml"}, {"json"} or {"error"}; with "us", the time the bridge took.
Grammars are built from the schema files that the package ships. Not imported by anything of ours.
"""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import sys
import tempfile
import time

import iso15118.shared
from iso15118.shared.settings import JAR_FILE_PATH
from py4j.java_gateway import JavaGateway

ROOTS = {
    "app_protocol": "V2G_CI_AppProtocol.xsd",
    "din_msgdef": "din_spec/V2G_CI_MsgDef.xsd",
    "iso2_msgdef": "iso15118_2/V2G_CI_MsgDef.xsd",
    "iso20_common": "iso15118_20/V2G_CI_CommonMessages.xsd",
    "iso20_ac": "iso15118_20/V2G_CI_AC.xsd",
    "iso20_dc": "iso15118_20/V2G_CI_DC.xsd",
    "iso20_acdp": "iso15118_20/V2G_CI_ACDP.xsd",
    "iso20_wpt": "iso15118_20/V2G_CI_WPT.xsd",
    "xmldsig": "xmldsig-core-schema.xsd",
}
XMLDSIG = "xmldsig-core-schema.xsd"


def schema_folder(target: pathlib.Path) -> pathlib.Path:
    """The package's schema files, made complete and free of the reference to a DTD on the web."""
    source = pathlib.Path(iso15118.shared.__file__).parent / "schemas"
    shutil.copytree(source, target, dirs_exist_ok=True)
    text = (target / XMLDSIG).read_text(encoding="utf-8")
    text = re.sub(r"<!DOCTYPE.*?\]>", "", text, flags=re.DOTALL)
    for folder in (target, target / "din_spec", target / "iso15118_20", target / "iso15118_2"):
        (folder / XMLDSIG).write_text(text, encoding="utf-8")
    return target


class Java:
    """The processor and its grammars, made when first needed."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.gateway = JavaGateway.launch_gateway(
            classpath=JAR_FILE_PATH,
            die_on_exit=True,
            javaopts=["--add-opens", "java.base/java.lang=ALL-UNNAMED"],
        )
        self.jvm = self.gateway.jvm
        self.factories: dict[tuple[str, bool], object] = {}
        parser = self.jvm.javax.xml.parsers.SAXParserFactory.newInstance()
        parser.setNamespaceAware(True)
        self.parser = parser.newSAXParser().getXMLReader()
        self.transformer = self.jvm.javax.xml.transform.TransformerFactory.newInstance().newTransformer()
        self.bridge = self.jvm.com.siemens.ct.exi.main.cmd.EXICodec()

    def factory(self, schema: str, *, fragment: bool) -> object:
        key = (schema, fragment)
        if key not in self.factories:
            grammars = self.jvm.com.siemens.ct.exi.grammars.GrammarFactory.newInstance()
            made = self.jvm.com.siemens.ct.exi.core.helpers.DefaultEXIFactory.newInstance()
            made.setGrammars(grammars.createGrammars(str(self.folder / ROOTS[schema])))
            made.setValueMaxLength(0)
            made.setValuePartitionCapacity(0)
            made.setMaximumNumberOfBuiltInElementGrammars(0)
            made.setMaximumNumberOfBuiltInProductions(0)
            made.setFragment(fragment)
            self.factories[key] = made
        return self.factories[key]

    def encode(self, schema: str, xml: str, *, fragment: bool) -> bytes:
        out = self.jvm.java.io.ByteArrayOutputStream()
        result = self.jvm.com.siemens.ct.exi.main.api.sax.EXIResult(self.factory(schema, fragment=fragment))
        result.setOutputStream(out)
        self.parser.setContentHandler(result.getHandler())
        self.parser.parse(self.jvm.org.xml.sax.InputSource(self.jvm.java.io.StringReader(xml)))
        return bytes(out.toByteArray())

    def decode(self, schema: str, data: bytes, *, fragment: bool) -> str:
        source = self.jvm.com.siemens.ct.exi.main.api.sax.EXISource(self.factory(schema, fragment=fragment))
        source.setInputSource(self.jvm.org.xml.sax.InputSource(self.jvm.java.io.ByteArrayInputStream(data)))
        writer = self.jvm.java.io.StringWriter()
        self.transformer.transform(source, self.jvm.javax.xml.transform.stream.StreamResult(writer))
        return str(writer.toString())


def answer(java: Java, request: dict) -> dict:
    op = request["op"]
    start = time.perf_counter()
    if op == "encode":
        made = java.encode(request["schema"], request["xml"], fragment=request["fragment"])
        reply = {"hex": made.hex()}
    elif op == "decode":
        data = bytes.fromhex(request["hex"])
        reply = {"xml": java.decode(request["schema"], data, fragment=request["fragment"])}
    elif op == "json_encode":
        made = java.bridge.encode(request["json"], request["namespace"])
        reply = {"hex": bytes(made).hex()} if made is not None else {"error": "refused"}
    else:
        made = java.bridge.decode(bytes.fromhex(request["hex"]), request["namespace"])
        reply = {"json": made} if made is not None else {"error": "refused"}
    reply["us"] = (time.perf_counter() - start) * 1e6
    return reply


def say(reply: dict) -> None:
    """Send one line back."""
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        java = Java(schema_folder(pathlib.Path(folder)))
        say({"ready": True})
        for line in sys.stdin:
            try:
                reply = answer(java, json.loads(line))
            except Exception as error:  # noqa: BLE001  # whatever Java throws is the answer
                reply = {"error": str(error)[:500]}
            say(reply)
        java.gateway.shutdown()


main()
