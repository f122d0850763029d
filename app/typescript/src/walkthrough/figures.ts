/**
 * What the chain must arrive at, computed from the published formulas in exact fractions: nothing here is the program's
 * code or a client of it. One deposit, one debt.
 */

/** An exact fraction with a positive denominator. */
export class Fraction {
  constructor(
    readonly n: bigint,
    readonly d: bigint = 1n,
  ) {
    if (d <= 0n) throw new Error("a denominator must be positive");
  }

  plus(other: Fraction): Fraction {
    return new Fraction(this.n * other.d + other.n * this.d, this.d * other.d);
  }

  minus(other: Fraction): Fraction {
    return this.plus(new Fraction(-other.n, other.d));
  }

  times(other: Fraction): Fraction {
    return new Fraction(this.n * other.n, this.d * other.d);
  }

  over(other: Fraction): Fraction {
    return other.n < 0n
      ? new Fraction(-this.n * other.d, this.d * -other.n)
      : new Fraction(this.n * other.d, this.d * other.n);
  }

  isAbove(other: Fraction): boolean {
    return this.n * other.d > other.n * this.d;
  }

  max(other: Fraction): Fraction {
    return other.isAbove(this) ? other : this;
  }

  min(other: Fraction): Fraction {
    return this.isAbove(other) ? other : this;
  }

  /** Rounded down to a whole number of `unit`ths. */
  floor(unit = 1n): bigint {
    const scaled = this.n * unit;
    const quotient = scaled / this.d;
    return scaled % this.d < 0n ? quotient - 1n : quotient;
  }
}

const ONE = new Fraction(1n);
export const bps = (value: number): Fraction => new Fraction(BigInt(value), 10_000n);
export const ppm = (value: number): Fraction => new Fraction(BigInt(value), 1_000_000n);

/** The annual rate at a utilization: a straight line between the points (utilization, rate), in basis points. */
export function annualRate(curve: readonly (readonly [number, number])[], utilization: Fraction): Fraction {
  for (const [at, point] of curve.entries()) {
    const before = curve[at - 1];
    const [end, rate] = [bps(point[0]), bps(point[1])];
    if (before === undefined || utilization.isAbove(end)) continue;
    const [start, base] = [bps(before[0]), bps(before[1])];
    const part = utilization.minus(start).over(end.minus(start));
    return base.plus(rate.minus(base).times(part));
  }
  throw new Error("the curve ends below full utilization");
}

/** `(1 + r)^n − 1` to the third order, with `r` the rate per second and `n` the seconds. */
export function growth(annual: Fraction, seconds: bigint): Fraction {
  const r = annual.over(new Fraction(31_536_000n));
  const n = seconds;
  const second = new Fraction(n * (n - 1n), 2n).times(r).times(r);
  const third = new Fraction(n * (n - 1n) * (n - 2n), 6n).times(r).times(r).times(r);
  return new Fraction(n).times(r).plus(second).plus(third);
}

/** What the plan needs to know; values in dollars. */
export type Case = Readonly<{
  /** Dollars per atom. */
  collateralPrice: Fraction;
  debtPrice: Fraction;
  depositAtoms: bigint;
  debtAtoms: bigint;
  threshold: Fraction;
  borrowFactor: Fraction;
}>;

/** The rules of the auction and the market. */
export type Rules = Readonly<{
  start: Fraction;
  slope: Fraction;
  width: Fraction;
  max: Fraction;
  margin: Fraction;
  minTarget: Fraction;
  kappa: Fraction;
  insuranceShare: Fraction;
}>;

/** `h = l·C / (f·D)`. */
export function health(it: Case): Fraction {
  return weightedCollateral(it).over(weightedDebt(it));
}

/** `min(b_max, h·f/l − 1 − ε, max(b_start + ρ·slots, b_max·min(1, ((1 − h)/w)²)))` */
export function bonus(it: Case, rules: Rules, auctionSlots: bigint): Fraction {
  const h = health(it);
  const deficit = ONE.minus(h).over(rules.width);
  const convex = rules.max.times(deficit.times(deficit).min(ONE));
  const climbing = rules.start.plus(rules.slope.times(new Fraction(auctionSlots)));
  const cap = h.times(it.borrowFactor).over(it.threshold).minus(ONE).minus(rules.margin);
  return climbing.max(convex).min(rules.max).min(cap);
}

/** `T = max(T_min, 1 + κ·(1 − l·(1 + b)))` */
export function target(it: Case, rules: Rules, paid: Fraction): Fraction {
  const m = it.threshold.times(ONE.plus(paid));
  return rules.minTarget.max(ONE.plus(rules.kappa.times(ONE.minus(m))));
}

/** What a liquidation at the bonus `paid` moves, in atoms: repaid and seized rounded down, insurance rounded up. */
export function plan(
  it: Case,
  rules: Rules,
  paid: Fraction,
): { repaidAtoms: bigint; seizedAtoms: bigint; insuranceAtoms: bigint } {
  const T = target(it, rules, paid);
  const m = it.threshold.times(ONE.plus(paid));
  const missing = T.times(weightedDebt(it)).minus(weightedCollateral(it));
  const x = missing.over(T.times(it.borrowFactor).minus(m));
  const repaidAtoms = x.over(it.debtPrice).floor();
  const repaid = new Fraction(repaidAtoms);
  const seized = repaid.times(it.debtPrice).times(ONE.plus(paid)).over(it.collateralPrice);
  const insurance = repaid.times(paid).times(rules.insuranceShare);
  return {
    repaidAtoms,
    seizedAtoms: seized.floor(),
    insuranceAtoms: -new Fraction(-insurance.n, insurance.d).floor(),
  };
}

function weightedCollateral(it: Case): Fraction {
  return it.threshold.times(it.collateralPrice).times(new Fraction(it.depositAtoms));
}

function weightedDebt(it: Case): Fraction {
  return it.borrowFactor.times(it.debtPrice).times(new Fraction(it.debtAtoms));
}
