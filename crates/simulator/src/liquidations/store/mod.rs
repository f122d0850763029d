//! The database: what was read of the chain, and how far.

mod facts;
mod reading;

use std::path::Path;
use std::time::Duration;

use anyhow::{bail, ensure, Context, Result};
use rusqlite::{params, Connection, OptionalExtension, TransactionBehavior};

use super::history::{Listed, Scan};
use super::logs::{Decoded, Fact, Liquidation};
use super::schema::migrate;

pub use facts::{Gaps, ReserveFacts, StoredLiquidation, StoredWriteOff};

/// How long one process waits for another's writing.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open database.
pub struct Store {
    connection: Connection,
}

impl Store {
    /// Opens `path`, creates it where it is missing, and brings it to the newest version. Other processes may have it open.
    ///
    /// # Errors
    /// One line that names the file.
    pub fn open(path: &Path) -> Result<Self> {
        let shown = path.display();
        let open = || -> Result<Self> {
            let mut connection = Connection::open(path)?;
            connection.busy_timeout(PATIENCE)?;
            // Readers do not wait for a writer.
            connection.pragma_update(None, "journal_mode", "WAL")?;
            // A power cut may take the last transactions, never the order; the chain has them.
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            migrate(&mut connection)?;
            Ok(Self { connection })
        };
        open().with_context(|| format!("cannot open the database {shown}"))
    }

    /// Binds the database to one chain and one address on it.
    ///
    /// # Errors
    /// Where it belongs to others already.
    pub fn bind(&mut self, genesis_hash: &str, address: &str) -> Result<()> {
        for (name, value) in [("genesis_hash", genesis_hash), ("address", address)] {
            self.connection.execute(
                "INSERT OR IGNORE INTO facts_about VALUES (?1, ?2)",
                params![name, value],
            )?;
            let known = fact(&self.connection, name)?.unwrap_or_default();
            ensure!(
                known == value,
                "the database is of another chain or market ({name} {known}, not {value}): use another file, or --rebuild"
            );
        }
        Ok(())
    }

    /// Forgets everything, so that the chain can be read again.
    ///
    /// # Errors
    /// The database's.
    pub fn clear(&mut self) -> Result<()> {
        let change = self.immediate()?;
        for table in [
            "facts_about",
            "transactions",
            "pending",
            "liquidations",
            "write_offs",
            "reserves",
            "owners",
        ] {
            change.execute(&format!("DELETE FROM {table}"), [])?;
        }
        change.commit()?;
        Ok(())
    }

    fn immediate(&mut self) -> Result<rusqlite::Transaction<'_>> {
        let behavior = TransactionBehavior::Immediate;
        Ok(self.connection.transaction_with_behavior(behavior)?)
    }

    /// How far the list of transactions was read.
    pub(super) fn scan(&self) -> Result<Scan> {
        scan(&self.connection)
    }

    /// Notes a page of the list and how far it got, unless another process went on since `before`; whether it was noted.
    pub(super) fn add_page(
        &mut self,
        before: &Scan,
        page: &[Listed],
        after: &Scan,
    ) -> Result<bool> {
        let change = self.immediate()?;
        if scan(&change)? != *before {
            return Ok(false);
        }
        for one in page {
            change
                .prepare_cached(
                    "INSERT OR IGNORE INTO pending SELECT ?1, ?2, ?3
                 WHERE NOT EXISTS (SELECT 1 FROM transactions WHERE signature = ?1)",
                )?
                .execute(params![one.signature, one.slot as i64, one.block_ts])?;
        }
        for (name, value) in [
            ("complete_to", &after.complete_to),
            ("newest", &after.newest),
            ("oldest", &after.oldest),
        ] {
            match value {
                Some(value) => change.execute(
                    "INSERT OR REPLACE INTO facts_about VALUES (?1, ?2)",
                    params![name, value],
                )?,
                None => change.execute("DELETE FROM facts_about WHERE name = ?1", [name])?,
            };
        }
        change.commit()?;
        Ok(true)
    }

    /// Transactions that are listed and not read yet, the oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn pending(&self, most: usize) -> Result<Vec<Listed>> {
        let mut find = self.connection.prepare_cached(
            "SELECT signature, slot, block_ts FROM pending ORDER BY slot, signature LIMIT ?1",
        )?;
        let rows = find.query_map([most as i64], |row| {
            Ok(Listed {
                signature: row.get(0)?,
                slot: row.get::<_, i64>(1)? as u64,
                block_ts: row.get(2)?,
                is_failed: false,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// What is missing in it.
    ///
    /// # Errors
    /// The database's.
    pub fn gaps(&self) -> Result<Gaps> {
        let count = |sql: &str| {
            let count = self
                .connection
                .query_row(sql, [], |row| row.get::<_, i64>(0));
            count.map(i64::unsigned_abs)
        };
        Ok(Gaps {
            unread: count("SELECT count(*) FROM pending")?,
            cut: count("SELECT count(*) FROM transactions WHERE is_cut = 1")?,
            undated: count("SELECT count(*) FROM liquidations WHERE block_ts IS NULL")?,
        })
    }

    /// Keeps what a transaction tells; one that is known already changes nothing.
    ///
    /// # Errors
    /// The database's; nothing of the transaction is kept then.
    pub fn add(&mut self, of: &Listed, decoded: &Decoded) -> Result<()> {
        let change = self.immediate()?;
        let slot = i64::try_from(of.slot).context("the slot is too large")?;
        for event in &decoded.events {
            let place = (event.instruction, event.event, event.entry);
            match &event.fact {
                Fact::Liquidated(fact) => insert_liquidation(&change, of, slot, place, fact)?,
                Fact::WrittenOff(fact) => {
                    change
                        .prepare_cached(
                            "INSERT OR IGNORE INTO write_offs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                        )?
                        .execute(params![
                            of.signature, place.0, place.1, place.2, slot, of.block_ts,
                            fact.obligation, fact.reserve,
                            fact.loss_atoms.to_string(), fact.insured_atoms.to_string(),
                        ])?;
                }
            }
        }
        change.execute(
            "INSERT OR IGNORE INTO transactions VALUES (?1, ?2, ?3, ?4)",
            params![of.signature, slot, of.block_ts, decoded.is_cut],
        )?;
        change.execute("DELETE FROM pending WHERE signature = ?1", [&of.signature])?;
        change.commit()?;
        Ok(())
    }

    /// Keeps what reserves say of their tokens, and who owns which obligation; newer facts replace older ones.
    ///
    /// # Errors
    /// The database's.
    pub fn describe(
        &mut self,
        reserves: &[ReserveFacts],
        owners: &[(String, String)],
    ) -> Result<()> {
        let change = self.immediate()?;
        for one in reserves {
            change.execute(
                "INSERT OR REPLACE INTO reserves VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    one.reserve,
                    one.market,
                    one.mint,
                    one.decimals,
                    one.exponent,
                    one.is_dollar,
                ],
            )?;
        }
        for (obligation, owner) in owners {
            change
                .prepare_cached("INSERT OR REPLACE INTO owners VALUES (?1, ?2)")?
                .execute(params![obligation, owner])?;
        }
        change.commit()?;
        Ok(())
    }
}

fn fact(connection: &Connection, name: &str) -> Result<Option<String>> {
    let mut find = connection.prepare_cached("SELECT value FROM facts_about WHERE name = ?1")?;
    Ok(find.query_row([name], |row| row.get(0)).optional()?)
}

fn scan(connection: &Connection) -> Result<Scan> {
    Ok(Scan {
        complete_to: fact(connection, "complete_to")?,
        newest: fact(connection, "newest")?,
        oldest: fact(connection, "oldest")?,
    })
}

fn insert_liquidation(
    change: &Connection,
    of: &Listed,
    slot: i64,
    place: (u32, u32, u32),
    fact: &Liquidation,
) -> Result<()> {
    if fact.tier > 2 {
        bail!(
            "{}: a liquidation of the unknown tier {}",
            of.signature,
            fact.tier
        );
    }
    change
        .prepare_cached(
            "INSERT OR IGNORE INTO liquidations VALUES
             (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
        )?
        .execute(params![
            of.signature, place.0, place.1, place.2, slot, of.block_ts,
            fact.obligation, fact.repay_reserve, fact.seize_reserve,
            fact.repaid_atoms.to_string(), fact.seized_atoms.to_string(), fact.insurance_atoms.to_string(),
            fact.repay_price.to_string(), fact.seize_price.to_string(),
            fact.health_before_ppm.to_string(), fact.health_after_ppm.to_string(),
            fact.bonus_ppm, fact.unhealthy_slots.to_string(),
            fact.bad_debt_atoms.to_string(), fact.insured_atoms.to_string(), fact.tier,
        ])?;
    Ok(())
}
