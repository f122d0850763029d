//! `refresh_reserves`: interest, and which accounts it takes. What it makes of prices has files of its own.

use levee::error::LeveeError;
use levee_client::instructions as ix;
use levee_tests::forge::copy_under;
use levee_tests::{
    assert_refused, sol_config, world, BanksChain, Chain, HalfLent, PriceSpec, Token, World,
};
use solana_instruction::AccountMeta;
use solana_pubkey::Pubkey;

const YEAR: i64 = 31_536_000;

fn lent() -> (World<BanksChain>, Token, Token) {
    let lent = HalfLent::new();
    (lent.world, lent.sol, lent.usdc)
}

fn refresh(world: &mut World<BanksChain>, tokens: &[Token]) {
    let anybody = world.keypair();
    let refresh = world.refresh(tokens);
    world.must(&[refresh], &[&anybody]);
}

#[test]
fn interest_of_a_year_grows_debt_and_supply_by_the_curve() {
    let (mut world, _, usdc) = lent();
    let before = world.reserve(&usdc);
    world.advance(1_000, YEAR);
    world.set_usd(&usdc, 1.0);
    refresh(&mut world, &[usdc]);
    let after = world.reserve(&usdc);
    assert_eq!(after.last_accrual_ts, world.now());
    // Lent are 10,001 of the suppliers' 20,000 USDC; the curve has 8 % at 90 % utilization, and interest compounds.
    let rate = 10_001.0 / 20_000.0 / 0.9 * 0.08;
    let due = 10_001.0 * (f64::exp(rate) - 1.0);
    let interest = after.debt_up().unwrap().0 - before.debt_up().unwrap().0;
    assert!((interest as f64 / 1e6 - due).abs() < 0.01, "{interest}");
    // A tenth goes to the protocol, the rest to the suppliers; unclaimed fees earn nothing. What rounds stays.
    let earned = after.supply_down().unwrap().0 - before.supply_down().unwrap().0;
    let fees = after.protocol_fees().atoms_down().0 - before.protocol_fees().atoms_down().0;
    let due = interest * 9 / 10;
    assert!((due - 1..=due).contains(&earned), "{earned} of {interest}");
    let due = interest / 10;
    assert!((due - 1..=due).contains(&fees), "{fees} of {interest}");
    assert_eq!(after.available_atoms, before.available_atoms);
}

#[test]
fn interest_is_accrued_once_a_second_and_never_backwards() {
    let (mut world, _, usdc) = lent();
    world.advance(1, 60);
    refresh(&mut world, &[usdc]);
    let once = world.reserve(&usdc);
    world.advance(1, 0);
    refresh(&mut world, &[usdc]);
    let mut clock = world.chain.clock();
    clock.unix_timestamp -= 30;
    world.chain.set_clock(clock);
    world.set_usd(&usdc, 1.0);
    refresh(&mut world, &[usdc]);
    let again = world.reserve(&usdc);
    assert_eq!(again.borrow_index, once.borrow_index);
    assert_eq!(again.supply_index, once.supply_index);
    assert_eq!(again.last_accrual_ts, once.last_accrual_ts);
}

#[test]
fn a_reserve_without_debt_earns_nothing() {
    let (mut world, sol, _) = lent();
    let before = world.reserve(&sol);
    world.advance(1_000, YEAR);
    world.set_usd(&sol, 200.0);
    refresh(&mut world, &[sol]);
    let after = world.reserve(&sol);
    assert_eq!(after.supply_down().unwrap(), before.supply_down().unwrap());
    assert_eq!(after.protocol_fees, before.protocol_fees);
    assert_eq!(after.last_accrual_ts, world.now());
}

#[test]
fn any_number_of_reserves_is_refreshed_in_one_instruction_by_anybody() {
    let mut world = world();
    let tokens: Vec<Token> = (0..10)
        .map(|dollars| world.add_token(9, f64::from(dollars) + 0.5, sol_config))
        .collect();
    world.advance(5, 2);
    refresh(&mut world, &tokens);
    for (dollars, token) in tokens.iter().enumerate() {
        let price = world.reserve(token).price;
        assert_eq!(price.price, dollars as u64 * 100_000_000 + 50_000_000);
        assert_eq!(price.refreshed_slot, world.slot());
    }
}

#[test]
fn a_reserve_given_twice_is_refreshed_as_if_given_once() {
    let (mut world, sol, usdc) = lent();
    world.advance(1, 60);
    world.set_usd(&usdc, 1.0);
    let untouched = world.reserve(&usdc);
    refresh(&mut world, &[usdc]);
    let once = world.reserve(&usdc);
    world.rewrite(&usdc.keys.reserve, |reserve| *reserve = untouched);
    refresh(&mut world, &[usdc, sol, usdc]);
    let twice = world.reserve(&usdc);
    assert_eq!(bytemuck::bytes_of(&twice), bytemuck::bytes_of(&once));
}

#[test]
fn a_reserve_given_twice_keeps_the_newer_of_two_prices() {
    let (mut world, sol, _) = lent();
    let newer = PriceSpec::usd(210.0, world.now());
    let older = PriceSpec::usd(190.0, world.now() - 1);
    let mut other = sol;
    other.price_account = Pubkey::new_from_array([9; 32]);
    world.set_price(&sol, &newer);
    world.set_price(&other, &older);
    refresh(&mut world, &[sol, other]);
    assert_eq!(world.reserve(&sol).price.price, newer.price as u64);
    refresh(&mut world, &[other, sol]);
    assert_eq!(world.reserve(&sol).price.price, newer.price as u64);
}

#[test]
fn no_pair_or_half_a_pair_is_refused() {
    let (mut world, sol, usdc) = lent();
    let anybody = world.keypair();
    let error = LeveeError::UnpairedPriceAccounts;
    assert_refused(&mut world, &[ix::refresh_reserves(&[])], &[&anybody], error);
    for accounts in [1, 3] {
        let mut refresh = world.refresh(&[sol, usdc]);
        refresh.accounts.truncate(accounts);
        assert_refused(&mut world, &[refresh], &[&anybody], error);
    }
}

#[test]
fn a_read_only_reserve_is_refused() {
    let (mut world, sol, usdc) = lent();
    let anybody = world.keypair();
    let mut refresh = world.refresh(&[sol, usdc]);
    refresh.accounts[2] = AccountMeta::new_readonly(usdc.keys.reserve, false);
    let error = LeveeError::UnpairedPriceAccounts;
    assert_refused(&mut world, &[refresh], &[&anybody], error);
}

#[test]
fn what_is_no_reserve_is_refused() {
    let (mut world, sol, _) = lent();
    let anybody = world.keypair();
    let user = world.user();
    // A copy of a reserve, byte for byte, that another program owns.
    let fake = copy_under(
        &mut world,
        &sol.keys.reserve,
        Pubkey::new_from_array([7; 32]),
    );
    let wrong = [
        world.market,
        user.obligation,
        user.key(),
        sol.keys.vault,
        sol.price_account,
        fake,
    ];
    for address in wrong {
        let refresh = ix::refresh_reserves(&[ix::PriceKeys {
            reserve: address,
            ..sol.prices()
        }]);
        assert_refused(&mut world, &[refresh], &[&anybody], LeveeError::NotAReserve);
    }
}

#[test]
fn one_bad_pair_refuses_the_whole_instruction() {
    let (mut world, sol, usdc) = lent();
    let anybody = world.keypair();
    world.advance(1, 60);
    world.set_usd(&sol, 201.0);
    let mut swapped = usdc;
    swapped.price_account = sol.price_account;
    for tokens in [[sol, swapped], [swapped, sol]] {
        let refresh = world.refresh(&tokens);
        assert_refused(
            &mut world,
            &[refresh],
            &[&anybody],
            LeveeError::WrongPriceFeed,
        );
    }
}
