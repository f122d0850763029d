//! Every instruction in every state: refused with exactly the error that the gate's table gives, or done.

use std::collections::BTreeSet;

use levee::error::LeveeError;
use levee::gate::{self, Action, State};
use levee::state::{LendingMarket, Limbs, Obligation, Position, Reserve};
use levee_tests::forge::strip_deposits;
use levee_tests::{assert_refused, Chain, Row, Snapshot, Stage, World};
use solana_pubkey::Pubkey;

/// The program's source: the list of instructions that nobody can forget to extend.
const PROGRAM: &str = include_str!("../../programs/levee/src/lib.rs");

/// One thing that can be the matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fact {
    /// A bit of the market's status.
    Market(u8),
    /// A bit of the status of the reserves touched.
    Reserve(u8),
    FlashLoan,
    RestartGrace,
    Insolvent,
}

const FACTS: [Fact; 9] = [
    Fact::Market(1),
    Fact::Market(2),
    Fact::Market(4),
    Fact::Reserve(1),
    Fact::Reserve(2),
    Fact::Reserve(4),
    Fact::FlashLoan,
    Fact::RestartGrace,
    Fact::Insolvent,
];

impl Fact {
    /// What of it `row` can see.
    fn seen_by(self, row: &Row) -> State {
        let (visible, state) = match self {
            Self::Market(bit) => (row.asks_market, stored(bit)),
            Self::Reserve(bit) => (!row.reserves.is_empty(), stored(bit)),
            Self::FlashLoan => (!row.reserves.is_empty(), State::FLASH_LOAN),
            Self::RestartGrace => (row.asks_market, State::RESTART_GRACE),
            Self::Insolvent => (row.obligation.is_some(), State::INSOLVENT),
        };
        if visible {
            state
        } else {
            State::OPEN
        }
    }

    /// Makes it so for the accounts of `row`.
    fn establish(self, stage: &mut Stage, row: &Row) {
        let usdc = stage.usdc.keys.reserve;
        let world = &mut stage.world;
        let (market, slot) = (world.market, world.slot());
        match self {
            Self::Market(bit) => {
                world.rewrite::<LendingMarket>(&market, |market| market.status |= bit);
            }
            Self::RestartGrace => world.chain.set_restart(slot),
            Self::Reserve(bit) => {
                for reserve in &row.reserves {
                    world.rewrite::<Reserve>(reserve, |reserve| reserve.status |= bit);
                }
            }
            Self::FlashLoan => {
                for reserve in &row.reserves {
                    // Without a deposit there is nothing to lend, but the gate asks for no more than the number.
                    world.rewrite::<Reserve>(reserve, |reserve| {
                        reserve.available_atoms = reserve.available_atoms.saturating_sub(1);
                        reserve.flash_loan_atoms = 1;
                    });
                }
            }
            Self::Insolvent => {
                if let Some(obligation) = &row.obligation {
                    make_bare_debt(world, obligation, &usdc);
                }
            }
        }
    }
}

fn stored(bit: u8) -> State {
    match bit {
        1 => State::DEPOSITS_PAUSED,
        2 => State::BORROWS_PAUSED,
        4 => State::FROZEN,
        _ => panic!("no such status bit"),
    }
}

/// Takes all deposits from the obligation, and gives it a debt where it has none; the totals follow.
fn make_bare_debt<C: Chain>(world: &mut World<C>, obligation: &Pubkey, debt_reserve: &Pubkey) {
    strip_deposits(world, obligation);
    let before: Obligation = world.read(obligation);
    let debt = Limbs::new(1 << 80);
    if before.borrow_count == 0 {
        world.rewrite::<Reserve>(debt_reserve, |reserve| {
            reserve.scaled_debt = Limbs::new(reserve.scaled_debt.get() + debt.get());
        });
    }
    world.rewrite::<Obligation>(obligation, |obligation| {
        if obligation.borrow_count == 0 {
            obligation.borrow_count = 1;
            obligation.borrows[0] = Position {
                reserve: *debt_reserve,
                scaled: debt,
            };
        }
    });
}

/// What the table says.
fn refusal(action: Action, state: State) -> Option<LeveeError> {
    let stops = |(condition, error): &(State, LeveeError)| {
        let stops = state.intersects(*condition) && action.stopped_by().intersects(*condition);
        stops.then_some(*error)
    };
    State::ALL.iter().find_map(stops)
}

/// What the instruction itself refuses, though the gate lets it pass.
fn own_refusal(row: &Row, facts: &[Fact]) -> Option<LeveeError> {
    let is = |fact| facts.contains(&fact);
    match row.name.as_str() {
        // There is nothing to seize, or the case is mild.
        "liquidate" if is(Fact::Insolvent) => Some(LeveeError::EmptyPair),
        "liquidate" if is(Fact::RestartGrace) => Some(LeveeError::MildInRestartGrace),
        "liquidate_batch" if is(Fact::Insolvent) || is(Fact::RestartGrace) => {
            Some(LeveeError::NothingLiquidated)
        }
        "settle_bad_debt" if !is(Fact::Insolvent) => Some(LeveeError::ObligationHasCollateral),
        "flash_repay" if !is(Fact::FlashLoan) => Some(LeveeError::NoFlashLoan),
        _ => None,
    }
}

fn drive(stage: &mut Stage, open: &Snapshot, at: usize, facts: &[Fact]) {
    open.restore(&mut stage.world.chain);
    stage.world.chain.set_restart(0);
    let before = stage.rows().swap_remove(at);
    for fact in facts {
        fact.establish(stage, &before);
    }
    // The list of reserves follows the obligation.
    let row = stage.rows().swap_remove(at);
    let state = facts
        .iter()
        .fold(State::OPEN, |state, fact| state.and(fact.seen_by(&row)));
    let due = refusal(row.action, state).or_else(|| own_refusal(&row, facts));
    let payer = stage.payer.insecure_clone();
    let signers: Vec<_> = std::iter::once(&payer).chain(&row.signers).collect();
    println!("{} in {facts:?}: {due:?}", row.name);
    match due {
        Some(error) => assert_refused(&mut stage.world, &row.instructions(), &signers, error),
        None => {
            stage.world.must(&row.instructions(), &signers);
        }
    }
}

#[test]
fn every_instruction_in_every_state_is_refused_as_the_table_says_or_done() {
    let mut stage = Stage::new();
    let rows = stage.rows();
    let all: Vec<_> = rows.iter().flat_map(Row::instructions).collect();
    let keys = all.iter().flat_map(|instruction| &instruction.accounts);
    let open = Snapshot::of(&stage.world.chain, keys.map(|meta| meta.pubkey));
    for at in 0..rows.len() {
        drive(&mut stage, &open, at, &[]);
        for (i, fact) in FACTS.iter().enumerate() {
            drive(&mut stage, &open, at, &[*fact]);
            for other in &FACTS[i + 1..] {
                drive(&mut stage, &open, at, &[*fact, *other]);
            }
        }
    }
}

#[test]
fn every_instruction_of_the_program_is_driven() {
    let module = PROGRAM.split("#[program]").nth(1).expect("the program");
    let in_source: BTreeSet<_> = module
        .split("pub fn ")
        .skip(1)
        .filter_map(|text| text.split(['(', '<']).next())
        .collect();
    let stage = Stage::new();
    let rows = stage.rows();
    let driven: BTreeSet<_> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(in_source, driven);
    assert_eq!(driven.len(), rows.len(), "an instruction has two rows");
    for action in Action::ALL {
        assert!(
            rows.iter().any(|row| row.action == action),
            "no instruction does {action:?}"
        );
    }
}

/// The promise: what stops an action, in the order in which it is reported.
fn promised(action: Action) -> &'static [LeveeError] {
    use LeveeError::*;
    match action {
        Action::Configure | Action::Refresh | Action::FlashRepay => &[],
        Action::Repay | Action::Liquidate | Action::MarkUnhealthy | Action::SettleBadDebt => &[],
        Action::InitObligation => &[Frozen],
        Action::CloseObligation => &[ObligationInsolvent],
        Action::Deposit => &[Frozen, DepositsPaused, InFlashLoan],
        Action::Withdraw => &[Frozen, InFlashLoan, ObligationInsolvent],
        Action::Borrow => &[
            Frozen,
            BorrowsPaused,
            InFlashLoan,
            InRestartGrace,
            ObligationInsolvent,
        ],
        Action::ChangeGroup => &[Frozen, BorrowsPaused, InRestartGrace, ObligationInsolvent],
        Action::FlashBorrow => &[Frozen, BorrowsPaused, InFlashLoan],
        Action::ClaimFees => &[Frozen, InFlashLoan],
    }
}

#[test]
fn the_table_is_the_one_that_users_were_promised() {
    for action in Action::ALL {
        let stopping = State::ALL
            .iter()
            .filter(|(condition, _)| action.stopped_by().intersects(*condition));
        let errors: Vec<_> = stopping.map(|(_, error)| *error).collect();
        assert_eq!(errors, promised(action), "{action:?}");
    }
}

#[test]
fn in_every_union_of_states_every_action_passes_or_names_the_first_condition_that_stops_it() {
    use LeveeError::*;
    let conditions = [
        (State::DEPOSITS_PAUSED, DepositsPaused),
        (State::BORROWS_PAUSED, BorrowsPaused),
        (State::FROZEN, Frozen),
        (State::FLASH_LOAN, InFlashLoan),
        (State::RESTART_GRACE, InRestartGrace),
        (State::INSOLVENT, ObligationInsolvent),
    ];
    for action in Action::ALL {
        for union in 0..1 << conditions.len() {
            let holds = |at: usize| union >> at & 1 == 1;
            let holding = (0..conditions.len()).filter(|at| holds(*at));
            let (state, errors) = holding.map(|at| conditions[at]).fold(
                (State::OPEN, Vec::new()),
                |(state, mut errors), (condition, error)| {
                    errors.push(error);
                    (state.and(condition), errors)
                },
            );
            let due = promised(action).iter().find(|error| errors.contains(error));
            let due = due.map_or(Ok(()), |error| Err((*error).into()));
            assert_eq!(gate::check(action, state), due, "{action:?} in {state:?}");
        }
    }
}
