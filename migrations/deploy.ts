// What `anchor migrate` runs: the market of a file, on the cluster and with the wallet of Anchor.toml or the command line.
//
// The rules of the file are implemented once, in `levee-deploy`, which `cargo xtask deploy` runs too: what is there already
// stays, and a second run changes nothing. The program comes first where it is not there as it was built.
//
// LEVEE_MARKET names another file than migrations/localnet.toml, which is for chains of this machine only: elsewhere no market
// is made without it. LEVEE_STATE names another folder than migrations/state for the addresses.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

import type { AnchorProvider } from "@anchor-lang/core";

const ROOT = path.dirname(__dirname);
const LOCAL_HOSTS = ["127.0.0.1", "localhost"];
const LOCAL_MARKET = "migrations/localnet.toml";

/** The file of the provider's key, which Anchor tells by a variable. */
function walletFile(): string {
  const told = process.env.ANCHOR_WALLET;
  if (told === undefined) throw new Error("ANCHOR_WALLET is not set: run this by `anchor migrate`");
  const file = path.resolve(ROOT, told.replace(/^~(?=\/)/, homedir()));
  if (!existsSync(file)) throw new Error(`there is no wallet ${file}: make one with \`solana-keygen new\``);
  return file;
}

/** The market's file; none where nobody said which market this cluster should have. */
function marketFile(rpcEndpoint: string): string | undefined {
  const isLocal = LOCAL_HOSTS.includes(new URL(rpcEndpoint).hostname);
  const file = process.env.LEVEE_MARKET ?? (isLocal ? LOCAL_MARKET : undefined);
  return file && path.resolve(ROOT, file);
}

function deploy({ connection }: AnchorProvider): number {
  const market = marketFile(connection.rpcEndpoint);
  const state = process.env.LEVEE_STATE;
  const target = process.env.CARGO_TARGET_DIR ?? "target";
  const options = [
    ["--url", connection.rpcEndpoint],
    ["--keypair", walletFile()],
    ["--program", path.resolve(ROOT, target, "deploy/levee.so")],
    market === undefined ? [] : ["--market", market],
    state === undefined ? [] : ["--state", path.resolve(ROOT, state)],
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
