//! The database's tables, and how an older database becomes a newer one.
//!
//! Amounts, prices and rates are unsigned 64-bit integers in decimal text: SQLite's own integers have a sign. Dollars are not
//! stored; they follow from atoms, the event's price and what the reserve says of its token.

use anyhow::{ensure, Context, Result};
use rusqlite::{Connection, TransactionBehavior};

/// Marks a database as Levee's: "Levl".
const APPLICATION_ID: i32 = 0x4c65_766c;

/// What each version adds to the one before; a database's `user_version` counts them.
const MIGRATIONS: [&str; 3] = [
    "
    CREATE TABLE facts_about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE transactions (
        signature TEXT PRIMARY KEY, slot INTEGER NOT NULL, block_ts INTEGER, is_cut INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE pending (signature TEXT PRIMARY KEY, slot INTEGER NOT NULL, block_ts INTEGER) WITHOUT ROWID;
    CREATE TABLE liquidations (
        signature TEXT NOT NULL, instruction INTEGER NOT NULL, event INTEGER NOT NULL, entry INTEGER NOT NULL,
        slot INTEGER NOT NULL, block_ts INTEGER,
        obligation TEXT NOT NULL, repay_reserve TEXT NOT NULL, seize_reserve TEXT NOT NULL,
        repaid_atoms TEXT NOT NULL, seized_atoms TEXT NOT NULL, insurance_atoms TEXT NOT NULL,
        repay_price TEXT NOT NULL, seize_price TEXT NOT NULL,
        health_before_ppm TEXT NOT NULL, health_after_ppm TEXT NOT NULL,
        bonus_ppm INTEGER NOT NULL, unhealthy_slots TEXT NOT NULL,
        bad_debt_atoms TEXT NOT NULL, insured_atoms TEXT NOT NULL, tier INTEGER NOT NULL,
        PRIMARY KEY (signature, instruction, event, entry)
    ) WITHOUT ROWID;
    CREATE TABLE write_offs (
        signature TEXT NOT NULL, instruction INTEGER NOT NULL, event INTEGER NOT NULL, entry INTEGER NOT NULL,
        slot INTEGER NOT NULL, block_ts INTEGER,
        obligation TEXT NOT NULL, reserve TEXT NOT NULL, loss_atoms TEXT NOT NULL, insured_atoms TEXT NOT NULL,
        PRIMARY KEY (signature, instruction, event, entry)
    ) WITHOUT ROWID;
    CREATE TABLE reserves (
        reserve TEXT PRIMARY KEY, market TEXT NOT NULL, mint TEXT NOT NULL,
        decimals INTEGER NOT NULL, exponent INTEGER NOT NULL, rate TEXT NOT NULL, is_dollar INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE owners (obligation TEXT PRIMARY KEY, owner TEXT NOT NULL) WITHOUT ROWID;
    ",
    "
    CREATE INDEX liquidations_by_time ON liquidations (block_ts);
    CREATE INDEX write_offs_by_time ON write_offs (block_ts);
    ",
    // Prices contain the rate of their time.
    "
    ALTER TABLE reserves DROP COLUMN rate;
    ",
];

/// Brings `connection` to the newest version.
///
/// # Errors
/// Another program's database, or a newer one than this program knows; nothing has changed then.
pub fn migrate(connection: &mut Connection) -> Result<()> {
    // Only one process migrates.
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let pragma = |name| change.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (version, owner) = (pragma("user_version")?, pragma("application_id")?);
    let tables: i64 =
        change.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    let is_new = version == 0 && tables == 0 && owner == 0;
    ensure!(
        is_new || owner == APPLICATION_ID,
        "it is the database of another program"
    );
    let done = usize::try_from(version).context("it has a negative version")?;
    ensure!(
        done <= MIGRATIONS.len(),
        "it was written by a newer Levee (version {version}, this one knows {})",
        MIGRATIONS.len()
    );
    for migration in &MIGRATIONS[done..] {
        change.execute_batch(migration)?;
    }
    if done < MIGRATIONS.len() {
        change.pragma_update(None, "application_id", APPLICATION_ID)?;
        change.pragma_update(None, "user_version", MIGRATIONS.len() as i32)?;
    }
    change.commit()?;
    Ok(())
}
