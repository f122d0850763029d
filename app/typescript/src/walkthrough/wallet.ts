/**
 * Makes a wallet of the Solana CLI's format with lamports of the local chain's faucet.
 *
 * Usage: node dist/walkthrough/wallet.js FILE RPC_URL WS_URL
 */

import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";

import { createSignerFromKeyPair, getAddressEncoder, createKeyPairFromPrivateKeyBytes } from "@solana/kit";

import { Chain } from "./chain";

const SOL = 100n;

async function main([file, rpcUrl, wsUrl]: string[]): Promise<void> {
  if (file === undefined || rpcUrl === undefined || wsUrl === undefined) {
    throw new Error("name the file, the RPC URL and the WebSocket URL");
  }
  const secret = randomBytes(32);
  const { address } = await createSignerFromKeyPair(await createKeyPairFromPrivateKeyBytes(secret));
  await new Chain(rpcUrl, wsUrl).airdrop(address, SOL);
  writeFileSync(file, JSON.stringify([...secret, ...getAddressEncoder().encode(address)]));
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
