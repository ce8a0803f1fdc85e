// SPDX-License-Identifier: Apache-2.0
// Gets the npm packages of package.json into a cache outside the checkout and loads them.

import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const TRIES = 3;

function cacheFolder(dependencies) {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(base, "tidegate-peers", `openapi-backend-${dependencies["openapi-backend"]}`);
}

// Registries hiccup: try a few times, wait longer each time.
async function install(folder, manifest) {
  mkdirSync(folder, { recursive: true });
  copyFileSync(manifest, join(folder, "package.json"));
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const run = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
    if (run.status === 0) return true;
    if (attempt < TRIES) await new Promise((done) => setTimeout(done, attempt * 2000));
  }
  return false;
}

/** Loads openapi-backend and ajv-formats, installing them first where needed; null where they can't be had. */
export async function loadValidator(manifest) {
  const { dependencies } = JSON.parse(readFileSync(manifest, "utf8"));
  const folder = cacheFolder(dependencies);
  const all = () => Object.keys(dependencies).every((name) => existsSync(join(folder, "node_modules", name, "package.json")));
  if (!all() && !((await install(folder, manifest)) && all())) return null;
  const require = createRequire(join(folder, "package.json"));
  const formats = require("ajv-formats");
  return { OpenAPIBackend: require("openapi-backend").OpenAPIBackend, addFormats: formats.default ?? formats };
}
