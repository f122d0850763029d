// What `anchor migrate` runs: the market of a file, on the cluster and with the wallet of Anchor.toml or the command line.
//
// The rules of the file are implemented once, in `levee-deploy`, which `cargo xtask deploy` runs too: what is there already
// stays, and a second run changes nothing. The program comes first where it is not there yet, from target/deploy/levee.so.
//
// LEVEE_MARKET names another file than migrations/localnet.toml, which is the default on localnet only: elsewhere no market is
// made without it.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

import type { AnchorProvider } from "@anchor-lang/core";

const ROOT = path.dirname(__dirname);

/** The file of the provider's key, which Anchor tells by a variable. */
function walletFile(): string {
  const told = process.env.ANCHOR_WALLET;
  if (told === undefined) throw new Error("ANCHOR_WALLET is not set: run this by `anchor migrate`");
  const file = path.resolve(ROOT, told.replace(/^~(?=\/)/, homedir()));
  if (!existsSync(file)) throw new Error(`there is no wallet ${file}: make one with \`solana-keygen new\``);
  return file;
}

function deploy(provider: AnchorProvider): number {
  const isLocal = ["127.0.0.1", "localhost"].includes(new URL(provider.connection.rpcEndpoint).hostname);
  const market = process.env.LEVEE_MARKET ?? (isLocal ? "migrations/localnet.toml" : undefined);
  const options = [
    ["--cluster", provider.connection.rpcEndpoint],
    ["--keypair", walletFile()],
    market === undefined ? [] : ["--market", path.resolve(ROOT, market)],
  ];
  const cargo = ["run", "--quiet", "--locked", "--bin", "levee-deploy", "--", ...options.flat()];
  const { error, status } = spawnSync("cargo", cargo, { cwd: ROOT, stdio: "inherit" });
  if (error !== undefined) throw new Error(`cannot start cargo, which compiles levee-deploy: ${error.message}`);
  return status ?? 1;
}

module.exports = async (provider: AnchorProvider): Promise<void> => {
  try {
    process.exitCode = deploy(provider);
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
};
