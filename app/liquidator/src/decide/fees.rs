//! What a transaction offers for its place in a block: the priority fee, in millionths of a lamport per compute unit.

use levee_client::transaction::Budget;

use super::profit::{self, SignedWad};
use crate::config::{FeeKind, Fees, Profit};

/// The percentile of `recent` fees, or the floor where none are known, raised once for each time that the transaction before did
/// not land; never more than `most`, nor than the cap, but the floor at least.
pub fn offer(config: &Fees, recent: &[u64], unlanded: u32, most: u64) -> u64 {
    let floor = config.floor_micro_lamports;
    let most = most.min(config.cap_micro_lamports);
    if config.kind == FeeKind::Fixed || most <= floor {
        return floor;
    }
    let mut offered = percentile(recent, config.percentile)
        .unwrap_or(floor)
        .max(floor);
    for _ in 0..unlanded {
        if offered >= most {
            break;
        }
        offered = raised(offered, config.raise_percent);
    }
    offered.min(most)
}

/// `offered` and so many percent of it, rounded up.
fn raised(offered: u64, percent: u32) -> u64 {
    let more = (u128::from(offered) * u128::from(percent)).div_ceil(100);
    offered.saturating_add(u64::try_from(more).unwrap_or(u64::MAX))
}

/// The smallest of `fees` that so many percent of them do not exceed.
fn percentile(fees: &[u64], percent: u8) -> Option<u64> {
    let mut sorted = fees.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * usize::from(percent)).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

/// The most that a transaction may offer, where `profit` is what it brings at the fee of `budget`: so much that the priority fee is no
/// more than its share of what is brought, and the least profit is left; rounded down.
pub fn most(config: &Fees, wanted: &Profit, profit: SignedWad, budget: Budget) -> u64 {
    let before = profit.saturating_add(profit::priority_fee(wanted, budget));
    let share = before / 10_000 * SignedWad::from(config.profit_share_bps);
    let above_least = before.saturating_sub(profit::least(wanted));
    let lamports = profit::lamports_down(wanted, share.min(above_least));
    budget.micro_lamports_for_down(lamports)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECENT: [u64; 8] = [70, 10, 30, 20, 50, 40, 80, 60];

    fn config() -> Fees {
        Fees {
            floor_micro_lamports: 15,
            cap_micro_lamports: 1_000,
            percentile: 75,
            raise_percent: 50,
            profit_share_bps: 2_500,
            ..Fees::default()
        }
    }

    #[test]
    fn a_percentile_is_one_of_the_fees_and_so_many_percent_do_not_exceed_it() {
        for (percent, expected) in [(1, 10), (12, 10), (13, 20), (75, 60), (76, 70), (100, 80)] {
            assert_eq!(percentile(&RECENT, percent), Some(expected), "{percent}");
        }
        assert_eq!(percentile(&[], 75), None);
    }

    #[test]
    fn recent_fees_are_offered_between_floor_and_cap() {
        let of = |recent: &[u64]| offer(&config(), recent, 0, u64::MAX);
        assert_eq!(of(&RECENT), 60);
        assert_eq!(of(&[]), 15);
        assert_eq!(of(&[1, 2, 3]), 15);
        assert_eq!(of(&[5_000; 3]), 1_000);
    }

    #[test]
    fn each_transaction_that_does_not_land_raises_the_next_ones_fee_up_to_the_cap() {
        let offers: Vec<u64> = (0..9)
            .map(|unlanded| offer(&config(), &RECENT, unlanded, u64::MAX))
            .collect();
        assert_eq!(offers, [60, 90, 135, 203, 305, 458, 687, 1_000, 1_000]);
        assert_eq!(offer(&config(), &RECENT, u32::MAX, u64::MAX), 1_000);
        // A raise by nothing ends as well.
        let still = Fees {
            raise_percent: 0,
            ..config()
        };
        assert_eq!(offer(&still, &RECENT, 1_000, u64::MAX), 60);
    }

    #[test]
    fn no_more_is_offered_than_the_profit_allows_but_the_floor() {
        assert_eq!(offer(&config(), &RECENT, 0, 40), 40);
        assert_eq!(offer(&config(), &RECENT, 5, 40), 40);
        assert_eq!(offer(&config(), &RECENT, 0, 3), 15);
    }

    #[test]
    fn a_fixed_fee_is_the_floor_whatever_others_paid() {
        let fixed = Fees {
            kind: FeeKind::Fixed,
            ..config()
        };
        assert_eq!(offer(&fixed, &RECENT, 7, u64::MAX), 15);
    }

    #[test]
    fn the_fee_takes_its_share_of_the_profit_and_leaves_the_least() {
        let mut wanted = Profit {
            min_profit_micro_usd: 0,
            sol_micro_usd: 200_000_000,
            ..Profit::default()
        };
        let budget = Budget {
            compute_units: 100_000,
            micro_lamports_per_unit: 0,
        };
        let usd = 1_000_000_000_000_000_000;
        // A quarter of eight dollars is ten million lamports: a hundred for each compute unit.
        let most_of = |wanted: &Profit, profit| most(&config(), wanted, profit, budget);
        assert_eq!(most_of(&wanted, 8 * usd), 100_000_000);
        // What the floor costs was brought, too.
        let paid = Budget {
            micro_lamports_per_unit: 1_000_000,
            ..budget
        };
        let fee = profit::priority_fee(&wanted, paid);
        assert_eq!(most(&config(), &wanted, 8 * usd - fee, paid), 100_000_000);
        // Of eight dollars seven and a half must stay.
        wanted.min_profit_micro_usd = 7_500_000;
        assert_eq!(most_of(&wanted, 8 * usd), 25_000_000);
        // A loss that is allowed offers nothing.
        wanted.min_profit_micro_usd = -1_000_000;
        assert_eq!(most_of(&wanted, -usd / 2), 0);
        assert_eq!(most_of(&wanted, SignedWad::MIN), 0);
        // Where SOL costs nothing, any fee does.
        wanted.sol_micro_usd = 0;
        assert_eq!(most_of(&wanted, usd), u64::MAX);
    }
}
