//! `claim_protocol_fees`.

use levee::error::LeveeError;
use levee::state::{Limbs, Reserve, ReserveConfig};
use levee_client::instructions as ix;
use levee_tests::{
    assert_refused, assert_refused_with, stable_config, BanksChain, Foreign, HalfLent, User, World,
};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

const USDC: u64 = 1_000_000;
const YEAR: i64 = 31_536_000;
/// Of SPL Token: `TokenError::MintMismatch`.
const MINT_MISMATCH: u32 = 3;

struct Lent {
    market: HalfLent,
    owner: Keypair,
    treasury: User,
}

fn lent() -> Lent {
    let mut market = HalfLent::new();
    let treasury = market.world.user();
    market.world.fund(&treasury, &market.usdc, 0);
    market.world.fund(&treasury, &market.sol, 0);
    let owner = market.world.owner.insecure_clone();
    Lent {
        market,
        owner,
        treasury,
    }
}

impl Lent {
    fn claim(&self) -> Instruction {
        let destination = self.treasury.wallet(&self.market.usdc);
        ix::claim_protocol_fees(self.owner.pubkey(), &self.market.usdc.keys, destination)
    }

    fn claimed(&self) -> u64 {
        self.market.world.balance(&self.treasury, &self.market.usdc)
    }
}

#[test]
fn the_origination_fee_is_paid_out_once() {
    let mut lent = lent();
    let claim = lent.claim();
    lent.market
        .world
        .must(std::slice::from_ref(&claim), &[&lent.owner]);
    assert_eq!(lent.claimed(), USDC);
    let reserve = lent.market.world.reserve(&lent.market.usdc);
    assert_eq!(reserve.available_atoms, 9_999 * USDC);
    assert_eq!(
        lent.market
            .world
            .token_balance(&lent.market.usdc.keys.vault),
        9_999 * USDC
    );
    assert_eq!(reserve.protocol_fees().atoms_down().0, 0);
    let owner = lent.owner.insecure_clone();
    assert_refused(
        &mut lent.market.world,
        &[claim],
        &[&owner],
        LeveeError::NothingToClaim,
    );
}

#[test]
fn the_take_rate_of_a_years_interest_is_paid_out() {
    let mut lent = lent();
    lent.market.world.advance(1_000, YEAR);
    let claim = lent.claim();
    lent.market.world.must(&[claim], &[&lent.owner]);
    let reserve = lent.market.world.reserve(&lent.market.usdc);
    let interest = reserve.debt_up().unwrap().0 - 10_001 * USDC;
    // 50 % utilization of a curve with 8 % at 90 %: 4.4 % a year.
    assert!((440 * USDC..460 * USDC).contains(&interest), "{interest}");
    assert_eq!(lent.claimed(), USDC + interest / 10);
}

#[test]
fn what_is_not_a_whole_atom_waits() {
    let mut lent = lent();
    let usdc = lent.market.usdc;
    let claim = lent.claim();
    let set = |world: &mut World<BanksChain>, fees| {
        world.rewrite::<Reserve>(&usdc.keys.reserve, |reserve| {
            reserve.protocol_fees = Limbs::new(fees);
        });
    };
    let atom = 1_u128 << 64;
    set(&mut lent.market.world, atom - 1);
    let owner = lent.owner.insecure_clone();
    let early = std::slice::from_ref(&claim);
    assert_refused(
        &mut lent.market.world,
        early,
        &[&owner],
        LeveeError::NothingToClaim,
    );
    set(&mut lent.market.world, 3 * atom + 7);
    lent.market.world.must(&[claim], &[&owner]);
    assert_eq!(lent.claimed(), 3);
    assert_eq!(lent.market.world.reserve(&usdc).protocol_fees.get(), 7);
}

#[test]
fn a_dry_vault_pays_what_it_has_and_owes_the_rest() {
    let mut lent = lent();
    let (usdc, sol) = (lent.market.usdc, lent.market.sol);
    let second = lent.market.world.supplier(&sol, 100_000_000_000);
    lent.market
        .world
        .borrow(&second, &usdc, 9_999 * USDC + USDC / 2)
        .unwrap();
    let owed = lent
        .market
        .world
        .reserve(&usdc)
        .protocol_fees()
        .atoms_down()
        .0;
    assert_eq!(owed, USDC + 999_950);
    let claim = lent.claim();
    let owner = lent.owner.insecure_clone();
    lent.market
        .world
        .must(std::slice::from_ref(&claim), &[&owner]);
    assert_eq!(lent.claimed(), USDC / 2);
    let dry = std::slice::from_ref(&claim);
    assert_refused(
        &mut lent.market.world,
        dry,
        &[&owner],
        LeveeError::NothingToClaim,
    );
    lent.market
        .world
        .repay(&lent.market.borrower, &usdc, 2 * USDC)
        .unwrap();
    lent.market.world.must(&[claim], &[&owner]);
    assert_eq!(lent.claimed(), owed);
}

#[test]
fn a_reserve_without_fees_has_nothing_to_claim() {
    let free = |feed| ReserveConfig {
        take_rate_bps: 0,
        origination_fee_bps: 0,
        ..stable_config(feed)
    };
    let HalfLent {
        mut world,
        usdc,
        borrower,
        ..
    } = HalfLent::with(free);
    world.advance(1_000, YEAR);
    let owner = world.owner.insecure_clone();
    let wallet = borrower.wallet(&usdc);
    let claim = ix::claim_protocol_fees(owner.pubkey(), &usdc.keys, wallet);
    assert_refused(&mut world, &[claim], &[&owner], LeveeError::NothingToClaim);
}

#[test]
fn nobody_but_the_owner_can_claim() {
    let mut lent = lent();
    let foreign = Foreign::new(&mut lent.market.world, &lent.market.usdc).owner;
    let helpers =
        [&lent.market.world.risk_admin, &lent.market.world.guardian].map(Keypair::insecure_clone);
    for other in helpers
        .iter()
        .chain([&lent.market.borrower.keypair, &foreign])
    {
        let wallet = lent.treasury.wallet(&lent.market.usdc);
        let claim = ix::claim_protocol_fees(other.pubkey(), &lent.market.usdc.keys, wallet);
        assert_refused(
            &mut lent.market.world,
            &[claim],
            &[other],
            LeveeError::NotOwner,
        );
    }
}

#[test]
fn accounts_that_do_not_belong_to_the_reserve_are_refused() {
    let mut lent = lent();
    let foreign = Foreign::new(&mut lent.market.world, &lent.market.usdc);
    let (usdc, sol) = (lent.market.usdc.keys, lent.market.sol.keys);
    let owner = lent.owner.insecure_clone();
    let wrong = [
        (2, foreign.token.keys.reserve, LeveeError::ForeignMarket),
        (3, sol.vault, LeveeError::WrongVault),
        (
            3,
            lent.treasury.wallet(&lent.market.usdc),
            LeveeError::WrongVault,
        ),
        (3, foreign.token.keys.vault, LeveeError::WrongVault),
        (5, sol.mint, LeveeError::WrongMint),
        (6, levee::ID, LeveeError::WrongTokenProgram),
        (6, levee_tests::TOKEN_2022, LeveeError::WrongTokenProgram),
    ];
    for (at, address, error) in wrong {
        let mut claim = lent.claim();
        claim.accounts[at].pubkey = address;
        assert_refused(&mut lent.market.world, &[claim], &[&owner], error);
    }
    let mut claim = lent.claim();
    claim.accounts[4].pubkey = lent.treasury.wallet(&lent.market.sol);
    let name = "MintMismatch";
    assert_refused_with(
        &mut lent.market.world,
        &[claim],
        &[&owner],
        MINT_MISMATCH,
        name,
    );
    // A foreign owner with the whole set of the first market's accounts but its own market.
    let wallet = lent.treasury.wallet(&lent.market.usdc);
    let mut claim = ix::claim_protocol_fees(foreign.owner.pubkey(), &usdc, wallet);
    claim.accounts[1].pubkey = foreign.market;
    let error = LeveeError::ForeignMarket;
    assert_refused(&mut lent.market.world, &[claim], &[&foreign.owner], error);
}

#[test]
fn the_vault_itself_is_no_destination() {
    let mut lent = lent();
    let owner = lent.owner.insecure_clone();
    let claim = ix::claim_protocol_fees(
        owner.pubkey(),
        &lent.market.usdc.keys,
        lent.market.usdc.keys.vault,
    );
    assert_refused(
        &mut lent.market.world,
        &[claim],
        &[&owner],
        LeveeError::VaultMismatch,
    );
}
