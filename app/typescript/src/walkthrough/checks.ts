/** What must hold, and the lines that say so. */

let passed = 0;

/** How many checks passed. */
export function checksPassed(): number {
  return passed;
}

/** Prints what was compared, and throws where the chain says something else. */
export function same(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) {
    throw new Error(`${what}: the chain says ${String(actual)}, expected ${String(expected)}`);
  }
  say(what, String(actual));
}

/** The same for numbers that were rounded on the way by at most `tolerance`. */
export function near(what: string, actual: bigint, expected: bigint, tolerance: bigint): void {
  const distance = actual > expected ? actual - expected : expected - actual;
  if (distance > tolerance) {
    throw new Error(
      `${what}: the chain says ${actual}, expected ${expected}; ${tolerance} may be lost by rounding, not ${distance}`,
    );
  }
  say(what, distance === 0n ? `${actual}` : `${actual} (${distance} by rounding)`);
}

function say(what: string, value: string): void {
  passed += 1;
  console.log(`  ok  ${what.padEnd(52)} ${value}`);
}
