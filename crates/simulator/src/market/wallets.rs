//! Tokens outside the reserves' vaults, by double entry: whatever one gives another gets.

/// Who holds tokens outside the vaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// All liquidators together. Below zero is capital that they brought.
    Liquidators,
    /// The exchange, where collateral is sold. Below zero is what it sold of its own.
    Exchange,
    /// What a rival's protocol keeps outside its reserves: fees, absorbed collateral.
    Protocol,
    /// What borrowers bring from elsewhere to top up.
    Borrowers,
}

/// Balances in atoms, per holder and asset. They begin at zero, so their sum is what has left the vaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallets {
    balances: [Vec<i128>; 4],
}

impl Wallets {
    /// Empty ones for so many assets.
    pub fn new(assets: usize) -> Self {
        Self {
            balances: std::array::from_fn(|_| vec![0; assets]),
        }
    }

    /// The balance of `holder`.
    pub fn of(&self, holder: Holder, asset: usize) -> i128 {
        self.balances[holder as usize][asset]
    }

    /// `from` gives `to` so many atoms.
    pub fn transfer(&mut self, from: Holder, to: Holder, asset: usize, atoms: u64) {
        self.balances[from as usize][asset] -= i128::from(atoms);
        self.balances[to as usize][asset] += i128::from(atoms);
    }

    /// `holder` pays into the vault.
    pub fn pay_in(&mut self, holder: Holder, asset: usize, atoms: u64) {
        self.balances[holder as usize][asset] -= i128::from(atoms);
    }

    /// The vault pays `holder`.
    pub fn pay_out(&mut self, holder: Holder, asset: usize, atoms: u64) {
        self.balances[holder as usize][asset] += i128::from(atoms);
    }

    /// Of all holders together.
    pub fn total(&self, asset: usize) -> i128 {
        self.balances.iter().map(|balances| balances[asset]).sum()
    }
}
