//! Who deposits and borrows.

use super::*;

/// How many owners there are, how often each of them borrows, and what of: pairs of lists that are deposited and owed, in turn.
#[derive(Clone, Copy)]
pub struct Crowd {
    pub owners: usize,
    pub obligations_each: usize,
    pub kinds: &'static [Kind],
}

/// What is deposited, and what is owed.
pub type Kind = (&'static [usize], &'static [usize]);

/// Obligations of one transaction.
const AT_ONCE: usize = 4;

impl Crowd {
    /// Five hundred, of all kinds.
    pub const LARGE: Self = Self {
        owners: 10,
        obligations_each: 50,
        kinds: &[
            (&[SOL], &[USDC]),
            (&[ETH], &[USDC]),
            (&[STAKED], &[USDT]),
            (&[SOL, ETH], &[USDC]),
            (&[STAKED, ETH], &[USDT, USDC]),
        ],
    };

    /// So many over one pair.
    pub const fn small(obligations: usize) -> Self {
        Self {
            owners: 1,
            obligations_each: obligations,
            kinds: &[(&[SOL], &[USDC])],
        }
    }
}

impl Market {
    /// The owners deposit, and borrow.
    pub(super) async fn borrow(&mut self, crowd: Crowd) {
        self.owners = (0..crowd.owners).map(|_| Keypair::new()).collect();
        let funded = self.owners.iter().map(|owner| async {
            airdrop(&self.connection, &owner.pubkey()).await;
            self.fund(&owner.pubkey(), 1_000_000.0).await;
        });
        join_all(funded).await;
        let mut deposits = Vec::new();
        let mut borrows = Vec::new();
        for (at, owner) in self.owners.iter().enumerate() {
            let kind = crowd.kinds[at % crowd.kinds.len()];
            for first in (0..crowd.obligations_each).step_by(AT_ONCE) {
                let ids = first..crowd.obligations_each.min(first + AT_ONCE);
                let (mut deposit, mut borrow) = (Vec::new(), vec![self.refresh(kind)]);
                for id in ids {
                    let part = 0.70 + 0.04 * id as f64 / crowd.obligations_each as f64;
                    self.position(owner, kind, (id, part), &mut deposit, &mut borrow)
                        .await;
                }
                deposits.push((owner, deposit));
                borrows.push((owner, borrow));
            }
        }
        send_all(&self.connection, &deposits).await;
        send_all(&self.connection, &borrows).await;
    }

    /// Thousands of dollars of collateral, more from one to the next, and debts of that part of it.
    async fn position(
        &self,
        owner: &Keypair,
        (deposits, debts): Kind,
        (id, part): (usize, f64),
        deposit: &mut Vec<Instruction>,
        borrow: &mut Vec<Instruction>,
    ) {
        let user = owner.pubkey();
        let id_number = id as u64;
        let obligation = pda::obligation(&self.key, &user, id_number);
        deposit.push(ix::init_obligation(user, self.key, id_number));
        let dollars = 2_000.0 + 150.0 * id as f64;
        let mut list = Vec::new();
        for at in deposits {
            let token = &self.tokens[*at];
            // The staked token is worth more than its base.
            let worth = if *at == STAKED {
                RATE as f64 / 1e8
            } else {
                1.0
            };
            let atoms = self
                .atoms(token, dollars / worth / deposits.len() as f64)
                .await;
            let wallet = self.wallet(&user, token);
            deposit.push(ix::deposit(user, obligation, &token.keys, wallet, atoms));
            list.push(token.keys.reserve);
        }
        for at in debts {
            let token = &self.tokens[*at];
            let atoms = self.atoms(token, dollars * part / debts.len() as f64).await;
            let wallet = self.wallet(&user, token);
            list.push(token.keys.reserve);
            borrow.push(ix::borrow(
                user,
                obligation,
                &token.keys,
                wallet,
                &list,
                atoms,
            ));
        }
    }

    /// The first owner pays back all of an obligation over one pair, takes everything out and closes it, in one transaction.
    pub async fn leave(&self, id: u64) {
        let owner = &self.owners[0];
        let user = owner.pubkey();
        let obligation = pda::obligation(&self.key, &user, id);
        let [sol, usdc] = [SOL, USDC].map(|at| (&self.tokens[at].keys, &self.tokens[at]));
        let list = [sol.0.reserve];
        let wallet = |token| self.wallet(&user, token);
        let all = vec![
            ix::repay(user, obligation, usdc.0, wallet(usdc.1), u64::MAX),
            ix::withdraw(user, obligation, sol.0, wallet(sol.1), &list[1..], u64::MAX),
            ix::close_obligation(user, obligation),
        ];
        send_all(&self.connection, &[(owner, all)]).await;
    }
}
