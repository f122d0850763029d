//! Eight deposits and five debts: borrowed, withdrawn and liquidated to the end within the chain's limits.

use levee::events::{BadDebtSettled, Liquidated};
use levee_client::instructions::{self as ix, other_reserves, Limits, LiquidatorKeys};
use levee_tests::{
    calls, event, events, free, pair_of, sol_config, stable_config, view, LiteChain, PriceSpec,
    Receipt, Token, User, World,
};
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

/// Most compute units of a transaction.
const COMPUTE_LIMIT: u32 = 1_400_000;
/// Most bytes of a transaction.
const PACKET: usize = 1_232;

struct Largest {
    world: World<LiteChain>,
    deposits: Vec<Token>,
    borrows: Vec<Token>,
    borrower: User,
    liquidator: User,
}

/// $1,000 in each of eight deposits, and room in each of five tokens to borrow from.
fn largest() -> Largest {
    let mut world = World::new(LiteChain::new());
    let deposits: Vec<_> = (0..8)
        .map(|_| world.add_token(9, 100.0, free(sol_config)))
        .collect();
    let borrows: Vec<_> = (0..5)
        .map(|_| world.add_token(6, 1.0, free(stable_config)))
        .collect();
    let borrower = world.user();
    let liquidator = world.user();
    for token in &borrows {
        world.supplier(token, token.atoms(10_000.0));
        world.fund(&borrower, token, 0);
        world.fund(&liquidator, token, token.atoms(10_000.0));
    }
    for token in &deposits {
        world.fund(&borrower, token, token.atoms(10.0));
        world.fund(&liquidator, token, 0);
        world.deposit(&borrower, token, token.atoms(10.0)).unwrap();
    }
    let mut table = vec![world.market, borrower.obligation, liquidator.obligation];
    for token in deposits.iter().chain(&borrows) {
        let keys = &token.keys;
        table.extend([keys.reserve, keys.vault, keys.mint, token.price_account]);
        table.extend([borrower.wallet(token), liquidator.wallet(token)]);
    }
    table.push(deposits[0].keys.token_program);
    world.chain.use_lookup_table(table);
    Largest {
        world,
        deposits,
        borrows,
        borrower,
        liquidator,
    }
}

/// The same after $1,100 were borrowed of each of the five.
fn indebted() -> Largest {
    let mut largest = largest();
    for at in 0..5 {
        let token = largest.borrows[at];
        let mut list = largest.world.reserve_list(&largest.borrower);
        list.push(token.keys.reserve);
        let atoms = token.atoms(1_100.0);
        let borrow = calls::borrow(&largest.borrower, &token, &list, atoms);
        largest.send(&list, borrow, true);
    }
    largest
}

impl Largest {
    /// Sends `instruction` after a refresh of all of `list`, within the chain's limits.
    fn send(&mut self, list: &[Pubkey], instruction: Instruction, by_owner: bool) -> Receipt {
        let limit = ComputeBudgetInstruction::set_compute_unit_limit(COMPUTE_LIMIT);
        let refresh = self.world.refresh(&self.world.tokens_of(list));
        let user = if by_owner {
            &self.borrower
        } else {
            &self.liquidator
        };
        let receipt = self
            .world
            .must(&[limit, refresh, instruction], &[&user.keypair]);
        assert!(receipt.bytes <= PACKET, "{} bytes", receipt.bytes);
        let used = receipt.compute_units;
        assert!(used <= u64::from(COMPUTE_LIMIT), "{used} compute units");
        receipt
    }

    fn liquidate(&mut self, repay: &Token, seize: &Token) -> Receipt {
        self.liquidate_into(repay, seize, None)
    }

    fn liquidate_into(
        &mut self,
        repay: &Token,
        seize: &Token,
        receiver: Option<Pubkey>,
    ) -> Receipt {
        let keys = LiquidatorKeys {
            liquidator: self.liquidator.key(),
            source: self.liquidator.wallet(repay),
            destination: self.liquidator.wallet(seize),
        };
        let list = self.world.reserve_list(&self.borrower);
        let pair = pair_of(repay, seize);
        let others = other_reserves(&self.world.obligation(&self.borrower), &pair, true);
        let of = self.borrower.obligation;
        let liquidate = ix::liquidate(&keys, &pair, of, &others, receiver, Limits::NONE);
        self.send(&list, liquidate, false)
    }

    /// Lends out all that the vaults of the collateral hold, to two who may owe five reserves each.
    fn dry(&mut self) {
        let dollar = self.borrows[0];
        for tokens in [&self.deposits[..5], &self.deposits[5..]] {
            let world = &mut self.world;
            let whale = world.supplier(&dollar, dollar.atoms(100_000.0));
            for token in tokens {
                let all = world.reserve(token).available_atoms;
                world.borrow(&whale, token, all).unwrap();
                assert_eq!(world.reserve(token).available_atoms, 0);
            }
        }
    }

    /// Liquidates pair by pair, each the first that is left, until nothing is: the receipts.
    fn liquidate_to_the_end(&mut self, receiver: Option<Pubkey>) -> Vec<Receipt> {
        let mut receipts = Vec::new();
        loop {
            let obligation = self.world.obligation(&self.borrower);
            if obligation.position_count() == 0 {
                return receipts;
            }
            assert!(receipts.len() < 13, "no end: {obligation:?}");
            let repay = Self::first(&self.borrows, obligation.borrows()).unwrap();
            let seize = Self::first(&self.deposits, obligation.deposits()).unwrap();
            receipts.push(self.liquidate_into(&repay, &seize, receiver));
        }
    }

    /// In the next slot all collateral stands at `dollars`.
    fn fall(&mut self, dollars: f64) {
        self.world.advance(1, 0);
        for token in self.deposits.clone() {
            let price = PriceSpec::usd(dollars, self.world.now());
            self.world.set_price(&token, &price);
        }
    }

    /// The token of `tokens` that comes first among the obligation's `reserves`.
    fn first(tokens: &[Token], reserves: &[levee::state::Position]) -> Option<Token> {
        let first = reserves.first()?.reserve;
        tokens.iter().find(|t| t.keys.reserve == first).copied()
    }
}

#[test]
fn the_largest_obligation_borrows_and_withdraws_within_the_limits() {
    let mut largest = indebted();
    let obligation = largest.world.obligation(&largest.borrower);
    assert_eq!(obligation.position_count(), 13);
    let list = largest.world.reserve_list(&largest.borrower);
    let token = largest.deposits[7];
    let withdraw = calls::withdraw(&largest.borrower, &token, &list, 1_000);
    largest.send(&list, withdraw, true);
    let token = largest.borrows[4];
    let borrow = calls::borrow(&largest.borrower, &token, &list, 1_000);
    largest.send(&list, borrow, true);
}

#[test]
fn the_largest_obligation_is_healed_within_the_limits() {
    let mut largest = indebted();
    largest.fall(80.0);
    let mut steps = 0;
    loop {
        view::refresh_all(&mut largest.world);
        let book = view::book(&largest.world, &largest.borrower);
        if book.health.is_healthy() {
            break;
        }
        let obligation = largest.world.obligation(&largest.borrower);
        let repay = Largest::first(&largest.borrows, obligation.borrows()).unwrap();
        let seize = Largest::first(&largest.deposits, obligation.deposits()).unwrap();
        largest.liquidate(&repay, &seize);
        steps += 1;
        assert!(steps < 13, "no end");
    }
    assert!(steps > 1, "one pair was enough: make the gap wider");
}

#[test]
fn the_largest_obligation_is_liquidated_to_the_end_within_the_limits() {
    let mut largest = indebted();
    // Collateral is worth what is owed: no bonus can be paid without a loss.
    largest.fall(68.75);
    let steps = largest.liquidate_to_the_end(None).len();
    assert!(steps >= 12, "{steps} liquidations");
    // The whole loss fell on the reserve that was repaid last.
    let whole: Vec<_> = largest
        .borrows
        .iter()
        .map(|token| view::supply_is_whole(&largest.world, token))
        .collect();
    assert_eq!(whole, [true, true, true, true, false]);
}

#[test]
fn the_last_seizure_writes_off_all_five_debts_within_the_limits() {
    let mut largest = indebted();
    // Eight deposits of $50 pay for a part of one debt of $1,100.
    largest.fall(5.0);
    let receipts = largest.liquidate_to_the_end(None);
    let [.., last] = &receipts[..] else {
        panic!("nothing was liquidated");
    };
    assert_eq!(receipts.len(), 8);
    let repaid: Liquidated = event(last);
    let others: Vec<BadDebtSettled> = events(last);
    assert!(repaid.bad_debt_atoms > 0);
    let lost: Vec<_> = others.iter().map(|settled| settled.reserve).collect();
    let due: Vec<_> = largest.borrows[1..]
        .iter()
        .map(|t| t.keys.reserve)
        .collect();
    assert_eq!(lost, due);
    assert!(others
        .iter()
        .all(|settled| settled.loss_atoms >= 1_100_000_000));
    for token in &largest.borrows {
        assert!(!view::supply_is_whole(&largest.world, token));
    }
}

#[test]
fn the_largest_obligation_is_liquidated_to_the_end_into_a_receiver_within_the_limits() {
    let mut largest = indebted();
    largest.dry();
    largest.fall(68.75);
    let receiver = largest.liquidator.obligation;
    let receipts = largest.liquidate_to_the_end(Some(receiver));
    assert!(receipts.len() >= 12, "{} liquidations", receipts.len());
    for receipt in &receipts {
        assert!(event::<Liquidated>(receipt).as_deposit);
    }
    // All eight deposits changed hands, and not a token moved.
    let received = largest.world.obligation(&largest.liquidator);
    assert_eq!(received.deposits().len(), 8);
    for token in &largest.deposits {
        assert_eq!(largest.world.balance(&largest.liquidator, token), 0);
        let held = view::deposited(&largest.world, &largest.liquidator, token);
        // The ledger's rounding takes an atom per seizure at most.
        assert!(held >= token.atoms(10.0) - 2 && held <= token.atoms(10.0));
    }
}

#[test]
fn a_last_seizure_into_a_receiver_that_writes_off_all_five_debts_fits_the_limits_too() {
    let mut largest = indebted();
    largest.dry();
    largest.fall(5.0);
    let receiver = largest.liquidator.obligation;
    let receipts = largest.liquidate_to_the_end(Some(receiver));
    assert_eq!(receipts.len(), 8);
    let last = &receipts[7];
    assert_eq!(events::<BadDebtSettled>(last).len(), 4);
    assert!(event::<Liquidated>(last).as_deposit);
}

#[test]
fn a_transaction_of_the_largest_obligation_without_a_lookup_table_would_not_fit() {
    let mut largest = indebted();
    largest.world.chain.use_lookup_table(Vec::new());
    let list = largest.world.reserve_list(&largest.borrower);
    let refresh = largest.world.refresh(&largest.world.tokens_of(&list));
    let token = largest.deposits[0];
    let withdraw = calls::withdraw(&largest.borrower, &token, &list, 1_000);
    let limit = ComputeBudgetInstruction::set_compute_unit_limit(COMPUTE_LIMIT);
    let signers = [&largest.borrower.keypair];
    let receipt = largest.world.must(&[limit, refresh, withdraw], &signers);
    assert!(receipt.bytes > PACKET, "{} bytes", receipt.bytes);
}
