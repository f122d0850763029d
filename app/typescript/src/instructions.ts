/** Instructions that are followed by accounts whose order or rights the IDL cannot say. */

import { AccountRole, type AccountMeta, type Address, type Instruction } from "@solana/kit";

import {
  getLiquidateBatchInstructionAsync,
  getLiquidateInstructionAsync,
  getMarkUnhealthyInstruction,
  getRefreshReservesInstruction,
} from "./generated";

const readable = (address: Address): AccountMeta => ({ address, role: AccountRole.READONLY });
const writable = (address: Address): AccountMeta => ({ address, role: AccountRole.WRITABLE });

function followedBy(instruction: Instruction, accounts: readonly AccountMeta[]): Instruction {
  return Object.freeze({ ...instruction, accounts: [...(instruction.accounts ?? []), ...accounts] });
}

/** A reserve and the accounts that its prices are read from. */
export type PriceAddresses = Readonly<{
  reserve: Address;
  /** Its oracle's account. */
  price: Address;
  /** Its stake pool or redemption feed, where it has a rate. */
  rate?: Address;
}>;

/** Accrues interest and reads prices. What asks for health demands that of its own slot: put it first. */
export function refreshReserves(reserves: readonly PriceAddresses[]): Instruction {
  const accounts = reserves.flatMap(({ reserve, price, rate }) => [
    writable(reserve),
    readable(price),
    ...(rate === undefined ? [] : [readable(rate)]),
  ]);
  return followedBy(getRefreshReservesInstruction(), accounts);
}

/** Proves that obligations are unhealthy now, or that they are not. Each comes with its `reserveList`. */
export function markUnhealthy(
  market: Address,
  obligations: readonly Readonly<{ obligation: Address; reserves: readonly Address[] }>[],
): Instruction {
  const accounts = obligations.flatMap(({ obligation, reserves }) => [writable(obligation), ...reserves.map(readable)]);
  return followedBy(getMarkUnhealthyInstruction({ market }), accounts);
}

/**
 * Liquidates one obligation. `others` are as `otherReserves` gives them; `receiver` is an obligation of the liquidator's
 * own, for collateral that the vault cannot pay.
 */
export async function liquidate(
  input: Parameters<typeof getLiquidateInstructionAsync>[0],
  others: readonly AccountMeta[],
  receiver?: Address,
): Promise<Instruction> {
  const accounts = receiver === undefined ? others : [...others, writable(receiver)];
  return followedBy(await getLiquidateInstructionAsync(input), accounts);
}

/** Liquidates many obligations over one pair, each with its other reserves as `otherReserves` gives them. */
export async function liquidateBatch(
  input: Parameters<typeof getLiquidateBatchInstructionAsync>[0],
  obligations: readonly Readonly<{ obligation: Address; others: readonly AccountMeta[] }>[],
): Promise<Instruction> {
  const accounts = obligations.flatMap(({ obligation, others }) => [writable(obligation), ...others]);
  return followedBy(await getLiquidateBatchInstructionAsync(input), accounts);
}
