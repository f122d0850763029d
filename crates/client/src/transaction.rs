//! Transactions: instructions with a compute budget and a priority fee, packed as small as lookup tables allow.

use std::fmt;

use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_message::{v0, AddressLookupTableAccount, CompileError, VersionedMessage};
use solana_pubkey::Pubkey;
use solana_signature::Signature;
use solana_signer::{signers::Signers, SignerError};
use solana_transaction::versioned::VersionedTransaction;

/// Most bytes of a transaction, signatures included: what fits a packet.
pub const MAX_TRANSACTION_BYTES: usize = 1_232;
/// Most compute units that a transaction may ask for.
pub const MAX_COMPUTE_UNITS: u32 = 1_400_000;
/// Most accounts that a transaction may lock.
pub const MAX_ACCOUNTS: usize = 64;

const MICRO_LAMPORTS_PER_LAMPORT: u128 = 1_000_000;

/// What a transaction may use, and what it offers for a place in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Most compute units; asked for too few, the transaction fails, for too many, it pays for them.
    pub compute_units: u32,
    /// Priority fee per compute unit, in millionths of a lamport.
    pub micro_lamports_per_unit: u64,
}

impl Budget {
    /// All that a transaction may have, without a priority fee.
    pub const MOST: Self = Self {
        compute_units: MAX_COMPUTE_UNITS,
        micro_lamports_per_unit: 0,
    };

    /// The priority fee in lamports, rounded up as the runtime does; saturating.
    ///
    /// ```
    /// use levee_client::transaction::Budget;
    ///
    /// let budget = Budget { compute_units: 20_000, micro_lamports_per_unit: 75 };
    /// assert_eq!(budget.priority_fee_lamports_up(), 2); // 1.5
    /// ```
    pub fn priority_fee_lamports_up(&self) -> u64 {
        let micro = u128::from(self.compute_units) * u128::from(self.micro_lamports_per_unit);
        u64::try_from(micro.div_ceil(MICRO_LAMPORTS_PER_LAMPORT)).unwrap_or(u64::MAX)
    }

    /// The priority fee per compute unit, in millionths of a lamport, at which all of them cost no more than `lamports`; rounded
    /// down, saturating.
    ///
    /// ```
    /// use levee_client::transaction::Budget;
    ///
    /// let budget = Budget { compute_units: 30_000, micro_lamports_per_unit: 0 };
    /// let offered = budget.micro_lamports_for_down(2);
    /// assert_eq!(offered, 66);
    /// assert_eq!(Budget { micro_lamports_per_unit: offered, ..budget }.priority_fee_lamports_up(), 2);
    /// ```
    pub fn micro_lamports_for_down(&self, lamports: u64) -> u64 {
        let micro = u128::from(lamports) * MICRO_LAMPORTS_PER_LAMPORT;
        let each = micro.checked_div(u128::from(self.compute_units));
        each.map_or(u64::MAX, |each| u64::try_from(each).unwrap_or(u64::MAX))
    }

    fn instructions(&self) -> Vec<Instruction> {
        let limit = ComputeBudgetInstruction::set_compute_unit_limit(self.compute_units);
        let price = self.micro_lamports_per_unit;
        let price = (price > 0).then(|| ComputeBudgetInstruction::set_compute_unit_price(price));
        std::iter::once(limit).chain(price).collect()
    }
}

/// Why instructions make no transaction.
#[derive(Debug)]
pub enum AssemblyError {
    /// More bytes than a packet holds: use fewer instructions or a lookup table.
    TooLarge(usize),
    /// More accounts than a transaction may lock: use fewer instructions.
    TooManyAccounts(usize),
    /// More compute units than a transaction may have.
    TooManyComputeUnits(u32),
    /// The message cannot be made.
    Compile(CompileError),
    /// A signer is missing or wrong.
    Sign(SignerError),
}

impl fmt::Display for AssemblyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(bytes) => write!(
                f,
                "the transaction has {bytes} bytes, {MAX_TRANSACTION_BYTES} are allowed: use fewer instructions or a lookup table"
            ),
            Self::TooManyAccounts(accounts) => write!(
                f,
                "the transaction locks {accounts} accounts, {MAX_ACCOUNTS} are allowed: use fewer instructions"
            ),
            Self::TooManyComputeUnits(units) => write!(
                f,
                "{units} compute units are asked for, {MAX_COMPUTE_UNITS} are allowed: use fewer instructions"
            ),
            Self::Compile(error) => write!(f, "the transaction cannot be made: {error}"),
            Self::Sign(error) => write!(f, "the transaction cannot be signed: {error}"),
        }
    }
}

impl std::error::Error for AssemblyError {}

/// The message of `instructions`, with `budget` at its head. Addresses that `tables` list take a byte instead of 32.
///
/// # Errors
/// [`AssemblyError`], [`AssemblyError::Sign`] excepted.
///
/// ```
/// use levee_client::instructions::{refresh_reserves, PriceKeys};
/// use levee_client::transaction::{compile, size_bytes, Budget};
/// use solana_hash::Hash;
/// use solana_message::AddressLookupTableAccount;
/// use solana_pubkey::Pubkey;
///
/// let payer = Pubkey::new_unique();
/// let keys = PriceKeys { reserve: Pubkey::new_unique(), price: Pubkey::new_unique(), rate: None };
/// let refresh = [refresh_reserves(&[keys])];
/// let table = AddressLookupTableAccount { key: Pubkey::new_unique(), addresses: vec![keys.reserve, keys.price] };
///
/// let plain = compile(&payer, &refresh, Budget::MOST, &[], Hash::default())?;
/// let short = compile(&payer, &refresh, Budget::MOST, &[table], Hash::default())?;
/// assert_eq!(size_bytes(&plain) - size_bytes(&short), 2 * 32 - (32 + 1 + 1 + 1 + 1));
/// # Ok::<(), levee_client::transaction::AssemblyError>(())
/// ```
pub fn compile(
    payer: &Pubkey,
    instructions: &[Instruction],
    budget: Budget,
    tables: &[AddressLookupTableAccount],
    blockhash: Hash,
) -> Result<VersionedMessage, AssemblyError> {
    if budget.compute_units > MAX_COMPUTE_UNITS {
        return Err(AssemblyError::TooManyComputeUnits(budget.compute_units));
    }
    let all = [&budget.instructions(), instructions].concat();
    let message =
        v0::Message::try_compile(payer, &all, tables, blockhash).map_err(AssemblyError::Compile)?;
    let looked_up: usize = message
        .address_table_lookups
        .iter()
        .map(|lookup| lookup.writable_indexes.len() + lookup.readonly_indexes.len())
        .sum();
    let accounts = message.account_keys.len() + looked_up;
    let message = VersionedMessage::V0(message);
    if accounts > MAX_ACCOUNTS {
        return Err(AssemblyError::TooManyAccounts(accounts));
    }
    match size_bytes(&message) {
        0..=MAX_TRANSACTION_BYTES => Ok(message),
        bytes => Err(AssemblyError::TooLarge(bytes)),
    }
}

/// The bytes of `message` as a signed transaction.
pub fn size_bytes(message: &VersionedMessage) -> usize {
    let signatures = usize::from(message.header().num_required_signatures);
    // The count of signatures takes a byte below 128, and no packet holds more.
    1 + signatures * size_of::<Signature>() + message.serialize().len()
}

/// Compiles and signs.
///
/// # Errors
/// [`AssemblyError`].
pub fn sign<T: Signers + ?Sized>(
    payer: &Pubkey,
    instructions: &[Instruction],
    budget: Budget,
    tables: &[AddressLookupTableAccount],
    blockhash: Hash,
    signers: &T,
) -> Result<VersionedTransaction, AssemblyError> {
    let message = compile(payer, instructions, budget, tables, blockhash)?;
    VersionedTransaction::try_new(message, signers).map_err(AssemblyError::Sign)
}

#[cfg(test)]
mod tests {
    use solana_instruction::AccountMeta;

    use super::*;

    fn touching(accounts: usize, data: usize) -> Instruction {
        let metas = (0..accounts).map(|_| AccountMeta::new(Pubkey::new_unique(), false));
        Instruction::new_with_bytes(Pubkey::new_unique(), &vec![0; data], metas.collect())
    }

    fn compiled(
        instructions: &[Instruction],
        tables: &[AddressLookupTableAccount],
    ) -> Result<VersionedMessage, AssemblyError> {
        let payer = Pubkey::new_unique();
        compile(&payer, instructions, Budget::MOST, tables, Hash::default())
    }

    #[test]
    fn a_message_is_as_large_as_the_signed_transaction() {
        let payer = solana_keypair::Keypair::new();
        let key = solana_signer::Signer::pubkey(&payer);
        let [instructions, hash] =
            [[touching(3, 5)], [touching(0, 0)]].map(|i| (i, Hash::default()));
        for (instructions, hash) in [instructions, hash] {
            let message = compile(&key, &instructions, Budget::MOST, &[], hash).unwrap();
            let signed = sign(&key, &instructions, Budget::MOST, &[], hash, &[&payer]).unwrap();
            let bytes = bincode::serialize(&signed).unwrap();
            assert_eq!(size_bytes(&message), bytes.len());
        }
    }

    #[test]
    fn one_byte_too_many_is_refused_with_the_size() {
        let fits = (0..1_232)
            .rev()
            .find(|data| compiled(&[touching(1, *data)], &[]).is_ok());
        let fits = fits.expect("an empty instruction fits");
        assert_eq!(
            size_bytes(&compiled(&[touching(1, fits)], &[]).unwrap()),
            MAX_TRANSACTION_BYTES
        );
        let refused = compiled(&[touching(1, fits + 1)], &[]);
        assert!(matches!(refused, Err(AssemblyError::TooLarge(1_233))));
    }

    #[test]
    fn accounts_in_tables_count_as_locks() {
        let instruction = touching(80, 0);
        let addresses = instruction
            .accounts
            .iter()
            .map(|meta| meta.pubkey)
            .collect();
        let table = AddressLookupTableAccount {
            key: Pubkey::new_unique(),
            addresses,
        };
        // The payer, the program and the compute budget come on top.
        let refused = compiled(&[instruction], &[table]);
        assert!(matches!(refused, Err(AssemblyError::TooManyAccounts(83))));
    }

    #[test]
    fn more_compute_units_than_there_are_cannot_be_asked_for() {
        let budget = Budget {
            compute_units: MAX_COMPUTE_UNITS + 1,
            micro_lamports_per_unit: 0,
        };
        let refused = compile(&Pubkey::new_unique(), &[], budget, &[], Hash::default());
        assert!(matches!(
            refused,
            Err(AssemblyError::TooManyComputeUnits(_))
        ));
    }

    #[test]
    fn a_missing_signer_is_an_error() {
        let payer = solana_keypair::Keypair::new();
        let other = Pubkey::new_unique();
        let refused = sign(&other, &[], Budget::MOST, &[], Hash::default(), &[&payer]);
        assert!(matches!(refused, Err(AssemblyError::Sign(_))));
    }
}
