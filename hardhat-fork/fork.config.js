// Hardhat for `attest registry rehearse`: a fork of the chain that the first line of standard input describes.
// The node's address may hold a token, so it is in no argument and no variable. When standard input closes, whoever
// started this is gone: the fork removes its folder and ends.
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";

let folder;
const { url, block, chainId, blockGasLimit } = await new Promise((resolve) => {
  createInterface({ input: process.stdin })
    .once("line", (line) => {
      const orders = JSON.parse(line);
      folder = orders.folder;
      resolve(orders);
    })
    .once("close", () => {
      if (folder) rmSync(folder, { recursive: true, force: true });
      process.exit();
    });
});

export default {
  paths: { sources: folder, cache: `${folder}/cache`, artifacts: `${folder}/artifacts` },
  chainDescriptors: {
    [chainId]: { name: "forked", chainType: "l1", hardforkHistory: { prague: { blockNumber: 0 } } },
  },
  networks: {
    fork: {
      type: "edr-simulated",
      chainType: "l1",
      chainId,
      blockGasLimit,
      accounts: [],
      forking: { url, blockNumber: block },
    },
  },
};
