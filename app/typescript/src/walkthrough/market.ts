/** The market of the walkthrough: two test tokens with feeds, and the settings of both reserves. */

import { generateKeyPairSigner, type Address, type KeyPairSigner } from "@solana/kit";
import { TOKEN_PROGRAM_ADDRESS } from "@solana-program/token";

import {
  findMarketPda,
  getInitLendingMarketInstructionAsync,
  getInitReserveInstructionAsync,
  ORACLE_PYTH_PULL,
  RATE_NONE,
  reserveAddresses,
  type MarketConfigArgs,
  type ReserveAddresses,
  type ReserveConfigArgs,
} from "..";
import type { Chain } from "./chain";
import { feedAddress, pushPrices, type Price } from "./feeds";
import { createMint } from "./tokens";

const MAX_U64 = 2n ** 64n - 1n;
const CURVE_POINTS = 11;

export const MARKET: MarketConfigArgs = {
  dustMicroUsd: 25_000_000n,
  maxProofGapSlots: 150n,
  mildWaitSlots: 25n,
  restartGraceSlots: 150n,
  riskDelaySeconds: 0n,
  kappaBps: 2_500,
  insuranceShareBps: 1_000,
  mildLiftBps: 100,
  thresholdRampSeconds: 604_800,
};

/** The same for both reserves: (utilization, annual rate) in basis points. */
export const CURVE = [
  [0, 0],
  [8_000, 600],
  [10_000, 10_000],
] as const;

export const AUCTION = {
  startPpm: 1_000,
  slopePpmPerSlot: 20,
  widthPpm: 150_000,
  maxPpm: 50_000,
  insolventPpm: 20_000,
  marginPpm: 500,
  minTargetBps: 10_050,
};

function reserveConfig(oracleFeed: Uint8Array): ReserveConfigArgs {
  const curve = CURVE.map(([utilizationBps, rateBps]) => ({ utilizationBps, rateBps }));
  const unused = Array.from({ length: CURVE_POINTS - CURVE.length }, () => ({ utilizationBps: 0, rateBps: 0 }));
  return {
    oracleFeed,
    rateSource: new Uint8Array(32),
    depositCapAtoms: MAX_U64,
    borrowCapAtoms: MAX_U64,
    outflowCapAtoms: MAX_U64,
    outflowWindowSlots: 216_000n,
    liquidationCeilingMicroUsd: 0n,
    oracleKind: ORACLE_PYTH_PULL,
    ltvBps: 7_500,
    thresholdBps: 8_000,
    borrowFactorBps: 10_000,
    auction: AUCTION,
    takeRateBps: 1_000,
    originationFeeBps: 1,
    flashFeeBps: 1,
    maxPriceAgeSeconds: 60,
    maxMildPriceAgeSeconds: 10,
    maxConfidenceBps: 200,
    confidenceMultipleBps: 21_200,
    maxEmaDivergenceBps: 2_500,
    rateKind: RATE_NONE,
    maxRateGrowthBps: 0,
    elevationGroups: 0,
    curveLen: CURVE.length,
    curve: [...curve, ...unused],
    unused: 0,
  };
}

/** A reserve, its feed and its token. */
export type Token = Readonly<{
  addresses: ReserveAddresses;
  feed: Address;
  feedId: Uint8Array;
  config: ReserveConfigArgs;
  atomsPerToken: bigint;
}>;

export type Market = Readonly<{ owner: KeyPairSigner; address: Address; sol: Token; usdc: Token }>;

/** A calm price, in units of `10^-8` dollars. */
export function steady(id: Uint8Array, price: bigint): Price {
  return { id, price, ema: price, confidence: price / 1_000n };
}

/** Creates the market of a new owner, with both reserves at their first prices. */
export async function createMarket(chain: Chain, prices: { sol: bigint; usdc: bigint }): Promise<Market> {
  const owner = await generateKeyPairSigner();
  await chain.airdrop(owner.address, 100n);
  const id = 1n;
  const guardian = owner.address;
  await chain.send(owner, [
    await getInitLendingMarketInstructionAsync({
      creator: owner,
      id,
      riskAdmin: owner.address,
      guardian,
      config: MARKET,
    }),
  ]);
  const [address] = await findMarketPda({ creator: owner.address, id });
  const sol = await list(chain, owner, address, { decimals: 9, price: prices.sol, name: 1 });
  const usdc = await list(chain, owner, address, { decimals: 6, price: prices.usdc, name: 2 });
  return { owner, address, sol, usdc };
}

async function list(
  chain: Chain,
  owner: KeyPairSigner,
  market: Address,
  token: { decimals: number; price: bigint; name: number },
): Promise<Token> {
  const feedId = new Uint8Array(32).fill(token.name);
  const mint = await createMint(chain, owner, token.decimals);
  const config = reserveConfig(feedId);
  await chain.send(owner, [
    await pushPrices(owner, [steady(feedId, token.price)]),
    await getInitReserveInstructionAsync({ owner, market, mint, config }),
  ]);
  return {
    addresses: await reserveAddresses(market, mint, TOKEN_PROGRAM_ADDRESS),
    feed: await feedAddress(owner.address, feedId),
    feedId,
    config,
    atomsPerToken: 10n ** BigInt(token.decimals),
  };
}
