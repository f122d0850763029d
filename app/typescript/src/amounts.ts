/** Scaled balances in atoms. An index has 64 fractional bits, a scaled balance 32. */

const FRACTIONAL_BITS = 96n;

/** A deposit in atoms, rounded down: what a withdrawal pays. */
export function supplyAtomsDown(scaled: bigint, supplyIndex: bigint): bigint {
  return (scaled * supplyIndex) >> FRACTIONAL_BITS;
}

/** A debt in atoms, rounded up: what a repayment takes. */
export function debtAtomsUp(scaled: bigint, borrowIndex: bigint): bigint {
  return -((-scaled * borrowIndex) >> FRACTIONAL_BITS);
}
