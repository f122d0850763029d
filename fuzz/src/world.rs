//! A market of three reserves with an obligation in it, as accounts.

use anchor_lang::prelude::{Clock, Pubkey};
use anchor_lang::Discriminator;
use bytemuck::{bytes_of, Zeroable};
use levee::oracle::PYTH_RECEIVERS;
use levee::state::{LendingMarket, Obligation, Reserve};
use levee_risk::fixed::{ScaledDebt, ScaledSupply};
use levee_risk::units::Atoms;

use crate::input::Account;
use crate::parts::{feed, market, price, reserve, stake_pool};
use crate::Bytes;

/// Accounts by their index in [`World::accounts`]; a reserve's are followed by those of the next two.
pub const OWNER: usize = 0;
pub const MARKET: usize = 1;
pub const OBLIGATION: usize = 2;
pub const OTHER_OBLIGATION: usize = 3;
pub const RESERVE: usize = 4;
pub const VAULT: usize = 7;
pub const TOKENS: usize = 10;
pub const MINT: usize = 13;
pub const PRICE: usize = 16;
pub const STAKE_POOL: usize = 19;
pub const TOKEN_PROGRAM: usize = 20;
pub const SYSTEM_PROGRAM: usize = 21;
pub const INSTRUCTIONS: usize = 22;
pub const PROGRAM: usize = 23;
pub const UNKNOWN: usize = 24;

/// SPL Token.
pub const SPL_TOKEN: Pubkey = Pubkey::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/// Offsets in a token account.
const TOKEN_OWNER: usize = 32;
const TOKEN_AMOUNT: usize = 64;
const TOKEN_STATE: usize = 108;

/// The accounts, and what the cluster says.
pub struct World {
    pub accounts: Vec<Account>,
    pub clock: Clock,
    pub restart_slot: u64,
    /// The reserves of the obligation's positions in its order.
    pub listed: Vec<usize>,
}

pub fn key(index: usize) -> Pubkey {
    match index {
        TOKEN_PROGRAM => SPL_TOKEN,
        SYSTEM_PROGRAM => solana_sdk_ids::system_program::ID,
        INSTRUCTIONS => solana_sdk_ids::sysvar::instructions::ID,
        PROGRAM => levee::ID,
        _ => Pubkey::new_from_array([index as u8 + 1; 32]),
    }
}

impl World {
    /// Draws one in which everything belongs together.
    pub fn draw(bytes: &mut Bytes) -> Self {
        let clock = Clock {
            slot: 1_000,
            unix_timestamp: 1_000_000,
            epoch: 7,
            ..Clock::default()
        };
        let group = bytes.u8();
        let mut reserves = [0, 1, 2].map(|index| reserve(index, bytes, &clock));
        let mut obligation = Obligation::zeroed();
        for (index, reserve) in reserves.iter_mut().enumerate() {
            let key = key(RESERVE + index);
            // Somebody else's: something to borrow, and to lose.
            let others = 1 + u64::from(bytes.u32());
            reserve
                .deposit(ScaledSupply::ZERO, Atoms(others))
                .expect("a new reserve takes it");
            let (held, owed) = (u64::from(bytes.u32()), u64::from(bytes.u32()));
            let chosen = bytes.u8();
            if chosen & 1 == 1 && held > 0 {
                let held = reserve.deposit(ScaledSupply::ZERO, Atoms(held));
                obligation
                    .set_deposit(&key, held.expect("a new reserve takes it"))
                    .expect("there is room");
            }
            if chosen & 2 == 2 && (1..=others).contains(&owed) {
                let (owed, _) = reserve
                    .borrow(ScaledDebt::ZERO, Atoms(owed), clock.slot)
                    .expect("it is there");
                obligation.set_debt(&key, owed).expect("there is room");
            }
            reserve
                .insure(Atoms(u64::from(bytes.u8())))
                .expect("it is little");
            reserve.status = bytes.u8() & 7 & bytes.u8();
            reserve.flash_loan_atoms = u64::from(bytes.u8() & 1).min(reserve.available_atoms);
            reserve.available_atoms -= reserve.flash_loan_atoms;
            reserve
                .check_backing()
                .expect("claims are backed from the beginning");
        }
        obligation.market = key(MARKET);
        obligation.owner = key(OWNER);
        obligation.last_seen_unhealthy_slot = clock.slot - u64::from(bytes.u8()).min(900);
        obligation.unhealthy_slots = u64::from(bytes.u8());
        obligation.auction_slots = u64::from(bytes.u8());
        obligation.last_seen_permitted = bytes.u8() & 1;
        obligation.last_risk_increase_slot = clock.slot - u64::from(bytes.u8() & 1);
        obligation.elevation_group = group & 1;
        let positions = obligation.deposits().iter().chain(obligation.borrows());
        let listed = positions
            .filter_map(|p| {
                (0..3)
                    .map(|index| RESERVE + index)
                    .find(|at| key(*at) == p.reserve)
            })
            .collect();
        let mut other = Obligation::zeroed();
        other.market = key(MARKET);
        other.owner = key(OWNER);

        let mut accounts: Vec<Account> = (0..=UNKNOWN).map(blank).collect();
        accounts[MARKET] = owned(
            MARKET,
            LendingMarket::DISCRIMINATOR,
            bytes_of(&market(bytes)),
        );
        accounts[OBLIGATION] = owned(OBLIGATION, Obligation::DISCRIMINATOR, bytes_of(&obligation));
        accounts[OTHER_OBLIGATION] = owned(
            OTHER_OBLIGATION,
            Obligation::DISCRIMINATOR,
            bytes_of(&other),
        );
        for (index, reserve) in reserves.iter().enumerate() {
            let at = RESERVE + index;
            accounts[at] = owned(at, Reserve::DISCRIMINATOR, bytes_of(reserve));
            let vault = tokens(index, at, reserve.available_atoms);
            token_data(&mut accounts, VAULT + index, vault);
            token_data(
                &mut accounts,
                TOKENS + index,
                tokens(index, OWNER, u64::MAX / 2),
            );
            let mut mint = vec![0; 82];
            mint[44] = reserve.decimals;
            mint[45] = 1;
            token_data(&mut accounts, MINT + index, mint);
            accounts[PRICE + index].owner = PYTH_RECEIVERS[0];
            accounts[PRICE + index].data = price(bytes, feed(index), &clock);
        }
        accounts[STAKE_POOL].data = stake_pool(bytes, &clock);
        accounts[INSTRUCTIONS].data = vec![0; 4];
        Self {
            accounts,
            clock,
            restart_slot: if bytes.u8() == 1 { 990 } else { 0 },
            listed,
        }
    }
}

fn blank(index: usize) -> Account {
    Account {
        key: key(index),
        owner: solana_sdk_ids::system_program::ID,
        lamports: 1 << 40,
        data: Vec::new(),
        is_signer: index == OWNER,
        is_writable: true,
        is_executable: matches!(index, TOKEN_PROGRAM | SYSTEM_PROGRAM | PROGRAM),
    }
}

fn owned(index: usize, discriminator: &[u8], body: &[u8]) -> Account {
    Account {
        owner: levee::ID,
        data: [discriminator, body].concat(),
        ..blank(index)
    }
}

fn token_data(accounts: &mut [Account], index: usize, data: Vec<u8>) {
    accounts[index].owner = SPL_TOKEN;
    accounts[index].data = data;
}

fn tokens(mint: usize, owner: usize, atoms: u64) -> Vec<u8> {
    let mut data = vec![0; 165];
    data[..32].copy_from_slice(key(MINT + mint).as_ref());
    data[TOKEN_OWNER..TOKEN_OWNER + 32].copy_from_slice(key(owner).as_ref());
    data[TOKEN_AMOUNT..TOKEN_AMOUNT + 8].copy_from_slice(&atoms.to_le_bytes());
    data[TOKEN_STATE] = 1;
    data
}
