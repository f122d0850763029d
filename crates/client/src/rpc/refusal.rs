//! Why a transaction did not land, in the words of whoever refused it.

use std::fmt;

use solana_rpc_client_api::client_error::{Error as ClientError, ErrorKind};
use solana_rpc_client_api::request::{RpcError, RpcResponseErrorData};
use solana_transaction_error::TransactionError;

use crate::transaction::AssemblyError;

/// Why a transaction did not land.
#[derive(Debug)]
pub enum SendError {
    /// It could not be made.
    Assembly(AssemblyError),
    /// The runtime or a program refused it.
    Refused {
        /// Why.
        error: TransactionError,
        /// What the programs said, where known.
        logs: Vec<String>,
    },
    /// Its blockhash grew too old, several times.
    Expired,
    /// The cluster did not answer.
    Rpc(Box<ClientError>),
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assembly(error) => error.fmt(f),
            Self::Refused { error, logs } => match explanation(logs) {
                Some(message) => write!(f, "refused: {message}"),
                None => write!(f, "refused: {error}"),
            },
            Self::Expired => write!(
                f,
                "the cluster took the transaction into no block: offer a higher priority fee, or try later"
            ),
            Self::Rpc(error) => write!(f, "the cluster: {error}"),
        }
    }
}

impl std::error::Error for SendError {}

impl From<ClientError> for SendError {
    fn from(error: ClientError) -> Self {
        match refusal(&error) {
            Some((error, logs)) => Self::Refused { error, logs },
            None => Self::Rpc(Box::new(error)),
        }
    }
}

impl From<AssemblyError> for SendError {
    fn from(error: AssemblyError) -> Self {
        Self::Assembly(error)
    }
}

/// The program's own message among `logs`: `Error Message: …`, or a failed instruction's last words.
pub fn explanation(logs: &[String]) -> Option<String> {
    let message = |log: &String| {
        let (_, message) = log.split_once("Error Message: ")?;
        Some(message.trim_end_matches('.').to_owned())
    };
    let said = |log: &String| {
        let (_, said) = log.split_once("Program log: Error: ")?;
        Some(said.to_owned())
    };
    logs.iter()
        .rev()
        .find_map(message)
        .or_else(|| logs.iter().rev().find_map(said))
}

/// The transaction's error inside the cluster's answer, with the logs.
fn refusal(error: &ClientError) -> Option<(TransactionError, Vec<String>)> {
    if let ErrorKind::RpcError(RpcError::RpcResponseError {
        data: RpcResponseErrorData::SendTransactionPreflightFailure(result),
        ..
    }) = error.kind()
    {
        let logs = result.logs.clone().unwrap_or_default();
        return Some((result.err.clone()?.into(), logs));
    }
    error
        .get_transaction_error()
        .map(|error| (error, Vec::new()))
}
