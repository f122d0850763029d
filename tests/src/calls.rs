//! Single instructions of a user with the usual wallet, for tests that alter or combine them.

use levee_client::instructions as ix;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::{Token, User};

/// `deposit`.
pub fn deposit(user: &User, token: &Token, atoms: u64) -> Instruction {
    ix::deposit(
        user.key(),
        user.obligation,
        &token.keys,
        user.wallet(token),
        atoms,
    )
}

/// `withdraw` with the given reserve list.
pub fn withdraw(user: &User, token: &Token, list: &[Pubkey], atoms: u64) -> Instruction {
    let wallet = user.wallet(token);
    ix::withdraw(
        user.key(),
        user.obligation,
        &token.keys,
        wallet,
        list,
        atoms,
    )
}

/// `borrow` with the given reserve list.
pub fn borrow(user: &User, token: &Token, list: &[Pubkey], atoms: u64) -> Instruction {
    let wallet = user.wallet(token);
    ix::borrow(
        user.key(),
        user.obligation,
        &token.keys,
        wallet,
        list,
        atoms,
    )
}

/// `repay` of the user's own debt.
pub fn repay(user: &User, token: &Token, atoms: u64) -> Instruction {
    repay_for(user, user, token, atoms)
}

/// `repay` of the debt of `of` out of the wallet of `payer`.
pub fn repay_for(payer: &User, of: &User, token: &Token, atoms: u64) -> Instruction {
    ix::repay(
        payer.key(),
        of.obligation,
        &token.keys,
        payer.wallet(token),
        atoms,
    )
}

/// The ways of getting the reserve list `list` wrong: too short, too long, out of order, a stranger within.
pub fn wrong_lists(list: &[Pubkey], stranger: Pubkey) -> Vec<Vec<Pubkey>> {
    let mut wrong = vec![
        Vec::new(),
        list[1..].to_vec(),
        list[..list.len() - 1].to_vec(),
    ];
    wrong.push([list, &[stranger]].concat());
    wrong.push([list, &list[..1]].concat());
    wrong.push(list.iter().rev().copied().collect());
    for at in 0..list.len() {
        let mut replaced = list.to_vec();
        replaced[at] = stranger;
        wrong.push(replaced);
    }
    wrong
}
