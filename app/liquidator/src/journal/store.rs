//! The journal's file.

use std::path::Path;
use std::str::FromStr;

use anyhow::{anyhow, Context, Result};
use rusqlite::{params, Connection, Row};
use solana_pubkey::Pubkey;
use solana_signature::Signature;

use super::{named, Entry, Intent, Kind, State, KINDS};

/// The journal.
pub struct Journal {
    db: Connection,
}

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS intents (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        repay_reserve TEXT NOT NULL,
        seize_reserve TEXT NOT NULL,
        max_repay_atoms TEXT NOT NULL,
        signature TEXT NOT NULL UNIQUE,
        last_valid_block_height INTEGER NOT NULL,
        wire BLOB NOT NULL,
        fee_lamports INTEGER NOT NULL DEFAULT 0,
        state TEXT NOT NULL,
        landed_slot INTEGER,
        written_ts INTEGER NOT NULL DEFAULT (unixepoch())
    );
    CREATE TABLE IF NOT EXISTS entries (
        intent_id INTEGER NOT NULL REFERENCES intents (id),
        obligation TEXT NOT NULL,
        due_atoms TEXT NOT NULL,
        seized_atoms TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS intents_by_state ON intents (state);
    CREATE INDEX IF NOT EXISTS entries_by_intent ON entries (intent_id);
";

impl Journal {
    /// Opens or creates the journal at `path`, for this process alone.
    ///
    /// # Errors
    /// Where it cannot be opened, is no journal, or another process has it.
    pub fn open(path: &Path) -> Result<Self> {
        let told = || format!("cannot use the journal {}", path.display());
        let db = Connection::open(path).with_context(told)?;
        Self::prepare(db).with_context(|| {
            format!(
                "cannot use the journal {} (another bot may have it)",
                path.display()
            )
        })
    }

    /// A journal in memory, for decisions that send nothing.
    ///
    /// # Errors
    /// Where SQLite fails.
    pub fn in_memory() -> Result<Self> {
        Self::prepare(Connection::open_in_memory()?)
    }

    fn prepare(db: Connection) -> Result<Self> {
        // Written to the disk before a transaction is sent; and locked, so that two bots never share one.
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        db.execute_batch("BEGIN EXCLUSIVE; COMMIT;")?;
        db.execute_batch(SCHEMA)?;
        let has_fees: i64 = db.query_row(
            "SELECT COUNT(*) FROM pragma_table_info('intents') WHERE name = 'fee_lamports'",
            [],
            |row| row.get(0),
        )?;
        if has_fees == 0 {
            // A journal from before fees were counted.
            db.execute_batch(
                "ALTER TABLE intents ADD COLUMN fee_lamports INTEGER NOT NULL DEFAULT 0",
            )?;
        }
        Ok(Self { db })
    }

    /// Writes an intent, open, and returns its number; `None`, and nothing is written, where one of its obligations is locked or
    /// the same transaction was written before: then it must not be sent.
    ///
    /// # Errors
    /// Where the disk fails: then it must not be sent either.
    pub fn write(&mut self, intent: &Intent) -> Result<Option<i64>> {
        let transaction = self.db.transaction()?;
        for entry in &intent.entries {
            let locked: i64 = transaction.query_row(
                "SELECT COUNT(*) FROM entries JOIN intents ON intents.id = intent_id
                 WHERE obligation = ?1 AND state = 'open'",
                [entry.obligation.to_string()],
                |row| row.get(0),
            )?;
            if locked > 0 {
                return Ok(None);
            }
        }
        let known: i64 = transaction.query_row(
            "SELECT COUNT(*) FROM intents WHERE signature = ?1",
            [intent.signature.to_string()],
            |row| row.get(0),
        )?;
        if known > 0 {
            return Ok(None);
        }
        transaction.execute(
            "INSERT INTO intents (kind, repay_reserve, seize_reserve, max_repay_atoms, signature,
                last_valid_block_height, wire, fee_lamports, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'open')",
            params![
                intent.kind.name(),
                intent.repay.to_string(),
                intent.seize.to_string(),
                intent.max_repay_atoms.to_string(),
                intent.signature.to_string(),
                intent.last_valid_block_height.cast_signed(),
                intent.wire,
                intent.fee_lamports.cast_signed(),
            ],
        )?;
        let id = transaction.last_insert_rowid();
        for entry in &intent.entries {
            transaction.execute(
                "INSERT INTO entries (intent_id, obligation, due_atoms, seized_atoms)
                 VALUES (?1, ?2, ?3, ?4)",
                params![
                    id,
                    entry.obligation.to_string(),
                    entry.due_atoms.to_string(),
                    entry.seized_atoms.to_string(),
                ],
            )?;
        }
        transaction.commit()?;
        Ok(Some(id))
    }

    /// The newest slot in which any of them landed; zero for none.
    ///
    /// # Errors
    /// Where the disk fails.
    pub fn newest_landed_slot(&self) -> Result<u64> {
        let newest: Option<i64> =
            self.db
                .query_row("SELECT MAX(landed_slot) FROM intents", [], |row| row.get(0))?;
        Ok(newest.map_or(0, i64::cast_unsigned))
    }

    /// Notes how far intent `id` came, and where it landed.
    ///
    /// # Errors
    /// Where the disk fails.
    pub fn note(&mut self, id: i64, state: State, landed_slot: Option<u64>) -> Result<()> {
        self.db.execute(
            "UPDATE intents SET state = ?2, landed_slot = COALESCE(?3, landed_slot) WHERE id = ?1",
            params![id, state.name(), landed_slot.map(u64::cast_signed)],
        )?;
        Ok(())
    }

    /// What the landed ones of a kind cost, whether they succeeded or not, in lamports.
    ///
    /// # Errors
    /// Where the disk fails.
    pub fn fees_lamports(&self, kind: Kind) -> Result<u64> {
        let sum: i64 = self.db.query_row(
            "SELECT COALESCE(SUM(fee_lamports), 0) FROM intents
             WHERE kind = ?1 AND state IN ('confirmed', 'final', 'failed')",
            [kind.name()],
            |row| row.get(0),
        )?;
        Ok(sum.cast_unsigned())
    }

    /// All intents in `state`, the oldest first.
    ///
    /// # Errors
    /// Where the file is not what was written.
    pub fn in_state(&self, state: State) -> Result<Vec<Intent>> {
        let mut select = self.db.prepare(
            "SELECT id, kind, repay_reserve, seize_reserve, max_repay_atoms, signature,
                last_valid_block_height, wire, fee_lamports FROM intents WHERE state = ?1 ORDER BY id",
        )?;
        let rows = select.query_map([state.name()], |row| Ok(read_intent(row)))?;
        let mut intents = Vec::new();
        for row in rows {
            let mut intent = row??;
            intent.entries = self.entries(intent.id)?;
            intents.push(intent);
        }
        Ok(intents)
    }

    fn entries(&self, id: i64) -> Result<Vec<Entry>> {
        let mut select = self.db.prepare(
            "SELECT obligation, due_atoms, seized_atoms FROM entries WHERE intent_id = ?1",
        )?;
        let rows = select.query_map([id], |row| {
            Ok((text(row, 0)?, text(row, 1)?, text(row, 2)?))
        })?;
        rows.map(|row| {
            let (obligation, due, seized) = row?;
            Ok(Entry {
                obligation: Pubkey::from_str(&obligation)?,
                due_atoms: due.parse()?,
                seized_atoms: seized.parse()?,
            })
        })
        .collect()
    }
}

fn text(row: &Row, at: usize) -> rusqlite::Result<String> {
    row.get(at)
}

fn read_intent(row: &Row) -> Result<Intent> {
    let kind = text(row, 1)?;
    Ok(Intent {
        id: row.get(0)?,
        kind: named(&KINDS, &kind).ok_or_else(|| anyhow!("the journal says {kind:?}"))?,
        repay: Pubkey::from_str(&text(row, 2)?)?,
        seize: Pubkey::from_str(&text(row, 3)?)?,
        max_repay_atoms: text(row, 4)?.parse()?,
        signature: Signature::from_str(&text(row, 5)?)?,
        last_valid_block_height: row.get::<_, i64>(6)?.cast_unsigned(),
        wire: row.get(7)?,
        fee_lamports: row.get::<_, i64>(8)?.cast_unsigned(),
        entries: Vec::new(),
    })
}
