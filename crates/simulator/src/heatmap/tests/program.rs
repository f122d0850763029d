//! What the heatmap closes is what the program closes: its own liquidation on decoded accounts, atom by atom.

use anchor_lang::prelude::Pubkey;
use levee::state::{Obligation, Reserve, ReserveConfig};
use levee_client::quote::{liquidation, Copies, Request};
use levee_risk::fixed::{BorrowIndex, ScaledDebt, ScaledSupply, SupplyIndex};
use levee_risk::policy::Moment;
use levee_risk::units::Atoms;
use levee_testkit::{sol_config, stable_config};
use proptest::prelude::*;

use crate::heatmap::case::{turning_price, Axis, Case};
use crate::heatmap::closing::close_at;
use crate::heatmap::{MarketAccounts, Obligations};
use crate::market::default_market;

const MOMENT: Moment = Moment {
    slot: 1_000,
    now_ts: 1_760_130_000,
};

/// A reserve whose balances are its atoms, at an index of one.
fn reserve(config: ReserveConfig, decimals: u8, price: u64) -> Reserve {
    let mut reserve: Reserve = bytemuck::Zeroable::zeroed();
    reserve.config = config;
    reserve.decimals = decimals;
    reserve.supply_index.0 = SupplyIndex::ONE.to_limbs();
    reserve.borrow_index.0 = BorrowIndex::ONE.to_limbs();
    reserve.last_accrual_ts = MOMENT.now_ts;
    reserve.available_atoms = u64::MAX / 4;
    let all = ScaledSupply::from_atoms_down(Atoms(u64::MAX / 4), SupplyIndex::ONE);
    reserve.scaled_supply.0 = all.expect("it fits").to_limbs();
    let owed = ScaledDebt::from_atoms_up(Atoms(u64::MAX / 4), BorrowIndex::ONE);
    reserve.scaled_debt.0 = owed.expect("it fits").to_limbs();
    reserve.price.price = price;
    reserve.price.ema = price;
    reserve.price.exponent = -8;
    reserve.price.publish_ts = MOMENT.now_ts;
    reserve
}

fn obligation(keys: &[Pubkey; 2], held: u64, owed: u64) -> Obligation {
    let mut obligation: Obligation = bytemuck::Zeroable::zeroed();
    let held = ScaledSupply::from_atoms_down(Atoms(held), SupplyIndex::ONE).expect("it fits");
    obligation
        .set_deposit(&keys[0], held)
        .expect("there is room");
    let owed = ScaledDebt::from_atoms_up(Atoms(owed), BorrowIndex::ONE).expect("it fits");
    obligation.set_debt(&keys[1], owed).expect("there is room");
    obligation
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_long_is_closed_as_the_program_closes_it(sol in 1_000_000u64..1_000_000_000_000_000, usage in 0.2..0.79f64, fall in 0u64..9_000) {
        let keys = [Pubkey::new_from_array([1; 32]), Pubkey::new_from_array([2; 32])];
        let owed = (sol as f64 / 1e9 * 150.0 * usage * 1e6) as u64 + 1;
        let accounts = MarketAccounts {
            market: default_market(),
            reserves: vec![
                (keys[0], reserve(sol_config([1; 32]), 9, 150 * 100_000_000)),
                (keys[1], reserve(stable_config([2; 32]), 6, 100_000_000)),
            ],
            obligations: vec![(Pubkey::new_from_array([3; 32]), obligation(&keys, sol, owed))],
        };
        let book = Obligations::of_market("a test", &accounts, MOMENT).expect("the accounts fit");
        let axis = Axis::new(&book, book.find_asset(&book.tokens[0].name).unwrap()).expect("prices fit");
        let mut case = Case::new(&axis);
        case.load(book.spans()[0]);
        let now = axis.priced().price;
        let (low, high) = (case.shortfall(1).unwrap(), case.shortfall(now).unwrap());
        prop_assert!(low > 0 && high <= 0);
        let turn = turning_price(&case, (1, low), (now, high)).unwrap();
        // Where it turns, and further down.
        let price = (turn - turn * fall / 10_000).max(1);

        let mut copies = Copies(accounts.reserves.iter().copied().collect());
        let sol = copies.0.get_mut(&keys[0]).unwrap();
        sol.price.price = price;
        sol.price.ema = price;
        let request = Request { repay: keys[1], seize: keys[0], limit: Atoms(u64::MAX), has_receiver: false };
        let (key, before) = accounts.obligations[0];
        let quoted = liquidation(&accounts.market, &key, &before, &copies, MOMENT, 0, &request).expect("it makes sense");

        let (held, debt) = (case.deposits[0].atoms.0, case.borrows[0].atoms.0);
        let (closed, _) = close_at(&mut case, price).expect("amounts fit");
        let left = |lines: &[crate::heatmap::Line]| lines.first().map_or(0, |line| line.atoms.0);
        match quoted {
            Ok(quote) => {
                let plan = quote.done.plan.expect("nothing else was there to net");
                if closed.bad_debt.wad() == 0 {
                    prop_assert_eq!(debt - left(&case.borrows), plan.repay.0);
                }
                prop_assert_eq!(held - left(&case.deposits), plan.seize.0);
                let bad_debt = case.axis.book.tokens[1].decimals;
                let bad_debt = u128::from(quote.done.bad_debt.0) * 10u128.pow(18 - u32::from(bad_debt));
                prop_assert_eq!(closed.bad_debt.wad(), bad_debt);
            }
            Err(_) => prop_assert_eq!((held, debt), (left(&case.deposits), left(&case.borrows))),
        }
    }
}

#[test]
fn a_reserve_without_a_price_is_named() {
    let key = Pubkey::new_from_array([1; 32]);
    let accounts = MarketAccounts {
        market: default_market(),
        reserves: vec![(key, reserve(sol_config([1; 32]), 9, 0))],
        obligations: Vec::new(),
    };
    let error = Obligations::of_market("a test", &accounts, MOMENT).expect_err("there is no price");
    assert!(error.to_string().contains(&key.to_string()), "{error}");
    assert!(error.to_string().contains("no price"), "{error}");
}
