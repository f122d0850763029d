//! `init_reserve` with mints of Token-2022: an allow-list of extensions, and no transfer fee.

use anchor_spl::token_2022::spl_token_2022::extension::default_account_state::DefaultAccountState;
use anchor_spl::token_2022::spl_token_2022::extension::transfer_fee::TransferFeeConfig;
use anchor_spl::token_2022::spl_token_2022::extension::{
    AccountType, BaseStateWithExtensionsMut, ExtensionType,
};
use levee::error::LeveeError;
use levee::state::Reserve;
use levee_client::{instructions as ix, ReserveKeys};
use levee_tests::mints::{extended_mint, filled_mint, TOKEN_2022};
use levee_tests::{assert_refused, sol_config, world, BanksChain, Chain, World};
use solana_account::Account;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

/// What changes neither what arrives nor who may move it.
const HARMLESS: [ExtensionType; 10] = [
    ExtensionType::TransferFeeConfig,
    ExtensionType::MintCloseAuthority,
    ExtensionType::ConfidentialTransferMint,
    ExtensionType::ConfidentialTransferFeeConfig,
    ExtensionType::MetadataPointer,
    ExtensionType::TokenMetadata,
    ExtensionType::GroupPointer,
    ExtensionType::GroupMemberPointer,
    ExtensionType::TokenGroup,
    ExtensionType::TokenGroupMember,
];

/// The instruction that lists `mint` under a new address, and who signs it.
fn listing(world: &mut World<BanksChain>, mint: Account) -> (ReserveKeys, Instruction, Keypair) {
    let address = world.keypair().pubkey();
    world.chain.set_account(address, mint);
    let keys = ReserveKeys::new(world.market, address, TOKEN_2022);
    let owner = world.owner.insecure_clone();
    let create = ix::init_reserve(owner.pubkey(), &keys, sol_config([3; 32]));
    (keys, create, owner)
}

fn assert_listed(world: &mut World<BanksChain>, mint: Account) {
    let (keys, create, owner) = listing(world, mint);
    world.must(&[create], &[&owner]);
    let reserve: Reserve = world.read(&keys.reserve);
    assert_eq!(reserve.token_program, TOKEN_2022);
    assert_eq!(world.chain.account(&keys.vault).unwrap().owner, TOKEN_2022);
}

fn assert_not_listed(world: &mut World<BanksChain>, mint: Account, error: LeveeError) {
    let (_, create, owner) = listing(world, mint);
    assert_refused(world, &[create], &[&owner], error);
}

/// Every extension that a mint can have.
fn mint_extensions() -> impl Iterator<Item = ExtensionType> {
    (1..100_u16)
        .filter_map(|number| ExtensionType::try_from(number).ok())
        .filter(|extension| extension.get_account_type() == AccountType::Mint)
}

/// A mint with one extension in its most dangerous form.
fn mint_with(extension: ExtensionType) -> Account {
    filled_mint(&[extension], |mint| {
        if extension == ExtensionType::DefaultAccountState {
            let frozen = 2;
            mint.get_extension_mut::<DefaultAccountState>()
                .unwrap()
                .state = frozen;
        }
    })
}

#[test]
fn a_plain_mint_is_accepted() {
    let mut world = world();
    assert_listed(&mut world, extended_mint(6, &[]));
}

#[test]
fn every_extension_that_is_not_harmless_is_refused() {
    let mut world = world();
    let mut refused = 0;
    for extension in mint_extensions().filter(|e| !HARMLESS.contains(e)) {
        println!("{extension:?}");
        let error = LeveeError::MintExtensionNotAllowed;
        assert_not_listed(&mut world, mint_with(extension), error);
        refused += 1;
    }
    // Non-transferable, interest-bearing, permanent delegate, transfer hook, frozen by default,
    // confidential mint and burn, scaled amounts, pausable.
    assert_eq!(refused, 8);
}

#[test]
fn every_harmless_extension_is_accepted_alone() {
    for extension in HARMLESS {
        println!("{extension:?}");
        let mut world = world();
        assert_listed(&mut world, mint_with(extension));
    }
}

#[test]
fn all_harmless_extensions_are_accepted_together() {
    let mut world = world();
    assert_listed(&mut world, extended_mint(6, &HARMLESS));
}

#[test]
fn one_refused_extension_among_harmless_ones_is_found_wherever_it_stands() {
    let mut world = world();
    for at in 0..=HARMLESS.len() {
        let mut extensions = HARMLESS.to_vec();
        extensions.insert(at, ExtensionType::PermanentDelegate);
        let error = LeveeError::MintExtensionNotAllowed;
        assert_not_listed(&mut world, extended_mint(6, &extensions), error);
    }
}

#[test]
fn a_transfer_fee_of_this_or_the_next_epoch_is_refused() {
    let mut world = world();
    for (older, newer) in [(1, 0), (0, 1), (10_000, 10_000), (256, 0)] {
        let mint = filled_mint(&[ExtensionType::TransferFeeConfig], |mint| {
            let fees = mint.get_extension_mut::<TransferFeeConfig>().unwrap();
            fees.older_transfer_fee.transfer_fee_basis_points = u16::into(older);
            fees.newer_transfer_fee.transfer_fee_basis_points = u16::into(newer);
        });
        assert_not_listed(&mut world, mint, LeveeError::MintExtensionNotAllowed);
    }
}

#[test]
fn too_many_decimals_are_refused_with_extensions_too() {
    let mut world = world();
    let most = extended_mint(18, &[ExtensionType::MetadataPointer]);
    assert_listed(&mut world, most);
    let more = extended_mint(19, &[ExtensionType::MetadataPointer]);
    assert_not_listed(&mut world, more, LeveeError::TooManyDecimals);
}

#[test]
fn an_extension_that_nobody_knows_yet_is_refused() {
    let mut world = world();
    let mut mint = extended_mint(6, &[ExtensionType::MetadataPointer]);
    mint.data.extend(999_u16.to_le_bytes());
    mint.data.extend(8_u16.to_le_bytes());
    mint.data.extend([1; 8]);
    let (_, create, owner) = listing(&mut world, mint);
    let error = LeveeError::MintExtensionNotAllowed;
    assert_refused(&mut world, &[create], &[&owner], error);
}
