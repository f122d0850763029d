//! What an attacker might bring: copies under other owners and altered instructions; and account states that are too
//! rare to wait for.

use levee::state::{Limbs, Obligation, Reserve};
use levee_risk::clocks::Clocks;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::{Chain, Token, User, World};

/// `instruction` with `key` in its account slot `slot`.
pub fn with_account(instruction: &Instruction, slot: usize, key: Pubkey) -> Instruction {
    let mut altered = instruction.clone();
    altered.accounts[slot].pubkey = key;
    altered
}

/// `instruction` whose account slot `slot` need not sign.
pub fn unsigned(instruction: &Instruction, slot: usize) -> Instruction {
    let mut altered = instruction.clone();
    altered.accounts[slot].is_signer = false;
    altered
}

/// A copy of the account at `address`, byte for byte, at a new address and under another owner.
pub fn copy_under<C: Chain>(world: &mut World<C>, address: &Pubkey, owner: Pubkey) -> Pubkey {
    let mut account = world.chain.account(address).expect("the account exists");
    account.owner = owner;
    let copy = world.keypair().pubkey();
    world.chain.set_account(copy, account);
    copy
}

/// Sets the amount in a token account of either token program.
pub fn set_token_amount<C: Chain>(world: &mut World<C>, address: &Pubkey, atoms: u64) {
    let mut account = world.chain.account(address).expect("the account exists");
    account.data[64..72].copy_from_slice(&atoms.to_le_bytes());
    world.chain.set_account(*address, account);
}

/// Freezes a token account of either token program, as its mint's issuer may.
pub fn freeze<C: Chain>(world: &mut World<C>, address: &Pubkey) {
    let mut account = world.chain.account(address).expect("the account exists");
    account.data[108] = 2;
    world.chain.set_account(*address, account);
}

/// Sets both indexes of a reserve, and backs what its supply has then become with tokens in the vault.
pub fn set_indexes<C: Chain>(world: &mut World<C>, token: &Token, supply: u128, borrow: u128) {
    world.rewrite(&token.keys.reserve, |reserve: &mut Reserve| {
        reserve.supply_index = Limbs::new(supply);
        reserve.borrow_index = Limbs::new(borrow);
        let claims = reserve.supply_down().expect("claims have a number").0;
        reserve.available_atoms += claims;
    });
    let available = world.reserve(token).available_atoms;
    set_token_amount(world, &token.keys.vault, available);
}

/// Gives the reserve an insurance of `atoms` at an index of one.
pub fn endow_insurance<C: Chain>(world: &mut World<C>, token: &Token, atoms: u64) {
    world.rewrite(&token.keys.reserve, |reserve: &mut Reserve| {
        let scaled = u128::from(atoms) << 32;
        reserve.scaled_insurance = Limbs::new(reserve.scaled_insurance.get() + scaled);
        reserve.scaled_supply = Limbs::new(reserve.scaled_supply.get() + scaled);
        reserve.available_atoms += atoms;
    });
    let available = world.reserve(token).available_atoms;
    set_token_amount(world, &token.keys.vault, available);
}

/// Makes the obligation one that was seen unhealthy in this slot, after `slots` of proven time in which its liquidation was
/// permitted.
pub fn auction_for<C: Chain>(world: &mut World<C>, obligation: &Pubkey, slots: u64) {
    let slot = world.slot();
    world.rewrite(obligation, |obligation: &mut Obligation| {
        obligation.set_clocks(Clocks {
            unhealthy_slots: slots,
            auction_slots: slots,
            last_seen_slot: slot,
            permitted: true,
        });
    });
}

/// Takes all deposits from an obligation, as if they had been seized.
pub fn strip_deposits<C: Chain>(world: &mut World<C>, obligation: &Pubkey) {
    let before: Obligation = world.read(obligation);
    for deposit in before.deposits() {
        world.rewrite(&deposit.reserve, |reserve: &mut Reserve| {
            let rest = reserve.scaled_supply.get() - deposit.scaled.get();
            reserve.scaled_supply = Limbs::new(rest);
        });
    }
    world.rewrite(obligation, |obligation: &mut Obligation| {
        obligation.deposits = Default::default();
        obligation.deposit_count = 0;
    });
}

/// Sets the borrow index of `token`, of which only `user` owes something: as many atoms as before, up to rounding.
pub fn set_borrow_index<C: Chain>(world: &mut World<C>, token: &Token, user: &User, index: u128) {
    let scaled = |at_one: Limbs| Limbs::new(at_one.get() / (index >> 64));
    world.rewrite(&token.keys.reserve, |reserve: &mut Reserve| {
        reserve.borrow_index = Limbs::new(index);
        reserve.scaled_debt = scaled(reserve.scaled_debt);
    });
    world.rewrite(&user.obligation, |obligation: &mut Obligation| {
        for borrow in &mut obligation.borrows {
            if borrow.reserve == token.keys.reserve {
                borrow.scaled = scaled(borrow.scaled);
            }
        }
    });
}
