/**
 * A walk through a lending market on a local chain, with the generated client: a market is made, a lender and a borrower
 * come, the price falls, the borrower is liquidated, and all leave. After every step the chain's figures are compared with
 * figures that were computed independently; one difference ends it with exit code 1.
 *
 * Usage: node dist/walkthrough/main.js [RPC_URL [WS_URL]], by default the local chain's ports.
 */

import { isSolanaError, SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE } from "@solana/kit";

import { Chain } from "./chain";
import { checksPassed } from "./checks";
import { createMarket } from "./market";
import { liquidation } from "./liquidation";
import { leave, lendAndBorrow } from "./positions";

const RPC_URL = "http://127.0.0.1:8899";

/** The WebSocket's default port is the next one, as in Solana. */
function nextPort(rpcUrl: string): string {
  if (!URL.canParse(rpcUrl)) throw new Error(`${rpcUrl} is no URL: give one like ${RPC_URL}`);
  const url = new URL(rpcUrl);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (url.port !== "") url.port = String(Number(url.port) + 1);
  return url.toString();
}

async function main(): Promise<void> {
  const rpcUrl = process.argv[2] ?? RPC_URL;
  const chain = new Chain(rpcUrl, process.argv[3] ?? nextPort(rpcUrl));
  await chain.slot().catch((error: unknown) => {
    throw new Error(`no chain answers at ${rpcUrl}: start one with \`cargo xtask localnet --with-levee\``, {
      cause: error,
    });
  });
  console.log("a market with SOL at $150 and USDC at $1");
  const market = await createMarket(chain, { sol: 15_000_000_000n, usdc: 100_000_000n });
  console.log("a lender deposits, a borrower deposits and borrows");
  const people = await lendAndBorrow(chain, market);
  console.log("SOL falls to $128, and the borrower is liquidated");
  const liquidator = await liquidation(chain, market, people);
  console.log("all debts are repaid, and the borrower leaves");
  await leave(chain, market, people, liquidator);
  console.log(`${checksPassed()} checks passed, 0 failed`);
}

/** One line that says most: the program's own where it refused. */
function message(error: unknown): string {
  if (isSolanaError(error, SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE)) {
    const line = error.context.logs?.findLast((log) => log.includes("Error Message:"));
    if (line !== undefined) return line.replace(/^.*Error Message: /, "the program refused: ");
  }
  return error instanceof Error ? error.message : String(error);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`error: ${message(error)}`);
    process.exit(1);
  },
);
