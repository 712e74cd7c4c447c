// A node without sources, which builds nothing: for tests that need Hardhat's chain only. HARDHAT_FOLDER is its own.
const folder = process.env.HARDHAT_FOLDER;

export default {
  paths: { sources: folder, cache: `${folder}/cache`, artifacts: `${folder}/artifacts` },
};
