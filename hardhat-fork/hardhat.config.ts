// Hardhat for the registry contract: the Solidity tests in `test/`. Hardhat takes no source from outside its folder, so
// `contracts` is a link.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { defineConfig } from "hardhat/config";

// Compiler and settings are pinned once, in scripts/compile.py, and written into the artifact.
const { compiler } = JSON.parse(
  readFileSync(new URL("../attest/registry/abi/FilingRegistry.json", import.meta.url), "utf8"),
);

const solc = {
  version: compiler.version,
  path: createRequire(import.meta.url).resolve("solc/soljson.js"),
};

const fsPermissions = { readFile: ["../attest/registry/abi/FilingRegistry.json", "../tests/vectors/history.json"] };

export default defineConfig({
  paths: { sources: "contracts", tests: { solidity: "test" } },
  solidity: {
    compilers: [{ ...solc, settings: compiler.settings }],
    // The tests deploy the contract from its artifact, so they need no optimiser themselves.
    overrides: Object.fromEntries(
      readdirSync(new URL("test", import.meta.url), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".sol"))
        .map((file) => [`test/${file}`, { ...solc, settings: { evmVersion: compiler.settings.evmVersion } }]),
    ),
  },
  test: {
    solidity: {
      profiles: {
        default: {
          fsPermissions,
          fuzz: { runs: 256 },
          invariant: { runs: 64, depth: 64, failOnRevert: true },
        },
        long: {
          fsPermissions,
          fuzz: { runs: 10_000 },
          invariant: { runs: 256, depth: 128, failOnRevert: true },
        },
      },
    },
  },
});
