// A judge of cards that is a program: fills a role `ExternalValidator` of a site. See docs/gateway-roles.md.
//
//   node --experimental-websocket deploy/gateway/validator.mjs http://127.0.0.1:8080 judge CARD1 CARD2
//
// Newer versions of Node.js need no flag. The token of the Gateway is in EVSITE_TOKEN. With PLUG_IN=1 in the
// environment it also plugs the simulated car of EVSE 1 in and presents its first card.
const [url, role, ...cards] = process.argv.slice(2);
if (!cards.length) {
  console.error("usage: validator.mjs URL ROLE CARD...");
  process.exit(2);
}

/** Commands of the interface auth_token_validator, by name: arguments in, fields of the reply out. */
const commands = {
  validate_token({ provided_token: token }) {
    const accepted = cards.includes(token.id_token.value);
    console.log(token.id_token.value, accepted ? "may charge" : "may not charge");
    const authorization_status = accepted ? "Accepted" : "Invalid";
    return { validation_result: { authorization_status, tariff_messages: [] } };
  },
};

/** One connection; resolves when it has ended. */
function serve() {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws`);
  const waiting = new Map();
  let number = 0;

  const say = (item) => socket.send(JSON.stringify({ jsonrpc: "2.0", ...item }));

  const call = (method, params = {}) =>
    new Promise((resolve, reject) => {
      waiting.set(++number, { resolve, reject });
      say({ id: number, method, params });
    });

  const fill = async () => {
    await call("role.register", { role });
    await call("role.ready", { role });
    console.log("filled", role);
  };

  /** What the Gateway asks: to carry out a command, or to know that the role is to be filled again. */
  const asked = ({ id, method, params }) => {
    if (method === "role.lost") {
      say({ id, result: null });
      fill().catch(() => socket.close());
    } else if (method !== "role.invoke" || !Object.hasOwn(commands, params.command)) {
      say({ id, error: { code: -32601, message: "nobody handles this" } });
    } else {
      try {
        say({ id, result: commands[params.command](params.arguments) });
      } catch (error) {
        say({ id, error: { code: -32000, message: String(error) } });
      }
    }
  };

  const take = (item) => {
    if ("method" in item) {
      if ("id" in item) asked(item);
      return; // without an id it is news, and nobody has subscribed
    }
    const { resolve, reject } = waiting.get(item.id) ?? {};
    waiting.delete(item.id);
    if (item.error) reject?.(new Error(`${item.error.message} (${item.error.code})`));
    else resolve?.(item.result);
  };

  const begin = async () => {
    const token = process.env.EVSITE_TOKEN;
    if (token) await call("rpc.authenticate", { token });
    await fill();
    if (process.env.PLUG_IN) {
      const evse = Number(process.env.PLUG_IN);
      console.log("plugged in", await call("ev.plug_in", { evse }));
      console.log("presented", await call("reader.present", { token: cards[0] }));
    }
  };

  return new Promise((resolve) => {
    socket.onopen = () => begin().catch((error) => (console.error(String(error)), socket.close()));
    socket.onmessage = ({ data }) => take(JSON.parse(data));
    socket.onerror = () => {}; // the end of the connection follows
    socket.onclose = () => {
      for (const { reject } of waiting.values()) reject(new Error("the connection has ended"));
      resolve();
    };
  });
}

for (;;) {
  await serve();
  console.log("once more in a second");
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
