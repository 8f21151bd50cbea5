// Bluesky's own network (directory, data server, AppView) on 127.0.0.1, with the posts that standard input lists as JSON.
import net from "node:net";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const listen = net.Server.prototype.listen; // it would open its ports on every address
net.Server.prototype.listen = function (first, ...rest) {
  if (first !== null && typeof first === "object") {
    return listen.call(this, { ...first, host: "127.0.0.1" }, ...rest);
  }
  return listen.call(this, first, "127.0.0.1", ...rest.filter((one) => typeof one === "function"));
};

const here = path.join(process.cwd(), "node_modules", "@atproto", "dev-env", "dist", "index.js");
createRequire(here);
const { TestNetwork } = await import(pathToFileURL(here));
const port = Number(process.argv[2]);
const network = await TestNetwork.create({ dbPostgresSchema: "bsky", bsky: { port, publicUrl: `http://localhost:${port}` } });
let text = "";
for await (const part of process.stdin) {
  text += part;
}
const client = network.getSeedClient();
const made = {};
for (const { author, words } of JSON.parse(text)) {
  if (!client.dids[author]) {
    await client.createAccount(author, { handle: `${author}.test`, email: `${author}@example.invalid`, password: "a-long-word" });
  }
  made[words] = (await client.post(client.dids[author], words)).ref.uriStr;
}
await network.processAll();
console.log(`READY ${JSON.stringify({ actors: client.dids, posts: made })}`);
