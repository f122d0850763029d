/** The order in which instructions want an obligation's reserves, which follow their own accounts. */

import { AccountRole, type AccountMeta, type Address } from "@solana/kit";

import type { Obligation, Position } from "./generated";

/** The used deposits. */
export function depositsOf(obligation: Obligation): Position[] {
  return obligation.deposits.slice(0, obligation.depositCount);
}

/** The used borrows. */
export function borrowsOf(obligation: Obligation): Position[] {
  return obligation.borrows.slice(0, obligation.borrowCount);
}

/** The reserves of an obligation in its own order: all deposits, then all borrows. */
export function reserveList(obligation: Obligation): Address[] {
  return [...depositsOf(obligation), ...borrowsOf(obligation)].map((position) => position.reserve);
}

/** The same as it will be once `reserve` is held or owed too: what a first deposit or borrow wants. */
export function reserveListWith(obligation: Obligation, change: { deposit?: Address; borrow?: Address }): Address[] {
  const extended = (positions: Position[], added: Address | undefined): Address[] => {
    const reserves = positions.map((position) => position.reserve);
    return added === undefined || reserves.includes(added) ? reserves : [...reserves, added];
  };
  return [...extended(depositsOf(obligation), change.deposit), ...extended(borrowsOf(obligation), change.borrow)];
}

/** The same as it will be once all of `reserve` was withdrawn or repaid. */
export function reserveListWithout(obligation: Obligation, change: { deposit?: Address; borrow?: Address }): Address[] {
  const left = (positions: Position[], closed: Address | undefined): Address[] =>
    positions.map((position) => position.reserve).filter((reserve) => reserve !== closed);
  return [...left(depositsOf(obligation), change.deposit), ...left(borrowsOf(obligation), change.borrow)];
}

/**
 * The reserves of an obligation besides a pair, in the order in which a liquidation wants them. Writable are those that it
 * may change: held and owed at once, so that they may be netted, or all debts where `settles` expects a loss.
 */
export function otherReserves(
  obligation: Obligation,
  pair: { repayReserve: Address; seizeReserve: Address },
  settles: boolean,
): AccountMeta[] {
  const [held, owed] = [depositsOf(obligation), borrowsOf(obligation)];
  const isIn = (positions: Position[], reserve: Address): boolean =>
    positions.some((position) => position.reserve === reserve);
  return reserveList(obligation)
    .map((reserve, at) => ({
      address: reserve,
      role:
        (isIn(held, reserve) && isIn(owed, reserve)) || (settles && at >= held.length)
          ? AccountRole.WRITABLE
          : AccountRole.READONLY,
    }))
    .filter(({ address }) => address !== pair.repayReserve && address !== pair.seizeReserve);
}
