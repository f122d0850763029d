import assert from "node:assert/strict";
import test from "node:test";

import { AccountRole, address, getAddressDecoder, getBase64Decoder, type Address } from "@solana/kit";

import {
  debtAtomsUp,
  eventsIn,
  getDepositedEventEncoder,
  getObligationDecoder,
  getObligationEncoder,
  getObligationSize,
  LEVEE_PROGRAM_ADDRESS,
  otherReserves,
  reserveList,
  reserveListWith,
  reserveListWithout,
  supplyAtomsDown,
  type Obligation,
} from "..";

const named = (name: number): Address => getAddressDecoder().decode(new Uint8Array(32).fill(name));
const [A, B, C, D] = [named(1), named(2), named(3), named(4)];
const NOBODY = address("11111111111111111111111111111111");

function obligation(deposits: Address[], borrows: Address[]): Obligation {
  const positions = (used: Address[], size: number) =>
    Array.from({ length: size }, (_, at) => ({ reserve: used[at] ?? NOBODY, scaled: used[at] ? 2n ** 100n : 0n }));
  const bytes = getObligationEncoder().encode({
    market: NOBODY,
    owner: NOBODY,
    id: 0n,
    unhealthySlots: 0n,
    auctionSlots: 0n,
    lastSeenUnhealthySlot: 0n,
    lastRiskIncreaseSlot: 0n,
    depositCount: deposits.length,
    borrowCount: borrows.length,
    elevationGroup: 0,
    bump: 255,
    lastSeenPermitted: 0,
    unused: new Uint8Array(3),
    deposits: positions(deposits, 8),
    borrows: positions(borrows, 5),
  });
  assert.equal(bytes.length, getObligationSize());
  return getObligationDecoder().decode(bytes);
}

test("the reserves of an obligation are its deposits, then its borrows", () => {
  assert.deepEqual(reserveList(obligation([A, B], [C])), [A, B, C]);
  assert.deepEqual(reserveList(obligation([], [])), []);
});

test("a first borrow comes last, and one more of the same reserve changes nothing", () => {
  assert.deepEqual(reserveListWith(obligation([A, B], [C]), { borrow: D }), [A, B, C, D]);
  assert.deepEqual(reserveListWith(obligation([A, B], [C]), { borrow: C, deposit: D }), [A, B, D, C]);
});

test("a closed position leaves the list without changing the order of the others", () => {
  assert.deepEqual(reserveListWithout(obligation([A, B, C], [A]), { deposit: A }), [B, C, A]);
  assert.deepEqual(reserveListWithout(obligation([A, B], [C, D]), { borrow: C }), [A, B, D]);
});

test("a liquidation gets the other reserves, writable where they may be netted or written off", () => {
  const pair = { repayReserve: C, seizeReserve: A };
  const [readonly, writable] = [AccountRole.READONLY, AccountRole.WRITABLE];
  const others = otherReserves(obligation([A, B, D], [C, D]), pair, false);
  assert.deepEqual(others, [
    { address: B, role: readonly },
    { address: D, role: writable },
    { address: D, role: writable },
  ]);
  const settling = otherReserves(obligation([A], [C, B]), pair, true);
  assert.deepEqual(settling, [{ address: B, role: writable }]);
});

test("deposits round down and debts round up", () => {
  const one = 2n ** 64n;
  assert.equal(supplyAtomsDown(5n << 32n, one), 5n);
  assert.equal(supplyAtomsDown((5n << 32n) + 1n, one), 5n);
  assert.equal(debtAtomsUp(5n << 32n, one), 5n);
  assert.equal(debtAtomsUp((5n << 32n) + 1n, one), 6n);
  assert.equal(debtAtomsUp(0n, one), 0n);
});

test("events are the program's own, whichever program runs around it", () => {
  const bytes = getDepositedEventEncoder().encode({ obligation: A, reserve: B, atoms: 2n ** 64n - 1n });
  const data = `Program data: ${getBase64Decoder().decode(bytes)}`;
  const logs = [
    `Program ${A} invoke [1]`,
    data,
    `Program ${LEVEE_PROGRAM_ADDRESS} invoke [2]`,
    `Program ${B} invoke [3]`,
    data,
    `Program ${B} success`,
    data,
    "Program data: AAAA",
    `Program ${LEVEE_PROGRAM_ADDRESS} success`,
    data,
    `Program ${A} failed: custom program error: 0x1`,
  ];
  const deposited = { obligation: A, reserve: B, atoms: 2n ** 64n - 1n };
  assert.deepEqual(eventsIn(logs), [{ name: "Deposited", data: deposited }]);
});
