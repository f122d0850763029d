//! What the database knows.

use anyhow::Result;
use rusqlite::{OptionalExtension, Row};

use super::{ReserveFacts, Store, StoredLiquidation, StoredWriteOff};
use crate::liquidations::logs::{Liquidation, WriteOff};

impl Store {
    /// What is known of reserves.
    ///
    /// # Errors
    /// The database's.
    pub fn reserves(&self) -> Result<Vec<ReserveFacts>> {
        let mut find = self
            .connection
            .prepare("SELECT * FROM reserves ORDER BY reserve")?;
        let rows = find.query_map([], |row| {
            Ok(ReserveFacts {
                reserve: row.get(0)?,
                market: row.get(1)?,
                mint: row.get(2)?,
                decimals: row.get(3)?,
                exponent: row.get(4)?,
                is_dollar: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Who owns an obligation, where that is known.
    ///
    /// # Errors
    /// The database's.
    pub fn owner(&self, obligation: &str) -> Result<Option<String>> {
        let mut find = self
            .connection
            .prepare_cached("SELECT owner FROM owners WHERE obligation = ?1")?;
        Ok(find.query_row([obligation], |row| row.get(0)).optional()?)
    }

    /// Liquidations with a time in `from_ts..to_ts`, in the order of their keys.
    ///
    /// # Errors
    /// The database's.
    pub fn liquidations(&self, from_ts: i64, to_ts: i64) -> Result<Vec<StoredLiquidation>> {
        let mut find = self.connection.prepare_cached(
            "SELECT * FROM liquidations WHERE block_ts >= ?1 AND block_ts < ?2
             ORDER BY signature, instruction, event, entry",
        )?;
        let rows = find.query_map([from_ts, to_ts], |row| {
            Ok(StoredLiquidation {
                signature: row.get(0)?,
                block_ts: row.get(5)?,
                liquidation: liquidation(row)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Write-offs with a time in `from_ts..to_ts`, in the order of their keys.
    ///
    /// # Errors
    /// The database's.
    pub fn write_offs(&self, from_ts: i64, to_ts: i64) -> Result<Vec<StoredWriteOff>> {
        let mut find = self.connection.prepare_cached(
            "SELECT block_ts, obligation, reserve, loss_atoms, insured_atoms FROM write_offs
             WHERE block_ts >= ?1 AND block_ts < ?2 ORDER BY signature, instruction, event, entry",
        )?;
        let rows = find.query_map([from_ts, to_ts], |row| {
            Ok(StoredWriteOff {
                block_ts: row.get(0)?,
                write_off: WriteOff {
                    obligation: row.get(1)?,
                    reserve: row.get(2)?,
                    loss_atoms: number(row, 3)?,
                    insured_atoms: number(row, 4)?,
                },
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Everything in the database as text, to compare two of them.
    ///
    /// # Errors
    /// The database's.
    pub fn dump(&self) -> Result<String> {
        let mut text = String::new();
        for table in [
            "transactions",
            "pending",
            "liquidations",
            "write_offs",
            "reserves",
            "owners",
        ] {
            let columns = self
                .connection
                .prepare(&format!("SELECT * FROM {table}"))?
                .column_count();
            let order: Vec<_> = (1..=columns).map(|at| at.to_string()).collect();
            let sql = format!("SELECT * FROM {table} ORDER BY {}", order.join(", "));
            let mut all = self.connection.prepare(&sql)?;
            let mut rows = all.query([])?;
            while let Some(row) = rows.next()? {
                text += table;
                for at in 0..columns {
                    text += &format!(" {:?}", row.get_ref(at)?);
                }
                text += "\n";
            }
        }
        Ok(text)
    }
}

fn liquidation(row: &Row) -> rusqlite::Result<Liquidation> {
    Ok(Liquidation {
        obligation: row.get(6)?,
        repay_reserve: row.get(7)?,
        seize_reserve: row.get(8)?,
        repaid_atoms: number(row, 9)?,
        seized_atoms: number(row, 10)?,
        insurance_atoms: number(row, 11)?,
        repay_price: number(row, 12)?,
        seize_price: number(row, 13)?,
        health_before_ppm: number(row, 14)?,
        health_after_ppm: number(row, 15)?,
        bonus_ppm: row.get(16)?,
        unhealthy_slots: number(row, 17)?,
        bad_debt_atoms: number(row, 18)?,
        insured_atoms: number(row, 19)?,
        tier: row.get(20)?,
    })
}

/// A number in decimal text.
fn number(row: &Row, at: usize) -> rusqlite::Result<u64> {
    let text: String = row.get(at)?;
    text.parse().map_err(|error| {
        let kind = rusqlite::types::Type::Text;
        rusqlite::Error::FromSqlConversionFailure(at, kind, Box::new(error))
    })
}
