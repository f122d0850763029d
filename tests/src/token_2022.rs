//! Tokens of Token-2022, and what their mint's authority may do to them later.

use anchor_spl::token_2022::spl_token_2022::extension::transfer_fee::TransferFeeConfig;
use anchor_spl::token_2022::spl_token_2022::extension::transfer_hook::TransferHook;
use anchor_spl::token_2022::spl_token_2022::extension::{
    BaseStateWithExtensionsMut, ExtensionType,
};
use levee::state::ReserveConfig;
use solana_account::Account;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::mints::filled_mint;
use crate::{Chain, Token, World, TOKEN_2022};

/// Of every mint here.
const DECIMALS: u8 = 6;

/// What a transfer does besides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terms {
    /// The transfer fee of every epoch.
    pub fee_bps: u16,
    /// A program that every transfer calls.
    pub hook: Option<Pubkey>,
}

/// A mint with extensions that Levee accepts, and one that it does not where `terms` have a hook.
fn mint(terms: Terms) -> Account {
    let mut extensions = vec![
        ExtensionType::TransferFeeConfig,
        ExtensionType::MintCloseAuthority,
        ExtensionType::MetadataPointer,
    ];
    if terms.hook.is_some() {
        extensions.push(ExtensionType::TransferHook);
    }
    filled_mint(&extensions, |state| {
        let fees = state.get_extension_mut::<TransferFeeConfig>();
        let fees = fees.expect("the mint has fees");
        for fee in [&mut fees.older_transfer_fee, &mut fees.newer_transfer_fee] {
            fee.transfer_fee_basis_points = terms.fee_bps.into();
            fee.maximum_fee = u64::MAX.into();
        }
        if let Some(program) = terms.hook {
            let hook = state.get_extension_mut::<TransferHook>();
            let address = Some(program).try_into();
            hook.expect("the mint has a hook").program_id = address.expect("no zero address");
        }
    })
}

/// Adds a token of Token-2022 with 6 decimals at `dollars`.
pub fn add_token<C: Chain>(
    world: &mut World<C>,
    dollars: f64,
    config: impl Fn([u8; 32]) -> ReserveConfig,
) -> Token {
    let address = world.keypair().pubkey();
    world.chain.set_account(address, mint(Terms::default()));
    world.add_reserve(address, TOKEN_2022, DECIMALS, dollars, config)
}

/// Changes what transfers of `token` do, as its mint's authority might after the reserve was created.
pub fn change_terms<C: Chain>(world: &mut World<C>, token: &Token, terms: Terms) {
    world.chain.set_account(token.keys.mint, mint(terms));
}
