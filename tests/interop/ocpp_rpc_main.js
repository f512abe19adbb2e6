// A back-end made of the npm package `ocpp-rpc` in its strict mode, for `ocpp_peer`.
//
//     node ocpp_rpc_main.js VERSION        (2.0.1 or 2.1; NODE_PATH leads to the package)
//
// It is told what to do by JSON lines on standard input and tells what it has seen by JSON lines on standard
// output; `ocpp_back_ends` has both languages. It ends with its input.
"use strict";

const readline = require("readline");
const { RPCServer, createRPCError, createValidator } = require("ocpp-rpc");

console.warn = () => {}; // what its validator thinks of the style of OCPP's schemas
const version = process.argv[2];
const protocol = `ocpp${version}`;
const wanted = (name) => name.replace(/Request$/, ".req").replace(/Response$/, ".conf");
const schemas = require(`ocpp-rpc/lib/schemas/ocpp${version.replace(/\./g, "_")}.json`);
const validator = createValidator(protocol, schemas.map((each) => ({ ...each, $id: wanted(each.$id) })));
const answers = new Map();
const waiting = []; // [action, resolve]: requests whose answers the scenario makes
let station = null;

const tell = (event) => process.stdout.write(JSON.stringify(event) + "\n");
const problem = (error) => [error.rpcErrorCode ?? error.name ?? "Error", error.message ?? "", ""];

// Say what was prepared; the last answer stays.
function prepared(action) {
    const list = answers.get(action);
    if (list.length === 0) return new Promise((resolve) => waiting.push([action, resolve]));
    const said = { ...(list.length > 1 ? list.shift() : list[0]) };
    if ("refuse" in said) throw createRPCError("NotSupported", said.refuse);
    if ("currentTime" in said) said.currentTime = new Date().toISOString();
    return said;
}

function greet(client) {
    station = client;
    tell({ event: "connected", path: "/" + client.identity, protocol: client.protocol });
    client.on("message", ({ message, outbound }) =>
        tell({ event: "frame", direction: outbound ? "out" : "in", text: String(message) }));
    client.on("strictValidationFailure", (failure) =>
        tell({ event: "complaint", text: `${failure.method} ${failure.outbound ? "out" : "in"}: ${failure.error.message}` }));
    client.on("badMessage", ({ buffer, error }) =>
        tell({ event: "complaint", text: `bad message: ${error.message}: ${String(buffer).slice(0, 300)}` }));
    client.on("close", ({ code, reason }) => tell({ event: "closed", why: `${code} ${reason}` }));
    for (const action of answers.keys()) client.handle(action, () => prepared(action));
}

function judge({ id, action, answer, payload }) {
    try {
        validator.validate(`urn:${action}.${answer ? "conf" : "req"}`, payload);
        tell({ event: "result", id, payload: {} });
    } catch (error) {
        tell({ event: "result", id, error: problem(error) });
    }
}

const orders = {
    answer: ({ action, payloads }) => answers.set(action, payloads),
    reply: ({ action, payload }) =>
        waiting.splice(waiting.findIndex(([name]) => name === action), 1)[0][1](payload),
    raw: ({ frame }) => station.sendRaw(frame),
    judge,
    call: ({ id, action, payload }) =>
        station.call(action, payload)
            .then((read) => tell({ event: "result", id, payload: read }))
            .catch((error) => tell({ event: "result", id, error: problem(error) })),
};

const server = new RPCServer({ protocols: [protocol], strictMode: true, strictModeValidators: [validator] });
server.auth((accept) => accept());
server.on("client", greet);
server.listen(0, "127.0.0.1").then((http) => tell({ event: "listening", port: http.address().port }));
const input = readline.createInterface({ input: process.stdin });
input.on("line", (line) => {
    const order = JSON.parse(line);
    orders[order.op](order);
});
input.on("close", () => process.exit(0));
