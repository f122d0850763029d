/** The lender and the borrower: how they come and how they leave. */

import { generateKeyPairSigner, type Address, type Instruction, type KeyPairSigner } from "@solana/kit";

import {
  borrowsOf,
  debtAtomsUp,
  depositsOf,
  fetchMaybeObligation,
  fetchObligation,
  fetchReserve,
  findObligationPda,
  getBorrowInstructionAsync,
  getCloseObligationInstruction,
  getDepositInstructionAsync,
  getInitObligationInstructionAsync,
  getRepayInstructionAsync,
  getWithdrawInstructionAsync,
  refreshReserves,
  reserveListWith,
  reserveListWithout,
  supplyAtomsDown,
  type Obligation,
  type Reserve,
} from "..";
import type { Chain } from "./chain";
import { near, same } from "./checks";
import type { Market, Token } from "./market";
import { balance, fund, tokensOf } from "./tokens";

const ALL = 2n ** 64n - 1n;

export type User = Readonly<{ keys: KeyPairSigner; obligation: Address }>;
export type People = Readonly<{ lender: User; borrower: User }>;

const LENT_USDC = 20_000n;
const COLLATERAL_SOL = 100n;
const BORROWED_USDC = 11_000n;

/** As confirmed: the chain's default, finalized, lags behind. */
const CONFIRMED = { commitment: "confirmed" } as const;

export async function obligationOf(chain: Chain, user: User): Promise<Obligation> {
  return (await fetchObligation(chain.rpc, user.obligation, CONFIRMED)).data;
}

export async function reserveOf(chain: Chain, token: Token): Promise<Reserve> {
  return (await fetchReserve(chain.rpc, token.addresses.reserve, CONFIRMED)).data;
}

/** What a deposit and a debt are worth in atoms; zero where there is none. */
export function holding(obligation: Obligation, token: Token, reserve: Reserve): { held: bigint; owed: bigint } {
  const scaled = (positions: Obligation["deposits"]): bigint =>
    positions.find((position) => position.reserve === token.addresses.reserve)?.scaled ?? 0n;
  return {
    held: supplyAtomsDown(scaled(depositsOf(obligation)), reserve.supplyIndex),
    owed: debtAtomsUp(scaled(borrowsOf(obligation)), reserve.borrowIndex),
  };
}

/** What stands at the head of a transaction that asks for health. */
export function refresh(market: Market): Instruction {
  return refreshReserves(
    [market.sol, market.usdc].map(({ addresses, feed }) => ({ reserve: addresses.reserve, price: feed })),
  );
}

/** The accounts between a user and a reserve; the others follow from them. */
async function between(market: Market, user: User, token: Token) {
  const { mint } = token.addresses;
  const userTokens = await tokensOf(user.keys.address, mint);
  return { user: user.keys, market: market.address, obligation: user.obligation, mint, userTokens };
}

/** A new person with lamports, an obligation, and some of a token. */
async function arrive(chain: Chain, market: Market, token: Token, atoms: bigint): Promise<User> {
  const keys = await generateKeyPairSigner();
  await chain.airdrop(keys.address, 10n);
  const id = 7n;
  await chain.send(market.owner, await fund(market.owner, keys.address, token.addresses.mint, atoms));
  await chain.send(keys, [await getInitObligationInstructionAsync({ owner: keys, market: market.address, id })]);
  const [obligation] = await findObligationPda({ market: market.address, owner: keys.address, id });
  return { keys, obligation };
}

async function depositAll(chain: Chain, market: Market, user: User, token: Token, atoms: bigint): Promise<void> {
  const accounts = await between(market, user, token);
  const receipt = await chain.send(user.keys, [await getDepositInstructionAsync({ ...accounts, amountAtoms: atoms })]);
  const [event] = receipt.events;
  same("deposit: event", event?.name === "Deposited" && event.data.atoms, atoms);
  same("deposit: vault's balance", await vaultBalance(chain, token), atoms);
  const reserve = await reserveOf(chain, token);
  same("deposit: what the reserve counts", reserve.availableAtoms, atoms);
  same("deposit: what the obligation holds", holding(await obligationOf(chain, user), token, reserve).held, atoms);
}

async function vaultBalance(chain: Chain, token: Token): Promise<bigint> {
  const { value } = await chain.rpc.getTokenAccountBalance(token.addresses.vault, CONFIRMED).send();
  return BigInt(value.amount);
}

export async function lendAndBorrow(chain: Chain, market: Market): Promise<People> {
  const { sol, usdc } = market;
  const lent = LENT_USDC * usdc.atomsPerToken;
  const collateral = COLLATERAL_SOL * sol.atomsPerToken;
  const amountAtoms = BORROWED_USDC * usdc.atomsPerToken;

  const lender = await arrive(chain, market, usdc, lent);
  await depositAll(chain, market, lender, usdc, lent);
  const borrower = await arrive(chain, market, sol, collateral);
  await depositAll(chain, market, borrower, sol, collateral);
  await chain.send(market.owner, await fund(market.owner, borrower.keys.address, usdc.addresses.mint, 0n));

  const reserves = reserveListWith(await obligationOf(chain, borrower), { borrow: usdc.addresses.reserve });
  const accounts = await between(market, borrower, usdc);
  const receipt = await chain.send(borrower.keys, [
    refresh(market),
    await getBorrowInstructionAsync({ ...accounts, amountAtoms, reserves }),
  ]);
  // A basis point, rounded up.
  const fee = (amountAtoms * BigInt(usdc.config.originationFeeBps) + 9_999n) / 10_000n;
  const [event] = receipt.events;
  same("borrow: event", event?.name === "Borrowed" && event.data.atoms, amountAtoms);
  same("borrow: fee in the event", event?.name === "Borrowed" && event.data.feeAtoms, fee);
  same("borrow: tokens received", await balance(chain, borrower.keys.address, usdc.addresses.mint), amountAtoms);
  const reserve = await reserveOf(chain, usdc);
  const obligation = await obligationOf(chain, borrower);
  same("borrow: what remains available", reserve.availableAtoms, lent - amountAtoms);
  near("borrow: the debt with its fee", holding(obligation, usdc, reserve).owed, amountAtoms + fee, 1n);
  same("borrow: order of reserves", reserves.join(), [sol, usdc].map((t) => t.addresses.reserve).join());
  same("borrow: settings are those that were sent", comparable(reserve.config) === comparable(usdc.config), true);
  return { lender, borrower };
}

function comparable(config: object): string {
  return JSON.stringify(config, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value instanceof Uint8Array ? Array.from(value) : value,
  );
}

export async function leave(chain: Chain, market: Market, people: People, liquidator: KeyPairSigner): Promise<void> {
  const { sol, usdc } = market;
  const { borrower, lender } = people;
  // Interest and the fee are more than was borrowed: the liquidator's collateral pays for it elsewhere.
  await chain.send(market.owner, await fund(market.owner, borrower.keys.address, usdc.addresses.mint, 10_000_000n));
  const debt = await between(market, borrower, usdc);
  const before = await balance(chain, borrower.keys.address, usdc.addresses.mint);
  const repaid = await chain.send(borrower.keys, [await getRepayInstructionAsync({ ...debt, amountAtoms: ALL })]);
  const [event] = repaid.events;
  const paid = before - (await balance(chain, borrower.keys.address, usdc.addresses.mint));
  same("repay: event", event?.name === "Repaid" && event.data.atoms, paid);
  const obligation = await obligationOf(chain, borrower);
  same("repay: debts left", obligation.borrowCount, 0);

  const held = holding(obligation, sol, await reserveOf(chain, sol)).held;
  const reserves = reserveListWithout(obligation, { deposit: sol.addresses.reserve });
  const deposit = await between(market, borrower, sol);
  await chain.send(borrower.keys, [
    await getWithdrawInstructionAsync({ ...deposit, amountAtoms: ALL, reserves }),
    getCloseObligationInstruction({ owner: borrower.keys, obligation: borrower.obligation }),
  ]);
  same("withdraw: all collateral", await balance(chain, borrower.keys.address, sol.addresses.mint), held);
  const closed = await fetchMaybeObligation(chain.rpc, borrower.obligation, CONFIRMED);
  same("close: the obligation is gone", closed.exists, false);
  const seized = await balance(chain, liquidator.address, sol.addresses.mint);
  same("no SOL came or went", held + seized, COLLATERAL_SOL * sol.atomsPerToken);

  const lending = await between(market, lender, usdc);
  await chain.send(lender.keys, [await getWithdrawInstructionAsync({ ...lending, amountAtoms: ALL, reserves: [] })]);
  const got = await balance(chain, lender.keys.address, usdc.addresses.mint);
  const interest = got - LENT_USDC * usdc.atomsPerToken;
  same("the lender earned interest", interest > 0n, true);
  // What stays is the protocol's and the insurance's.
  const reserve = await reserveOf(chain, usdc);
  same("the vault holds what is accounted for", await vaultBalance(chain, usdc), reserve.availableAtoms);
  const claims = reserve.protocolFees / 2n ** 64n + supplyAtomsDown(reserve.scaledInsurance, reserve.supplyIndex);
  near("which is fees and insurance", reserve.availableAtoms, claims, 4n);
}
