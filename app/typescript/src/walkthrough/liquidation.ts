/** The price falls, and the borrower is liquidated down to what the formulas say. */

import { setTimeout as sleep } from "node:timers/promises";

import { generateKeyPairSigner, type KeyPairSigner } from "@solana/kit";

import {
  liquidate,
  markUnhealthy,
  otherReserves,
  reserveList,
  type LiquidatedEvent,
  type Obligation,
  type Reserve,
} from "..";
import type { Chain } from "./chain";
import { near, same } from "./checks";
import { priceIn, pushPrices, UNITS_PER_DOLLAR } from "./feeds";
import * as figures from "./figures";
import { AUCTION, CURVE, MARKET, steady, type Market } from "./market";
import { holding, obligationOf, refresh, reserveOf, type People } from "./positions";
import { balance, fund, tokensOf } from "./tokens";

const OLD_PRICE = 15_000_000_000n;
const NEW_PRICE = 12_800_000_000n;
const USDC_PRICE = 100_000_000n;
/** Long enough for some interest. */
const PAUSE_MS = 3_000;
const PPM = 1_000_000n;
const SEVERE = 2;

const RULES: figures.Rules = {
  start: figures.ppm(AUCTION.startPpm),
  slope: figures.ppm(AUCTION.slopePpmPerSlot),
  width: figures.ppm(AUCTION.widthPpm),
  max: figures.ppm(AUCTION.maxPpm),
  margin: figures.ppm(AUCTION.marginPpm),
  minTarget: figures.bps(AUCTION.minTargetBps),
  kappa: figures.bps(Number(MARKET.kappaBps)),
  insuranceShare: figures.bps(Number(MARKET.insuranceShareBps)),
};

/** The borrower's position, with the debt's reserve that says what it has grown to. */
function caseOf(market: Market, obligation: Obligation, [sol, usdc]: [Reserve, Reserve]): figures.Case {
  const perAtom = (price: bigint, atoms: bigint) => new figures.Fraction(price, UNITS_PER_DOLLAR * atoms);
  return {
    collateralPrice: perAtom(NEW_PRICE, market.sol.atomsPerToken),
    debtPrice: perAtom(USDC_PRICE, market.usdc.atomsPerToken),
    depositAtoms: holding(obligation, market.sol, sol).held,
    debtAtoms: holding(obligation, market.usdc, usdc).owed,
    threshold: figures.bps(market.sol.config.thresholdBps),
    borrowFactor: figures.bps(market.usdc.config.borrowFactorBps),
  };
}

async function reserves(chain: Chain, market: Market): Promise<[Reserve, Reserve]> {
  return [await reserveOf(chain, market.sol), await reserveOf(chain, market.usdc)];
}

/** Returns the liquidator. */
export async function liquidation(chain: Chain, market: Market, { borrower }: People): Promise<KeyPairSigner> {
  const { sol, usdc } = market;
  await priceFalls(chain, market);
  const list = reserveList(await obligationOf(chain, borrower));
  const marked = await chain.send(market.owner, [
    refresh(market),
    markUnhealthy(market.address, [{ obligation: borrower.obligation, reserves: list }]),
  ]);
  const before = { obligation: await obligationOf(chain, borrower), reserves: await reserves(chain, market) };
  const sick = caseOf(market, before.obligation, before.reserves);
  const [seen] = marked.events;
  const seenHealth = seen?.name === "SeenUnhealthy" ? seen.data.healthPpm : -1n;
  near("mark: health, in millionths", seenHealth, figures.health(sick).floor(PPM), 1n);
  same("mark: liquidation is permitted", seen?.name === "SeenUnhealthy" && seen.data.isPermitted, true);
  same("mark: the clock started", before.obligation.lastSeenUnhealthySlot, marked.slot);

  await sleep(PAUSE_MS);
  const liquidator = await generateKeyPairSigner();
  await chain.airdrop(liquidator.address, 10n);
  const purse = 10_000n * usdc.atomsPerToken;
  await chain.send(market.owner, [
    ...(await fund(market.owner, liquidator.address, usdc.addresses.mint, purse)),
    ...(await fund(market.owner, liquidator.address, sol.addresses.mint, 0n)),
  ]);
  const pair = { repayReserve: usdc.addresses.reserve, seizeReserve: sol.addresses.reserve };
  const receipt = await chain.send(liquidator, [
    refresh(market),
    await liquidate(
      {
        liquidator,
        market: market.address,
        obligation: borrower.obligation,
        source: await tokensOf(liquidator.address, usdc.addresses.mint),
        destination: await tokensOf(liquidator.address, sol.addresses.mint),
        repayMint: usdc.addresses.mint,
        seizeMint: sol.addresses.mint,
        repayTokenProgram: usdc.addresses.tokenProgram,
        seizeTokenProgram: sol.addresses.tokenProgram,
        maxRepayAtoms: purse,
        minSeizedAtoms: 1n,
      },
      otherReserves(before.obligation, pair, false),
    ),
  ]);
  const [event] = receipt.events;
  if (event?.name !== "Liquidated") throw new Error("the liquidation logged no event");
  const after = { obligation: await obligationOf(chain, borrower), reserves: await reserves(chain, market) };
  checkInterest(before.reserves[1], after.reserves[1]);
  // The index only grows with time: the debt just before is the old balance at the new index.
  const owed = caseOf(market, before.obligation, after.reserves);
  checkPlan(owed, event.data, receipt.slot - marked.slot);

  const paid = purse - (await balance(chain, liquidator.address, usdc.addresses.mint));
  same("liquidation: tokens paid", paid, event.data.repaidAtoms + event.data.insuranceAtoms);
  same(
    "liquidation: tokens seized",
    await balance(chain, liquidator.address, sol.addresses.mint),
    event.data.seizedAtoms,
  );
  const healed = caseOf(market, after.obligation, after.reserves);
  near("liquidation: the debt that remains", healed.debtAtoms, owed.debtAtoms - event.data.repaidAtoms, 1n);
  near("liquidation: the deposit that remains", healed.depositAtoms, owed.depositAtoms - event.data.seizedAtoms, 1n);
  near("liquidation: health after it", event.data.healthAfterPpm, figures.health(healed).floor(PPM), 1n);
  const target = figures.target(owed, RULES, figures.ppm(event.data.bonusPpm));
  near("liquidation: which is the target", event.data.healthAfterPpm, target.floor(PPM), 1n);
  same("liquidation: the clocks are clear", after.obligation.lastSeenUnhealthySlot, 0n);
  return liquidator;
}

/** The price is pushed, and the WebSocket tells. */
async function priceFalls(chain: Chain, market: Market): Promise<void> {
  const changed = await chain.changeOf(market.sol.feed);
  const fallen = { ...steady(market.sol.feedId, NEW_PRICE), ema: OLD_PRICE };
  await chain.send(market.owner, [await pushPrices(market.owner, [fallen, steady(market.usdc.feedId, USDC_PRICE)])]);
  same("price: as the WebSocket tells it", priceIn(await changed()), NEW_PRICE);
}

/** The index grew by the interest of the seconds between, at the utilization before. */
function checkInterest(before: Reserve, after: Reserve): void {
  const seconds = after.lastAccrualTs - before.lastAccrualTs;
  same("interest: time passed", seconds > 0n, true);
  const debt = new figures.Fraction(before.scaledDebt * before.borrowIndex, 2n ** 96n);
  const available = new figures.Fraction(before.availableAtoms - before.protocolFees / 2n ** 64n);
  const rate = figures.annualRate(CURVE, debt.over(debt.plus(available)));
  const expected = figures.growth(rate, seconds).times(new figures.Fraction(before.borrowIndex));
  // A unit is 2^-64; the program rounds the utilization to an atom and rates up to 2^-64 per second.
  const tolerance = seconds * 16n;
  near("interest: growth of the index", after.borrowIndex - before.borrowIndex, expected.floor(), tolerance);
  same("interest: more than nothing", expected.floor() > 0n, true);
}

function checkPlan(owed: figures.Case, event: LiquidatedEvent, slots: bigint): void {
  same("liquidation: its tier is severe", event.tier, SEVERE);
  same("liquidation: proven unhealthy slots", event.unhealthySlots, slots);
  near("liquidation: health before it", event.healthBeforePpm, figures.health(owed).floor(PPM), 1n);
  const bonus = figures.bonus(owed, RULES, slots);
  near("liquidation: bonus, in millionths", BigInt(event.bonusPpm), bonus.floor(PPM), 1n);
  const plan = figures.plan(owed, RULES, figures.ppm(event.bonusPpm));
  near("liquidation: repaid atoms", event.repaidAtoms, plan.repaidAtoms, 1n);
  near("liquidation: seized atoms", event.seizedAtoms, plan.seizedAtoms, 10n);
  near("liquidation: insurance atoms", event.insuranceAtoms, plan.insuranceAtoms, 1n);
}
