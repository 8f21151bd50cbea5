// RSSHub as a server on 127.0.0.1: its package is a library, whose routes need the package mode only while they load.
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// A library that it loads opens a port of its own (metrics), on every address: nothing here may listen but on this machine.
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (first, ...rest) {
  if (first !== null && typeof first === "object") {
    return listen.call(this, { ...first, host: "127.0.0.1" }, ...rest);
  }
  return listen.call(this, first, "127.0.0.1", ...rest.filter((one) => typeof one === "function"));
};

const here = createRequire(path.join(process.cwd(), "package.json"));
const library = path.join(process.cwd(), "node_modules", "rsshub", "dist-lib");
const files = fs.readdirSync(library).filter((name) => name.endsWith(".mjs"));
const holding = (start, words) =>
  files.find((name) => name.startsWith(start) && fs.readFileSync(path.join(library, name), "utf8").includes(words));
const load = (name) => import(pathToFileURL(path.join(library, name)));

process.env.IS_PACKAGE = "true";
const app = (await load(holding("app-", "app as default"))).default;
const config = await load(holding("config-", "setConfig as n"));
delete process.env.IS_PACKAGE;
config.n({});
const { serve } = await import(pathToFileURL(here.resolve("@hono/node-server")));
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.argv[2]) });
