//! Compute units, accounts and bytes of every instruction: `cargo xtask bench [--json | --check]`.
//!
//! Each row is a whole transaction in LiteSVM, with the token program that mainnet runs. Where an instruction asks for
//! prices, the transaction refreshes all reserves of the obligation first, with interest to accrue on each.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use levee::state::{Limbs, MarketConfig, Obligation, Reserve};
use levee_client::instructions as ix;
use levee_risk::fixed::ScaledSupply;
use levee_testkit::{sol_config, stable_config, Chain, LiteChain, Receipt, Token, User, World};
use levee_tests::freshness::compare;
use serde::Serialize;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// What one block may spend on transactions that write the same account.
const WRITE_LOCK_LIMIT: u64 = 12_000_000;

#[derive(Parser)]
#[command(about = "Measures compute units and writes benches/compute_units.md")]
struct Arguments {
    /// Print the rows as JSON; write nothing.
    #[arg(long)]
    json: bool,
    /// Fail where a figure differs from the committed table by more than 2 %; write nothing.
    #[arg(long, conflicts_with = "json")]
    check: bool,
}

#[derive(Serialize)]
struct Row {
    instruction: &'static str,
    positions: String,
    compute_units: u64,
    accounts: usize,
    bytes: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut rows = setup_rows()?;
    for (deposits, borrows) in [(1, 1), (4, 2), (8, 5)] {
        rows.extend(position_rows(deposits, borrows)?);
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../benches/compute_units.md");
    let table = render(&rows)?;
    if arguments.check {
        let committed =
            std::fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
        return compare(&committed, &table, "cargo xtask bench");
    }
    std::fs::write(&path, table).with_context(|| format!("{}", path.display()))?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

/// A market with an obligation of `deposits` and `borrows` different reserves, near its limit.
struct Scene {
    world: World<LiteChain>,
    collateral: Vec<Token>,
    debt: Vec<Token>,
    user: User,
    liquidator: User,
}

impl Scene {
    fn new(deposits: usize, borrows: usize) -> Result<Self> {
        let mut world = World::new(LiteChain::new());
        let collateral: Vec<_> = (0..deposits)
            .map(|_| world.add_token(9, 200.0, sol_config))
            .collect();
        let debt: Vec<_> = (0..borrows)
            .map(|_| world.add_token(6, 1.0, stable_config))
            .collect();
        for token in &debt {
            world.supplier(token, token.atoms(1_000_000.0));
        }
        // Somebody owes in every collateral too, so that all reserves have interest to accrue.
        for token in &collateral {
            world.supplier(token, token.atoms(1_000.0));
        }
        for tokens in collateral.chunks(levee::state::MAX_BORROWS) {
            let other = world.supplier(&debt[0], debt[0].atoms(1_000_000.0));
            for token in tokens {
                world.borrow(&other, token, token.atoms(100.0))?;
            }
        }
        let user = world.user();
        for token in &collateral {
            world.fund(&user, token, token.atoms(1_000.0));
            world.deposit(&user, token, token.atoms(100.0))?;
        }
        let liquidator = world.user();
        for token in collateral.iter().chain(&debt) {
            world.fund(&liquidator, token, token.atoms(1_000_000.0));
        }
        let mut scene = Self {
            world,
            collateral,
            debt,
            user,
            liquidator,
        };
        if deposits + borrows > 2 {
            scene.use_lookup_table();
        }
        let value = 100.0 * 200.0 * deposits as f64;
        let each = value * 0.73 / borrows as f64;
        for token in scene.debt.clone() {
            scene.pass(200.0);
            scene.world.borrow(&scene.user, &token, token.atoms(each))?;
        }
        scene.pass(200.0);
        Ok(scene)
    }

    /// Everything that a transaction of many positions names.
    fn use_lookup_table(&mut self) {
        let world = &self.world;
        let mut addresses = vec![world.market, anchor_spl::token::ID, levee::ID];
        addresses.push(self.user.obligation);
        for token in &world.tokens {
            let keys = &token.keys;
            addresses.extend([keys.reserve, keys.vault, keys.mint, token.price_account]);
            addresses.extend([self.user.wallet(token), self.liquidator.wallet(token)]);
        }
        self.world.chain.use_lookup_table(addresses);
    }

    /// Ten slots pass, and every price is published anew.
    fn pass(&mut self, collateral_usd: f64) {
        self.world.advance(10, 4);
        for token in self.collateral.clone() {
            self.world.set_usd(&token, collateral_usd);
        }
        for token in self.debt.clone() {
            self.world.set_usd(&token, 1.0);
        }
    }
}

fn position_rows(deposits: usize, borrows: usize) -> Result<Vec<Row>> {
    let mut scene = Scene::new(deposits, borrows)?;
    let (first, debt) = (scene.collateral[0], scene.debt[0]);
    let positions = format!("{deposits}+{borrows}");
    let mut rows = Vec::new();
    let mut note = |instruction, receipt: Receipt| {
        rows.push(Row {
            instruction,
            positions: positions.clone(),
            compute_units: receipt.compute_units,
            accounts: receipt.accounts,
            bytes: receipt.bytes,
        });
    };
    scene.pass(200.0);
    let tokens = scene.world.tokens.clone();
    let refresh = scene.world.refresh(&tokens);
    let payer = scene.user.keypair.insecure_clone();
    note(
        "refresh_reserves",
        scene.world.chain.send(&[refresh], &[&payer])?,
    );
    scene.pass(200.0);
    let (world, user) = (&mut scene.world, &scene.user);
    note("deposit", world.deposit(user, &first, first.atoms(1.0))?);
    scene.pass(200.0);
    let (world, user) = (&mut scene.world, &scene.user);
    note("withdraw", world.withdraw(user, &first, first.atoms(1.0))?);
    scene.pass(200.0);
    let (world, user) = (&mut scene.world, &scene.user);
    note("borrow", world.borrow(user, &debt, debt.atoms(1.0))?);
    scene.pass(200.0);
    let (world, user) = (&mut scene.world, &scene.user);
    note("repay", world.repay(user, &debt, debt.atoms(1.0))?);
    scene.pass(175.0);
    let receipt = scene
        .world
        .liquidate(&scene.liquidator, &scene.user, &debt, &first, u64::MAX)?;
    note("liquidate", receipt);
    Ok(rows)
}

fn setup_rows() -> Result<Vec<Row>> {
    let mut world = World::new(LiteChain::new());
    let mut rows = Vec::new();
    let owner = world.owner.insecure_clone();
    let helper = world.keypair();
    let mut run = |world: &mut World<LiteChain>,
                   instruction: &'static str,
                   what: Instruction,
                   signer: &Keypair|
     -> Result<()> {
        let receipt = world.chain.send(&[what], &[signer])?;
        rows.push(Row {
            instruction,
            positions: "-".into(),
            compute_units: receipt.compute_units,
            accounts: receipt.accounts,
            bytes: receipt.bytes,
        });
        Ok(())
    };
    let (key, market) = (owner.pubkey(), world.market);
    let config = MarketConfig::DEFAULT;
    let create = ix::init_lending_market(key, 1, key, key, config);
    run(&mut world, "init_lending_market", create, &owner)?;
    let update = ix::update_lending_market(key, market, key, key, config);
    run(&mut world, "update_lending_market", update, &owner)?;
    let propose = ix::propose_owner(key, market, helper.pubkey());
    run(&mut world, "propose_owner", propose, &owner)?;
    let accept = ix::accept_owner(helper.pubkey(), market);
    run(&mut world, "accept_owner", accept, &helper)?;
    let back = ix::propose_owner(helper.pubkey(), market, key);
    world.must(&[back], &[&helper]);
    world.must(&[ix::accept_owner(key, market)], &[&owner]);
    let status = ix::set_status(key, market, None, 0);
    run(&mut world, "set_status", status, &owner)?;

    let token = world.add_token(6, 1.0, stable_config);
    let other = levee_client::ReserveKeys::new(market, token.keys.mint, token.keys.token_program);
    let update = ix::update_reserve(key, &other, stable_config(token.feed));
    run(&mut world, "update_reserve", update, &owner)?;
    let mint = world.keypair().pubkey();
    world
        .chain
        .set_account(mint, levee_testkit::mint_account(anchor_spl::token::ID, 9));
    let fresh = levee_client::ReserveKeys::new(market, mint, anchor_spl::token::ID);
    let create = ix::init_reserve(key, &fresh, sol_config(token.feed));
    run(&mut world, "init_reserve", create, &owner)?;

    let user = world.keypair();
    let create = ix::init_obligation(user.pubkey(), market, 0);
    run(&mut world, "init_obligation", create, &user)?;
    let obligation = levee_client::pda::obligation(&market, &user.pubkey(), 0);
    let close = ix::close_obligation(user.pubkey(), obligation);
    run(&mut world, "close_obligation", close, &user)?;

    // Fees to claim: an origination fee is due at once.
    let supplier = world.supplier(&token, token.atoms(100_000.0));
    let sol = world.add_token(9, 200.0, sol_config);
    let borrower = world.supplier(&sol, sol.atoms(100.0));
    world.borrow(&borrower, &token, token.atoms(10_000.0))?;
    let claim = ix::claim_protocol_fees(key, &token.keys, supplier.wallet(&token));
    run(&mut world, "claim_protocol_fees", claim, &owner)?;

    // A debt whose collateral is gone, as liquidations leave it.
    let collateral = sol.keys.reserve;
    let deposit = world.obligation(&borrower).deposit_in(&collateral);
    world.rewrite::<Obligation>(&borrower.obligation, |obligation| {
        obligation
            .set_deposit(&collateral, ScaledSupply::ZERO)
            .expect("the position exists");
    });
    world.rewrite::<Reserve>(&collateral, |reserve| {
        let rest = reserve.scaled_supply().checked_sub(deposit);
        reserve.scaled_supply = Limbs(rest.expect("its own deposit").to_limbs());
    });
    let settle = ix::settle_bad_debt(market, borrower.obligation, token.keys.reserve);
    run(&mut world, "settle_bad_debt", settle, &owner)?;
    Ok(rows)
}

fn render(rows: &[Row]) -> Result<String> {
    let mut out = String::from(
        "# Compute units\n\n\
         Written by `cargo xtask bench`; do not edit. A row is a whole transaction in LiteSVM 0.12 (Agave 3.1) with\n\
         the token program that mainnet runs (p-token), every reserve of the obligation refreshed in it where prices are\n\
         needed, interest accruing on each. Positions are deposits + borrows; more than one of either goes through a\n\
         lookup table. Bytes include the signature.\n\n\
         | instruction | positions | compute units | accounts | bytes |\n|---|---|---:|---:|---:|\n",
    );
    for row in rows {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            row.instruction, row.positions, row.compute_units, row.accounts, row.bytes
        )?;
    }
    let find = |instruction, positions| -> Result<u64> {
        let row = rows
            .iter()
            .find(|r| r.instruction == instruction && r.positions == positions);
        Ok(row.context("a measured row is missing")?.compute_units)
    };
    writeln!(
        out,
        "\n## Beside others\n\n\
         The same arithmetic for builds of late 2024, whole transactions, in the same virtual machine.\n\n\
         | | deposit | borrow | withdraw | repay | liquidate 1+1 | 4+2 | 8+5 |\n|---|---:|---:|---:|---:|---:|---:|---:|\n\
         | Levee | {} | {} | {} | {} | {} | {} | {} |\n\
         | klend | 131665 | 113326 | 121572 | | 164973 | 302083 | 541824 |\n\
         | marginfi | 37712 | 70560 | | 37384 | 197872 | | |\n\
         | Save | | | | | 210192 | | |\n",
        find("deposit", "1+1")?,
        find("borrow", "1+1")?,
        find("withdraw", "1+1")?,
        find("repay", "1+1")?,
        find("liquidate", "1+1")?,
        find("liquidate", "4+2")?,
        find("liquidate", "8+5")?,
    )?;
    let per_block = WRITE_LOCK_LIMIT
        .checked_div(find("liquidate", "1+1")?)
        .context("a liquidation costs something")?;
    writeln!(
        out,
        "One block spends at most 12,000,000 compute units on transactions that write the same account: {per_block} of \
         our 1+1 liquidations, 72 of klend's."
    )?;
    Ok(out)
}
