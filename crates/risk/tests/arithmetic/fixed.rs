use levee_risk::fixed::{BorrowIndex, FractionalAtoms, ScaledDebt, ScaledSupply, SupplyIndex};
use levee_risk::units::{Atoms, MathError};
use num_bigint::BigUint;
use proptest::prelude::*;

use crate::operands::{any_index, any_u128, any_u64, big, cases, ceil_div, limbs, number};

fn to_atoms(exact: BigUint) -> Result<Atoms, MathError> {
    u64::try_from(exact)
        .map(Atoms)
        .map_err(|_| MathError::Overflow)
}

fn to_balance(exact: BigUint) -> Result<u128, MathError> {
    u128::try_from(exact).map_err(|_| MathError::Overflow)
}

fn one() -> BigUint {
    big(1u8) << 96
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_balance_is_worth_its_product_with_the_index_rounded_as_named(scaled in any_u128(), index in any_u128()) {
        let exact = big(scaled) * index;
        let supply = ScaledSupply::from_limbs(limbs(scaled));
        let debt = ScaledDebt::from_limbs(limbs(scaled));
        let borrow_index = BorrowIndex::from_limbs(limbs(index));
        prop_assert_eq!(supply.atoms_down(SupplyIndex::from_limbs(limbs(index))), to_atoms(&exact >> 96));
        prop_assert_eq!(debt.atoms_down(borrow_index), to_atoms(&exact >> 96));
        prop_assert_eq!(debt.atoms_up(borrow_index), to_atoms(ceil_div(&exact, &one())));
    }

    #[test]
    fn an_amount_becomes_its_quotient_by_the_index_rounded_as_named(amount in any_u64(), index in any_u128()) {
        let supply_index = SupplyIndex::from_limbs(limbs(index));
        let borrow_index = BorrowIndex::from_limbs(limbs(index));
        let (down, up) = if index == 0 {
            (Err(MathError::DivisionByZero), Err(MathError::DivisionByZero))
        } else {
            let exact = big(amount) << 96;
            (to_balance(&exact / index), to_balance(ceil_div(&exact, &big(index))))
        };
        let amount = Atoms(amount);
        prop_assert_eq!(ScaledSupply::from_atoms_down(amount, supply_index).map(|s| number(s.to_limbs())), down);
        prop_assert_eq!(ScaledSupply::from_atoms_up(amount, supply_index).map(|s| number(s.to_limbs())), up);
        prop_assert_eq!(ScaledDebt::from_atoms_down(amount, borrow_index).map(|s| number(s.to_limbs())), down);
        prop_assert_eq!(ScaledDebt::from_atoms_up(amount, borrow_index).map(|s| number(s.to_limbs())), up);
    }

    #[test]
    fn what_is_deposited_can_be_withdrawn_but_for_one_atom_and_never_more(amount in any_u64(), index in any_index()) {
        let index = SupplyIndex::from_limbs(limbs(index));
        let deposit = ScaledSupply::from_atoms_down(Atoms(amount), index).unwrap();
        let worth = deposit.atoms_down(index).unwrap().0;
        prop_assert!(worth <= amount && amount - worth <= 1);
        let burnt = ScaledSupply::from_atoms_up(Atoms(worth), index).unwrap();
        prop_assert!(burnt <= deposit);
    }

    #[test]
    fn a_withdrawal_costs_less_than_one_atom_more_than_it_pays(amount in any_u64(), index in any_index()) {
        let burnt = ScaledSupply::from_atoms_up(Atoms(amount), SupplyIndex::from_limbs(limbs(index))).unwrap();
        let cost = big(number(burnt.to_limbs())) * index;
        prop_assert!(cost >= big(amount) << 96);
        prop_assert!(cost < (big(amount) + 1u8) << 96);
    }

    #[test]
    fn what_is_borrowed_is_owed_with_at_most_one_atom_more(amount in 0..u64::MAX, index in any_index()) {
        let index = BorrowIndex::from_limbs(limbs(index));
        let debt = ScaledDebt::from_atoms_up(Atoms(amount), index).unwrap();
        let owed = debt.atoms_up(index).unwrap().0;
        prop_assert!(owed >= amount && owed - amount <= 1);
        let cancelled = ScaledDebt::from_atoms_down(Atoms(amount), index).unwrap();
        prop_assert!(cancelled <= debt);
    }

    #[test]
    fn a_repayment_cancels_at_most_what_it_pays_and_less_than_one_atom_less(amount in any_u64(), index in any_index()) {
        let cancelled = ScaledDebt::from_atoms_down(Atoms(amount), BorrowIndex::from_limbs(limbs(index))).unwrap();
        let worth = big(number(cancelled.to_limbs())) * index;
        prop_assert!(worth <= big(amount) << 96);
        prop_assert!(worth + (big(1u8) << 96) > big(amount) << 96);
    }

    #[test]
    fn a_loss_scales_the_supply_index_by_what_remains(index in any_u128(), loss in any_u64(), claims in any_u64()) {
        let before = SupplyIndex::from_limbs(limbs(index));
        let after = number(before.socialize_down(Atoms(loss), Atoms(claims)).to_limbs());
        if loss == 0 {
            prop_assert_eq!(after, index);
        } else if loss >= claims {
            prop_assert_eq!(after, 0);
        } else {
            prop_assert_eq!(big(after), big(index) * (claims - loss) / claims);
        }
    }

    #[test]
    fn balances_add_and_subtract_exactly_or_refuse(a in any_u128(), b in any_u128()) {
        let (x, y) = (ScaledDebt::from_limbs(limbs(a)), ScaledDebt::from_limbs(limbs(b)));
        prop_assert_eq!(x.checked_add(y).ok().map(|n| number(n.to_limbs())), a.checked_add(b));
        prop_assert_eq!(x.checked_sub(y).ok().map(|n| number(n.to_limbs())), a.checked_sub(b));
        prop_assert_eq!(x.is_zero(), a == 0);
        prop_assert_eq!(FractionalAtoms::from_limbs(limbs(a)).atoms_down(), Atoms((a >> 64) as u64));
    }
}
