//! The escape from marginfi's flash loans: an instruction that ran inside a loan moved the debt away from the check at its end.
//! Here whoever owes the loan is the reserve itself, and no instruction between both ends gains anything.

use levee::error::LeveeError;
use levee_tests::assert_refused;

use crate::attack::{Attack, LOAN};

#[test]
fn what_would_take_the_loan_into_the_market_or_out_of_it_is_refused_and_the_rest_is_harmless() {
    let mut attack = Attack::new();
    let mut passed = Vec::new();
    for (name, inside) in attack.moves() {
        if attack.passes(name, &inside) {
            passed.push(name);
        }
    }
    let harmless = [
        "deposit SOL",
        "withdraw SOL",
        "repay",
        "repay all",
        "repay the other",
        "open an obligation",
        "close the empty one",
        "leave groups",
        "refresh",
        "mark",
        "liquidate itself",
        "batch",
        "hide all but the fee",
        "a loan of SOL",
    ];
    assert_eq!(passed, harmless);
}

#[test]
fn the_lent_reserve_is_closed_for_deposits_withdrawals_borrows_claims_and_loans() {
    let mut attack = Attack::new();
    let closed = [
        "deposit dollars",
        "deposit the loan",
        "deposit for nobody",
        "borrow dollars",
        "a loan inside",
    ];
    let moves = attack.moves();
    for name in closed {
        let (_, inside) = moves.iter().find(|(known, _)| *known == name).unwrap();
        let list = attack.loan(&attack.replay.debt, LOAN, inside);
        let signers = [&attack.attacker.keypair];
        let due = match name {
            // The second end is one too many for the first beginning.
            "a loan inside" => LeveeError::FlashRepayMissing,
            _ => LeveeError::InFlashLoan,
        };
        assert_refused(&mut attack.replay.world, &list, &signers, due);
    }
}

#[test]
fn no_two_instructions_inside_a_loan_gain_anything() {
    let mut attack = Attack::new();
    let moves = attack.moves();
    let mut passed = 0;
    for (first, before) in &moves {
        for (second, after) in &moves {
            let inside = [before.clone(), after.clone()].concat();
            let name = format!("{first}, {second}");
            passed += usize::from(attack.passes(&name, &inside));
        }
    }
    assert!(passed > 100, "{passed}");
}

#[test]
fn no_instruction_takes_the_place_of_the_repayment() {
    let mut attack = Attack::new();
    for (name, instead) in attack.moves() {
        // The two that contain a repayment of the reserve.
        if name == "end early" || name == "a loan inside" {
            continue;
        }
        let mut list = attack.loan(&attack.replay.debt, LOAN, &[]);
        list.splice(1.., instead);
        let signers = [&attack.attacker.keypair];
        let error = LeveeError::FlashRepayMissing;
        assert_refused(&mut attack.replay.world, &list, &signers, error);
    }
}
