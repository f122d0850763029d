//! Every refusal, with a message that says what to do.

use anchor_lang::prelude::*;
use levee_risk::interest::CurveError;
use levee_risk::liquidation::Refusal;
use levee_risk::policy::{Wait, WrongPair};
use levee_risk::units::MathError;

/// What the program refuses. Codes start at 6000, in this order.
#[error_code]
#[derive(PartialEq, Eq)]
pub enum LeveeError {
    // Arithmetic and invariants.
    #[msg("A number left its range: use a smaller amount")]
    MathOverflow,
    #[msg("Claims would exceed what backs them: report this transaction")]
    InvariantBroken,
    #[msg("The vault's balance did not change by the accounted amount, so the token takes a fee or runs a hook: do not use it")]
    VaultMismatch,

    // Accounts.
    #[msg("The account belongs to another lending market: pass one of this market")]
    ForeignMarket,
    #[msg("Not the reserve's vault: pass the vault that the reserve names")]
    WrongVault,
    #[msg("Not the reserve's mint: pass the mint that the reserve names")]
    WrongMint,
    #[msg("Not the reserve's token program: pass the one that the reserve names")]
    WrongTokenProgram,
    #[msg("Not this obligation's owner: the owner must sign")]
    NotObligationOwner,
    #[msg("Pass the obligation's reserves in its own order, all deposits, then all borrows; to a liquidation without those of its pair")]
    WrongReserveList,
    #[msg("The same reserve twice where two different ones are needed: pass two, or cancel a deposit and a debt of one with liquidate")]
    DuplicateReserve,
    #[msg("Not a reserve of this program: pass one of the market's reserves")]
    NotAReserve,
    #[msg(
        "There is an account at that address already: use another number, or the one that exists"
    )]
    AddressInUse,
    #[msg("Pass pairs of a writable reserve and its price account, at least one")]
    UnpairedPriceAccounts,

    // Authority.
    #[msg("Only the market's owner may do this: sign with the owner's key")]
    NotOwner,
    #[msg("Only the market's owner or risk admin may do this: sign with either's key")]
    NotRiskAdmin,
    #[msg(
        "Only the owner, the risk admin or the guardian may do this: sign with one of their keys"
    )]
    NotGuardian,
    #[msg("Only the proposed owner may accept: have the owner propose this key first")]
    NotPendingOwner,
    #[msg("The guardian can only add restrictions: ask the owner or the risk admin to lift one")]
    GuardianCannotLift,
    #[msg("Unknown status bits: use deposits paused (1), borrows paused (2), frozen (4)")]
    InvalidStatus,

    // The gate.
    #[msg("Deposits are paused: withdraw, repay and liquidate still work")]
    DepositsPaused,
    #[msg("Borrows are paused: deposit, withdraw, repay and liquidate still work")]
    BorrowsPaused,
    #[msg("Frozen: only repayment and liquidation work")]
    Frozen,
    #[msg("A flash loan of this reserve is open: repay it first")]
    InFlashLoan,
    #[msg("The cluster restarted lately: wait until the grace has passed")]
    InRestartGrace,
    #[msg("The obligation owes without collateral: repay, deposit, or settle its bad debt")]
    ObligationInsolvent,

    // Configuration.
    #[msg("LTV must lie below the liquidation threshold, and that below 100 %")]
    LtvNotBelowThreshold,
    #[msg("threshold × (1 + largest bonus) must lie below 100 %: lower either")]
    ThresholdTimesBonusTooHigh,
    #[msg("The borrow factor must lie between 100 % and 500 %")]
    InvalidBorrowFactor,
    #[msg("Auction out of range: start ≤ insolvent ≤ max ≤ 20 %, width in (0, 100 %], margin in [1, 500] bps, target in (1, 2]")]
    InvalidAuction,
    #[msg("The curve must have 2 to 11 points, and zeros behind them")]
    CurveLength,
    #[msg("The first point of the curve must lie at a utilization of 0")]
    CurveStartsAboveZero,
    #[msg("The last point of the curve must lie at a utilization of 100 %")]
    CurveEndsBelowFull,
    #[msg("The utilization of the curve must rise from point to point")]
    CurveUtilizationNotRising,
    #[msg("The rate of the curve must not fall from point to point")]
    CurveRateFalling,
    #[msg("The rates of the curve must not exceed 1,000 % a year")]
    CurveRateTooHigh,
    #[msg("Fees out of range: take rate ≤ 50 %, origination and flash fee ≤ 5 %")]
    InvalidFees,
    #[msg("A liquidation ceiling must be at least 10,000 dollars a slot, or zero for none")]
    LiquidationCeilingTooLow,
    #[msg("The outflow window must last between 1 and 10,000,000 slots")]
    InvalidOutflowWindow,
    #[msg("Oracle settings out of range: a known kind, a feed, price age in [30, 300] s, mild age in [1, price age] s, confidence ≤ 20 %, divergence ≤ 100 %")]
    InvalidOracleConfig,
    #[msg("Market settings out of range: dust in (0, 1,000] dollars, proof gap in [1, 10,000] slots, mild wait ≤ proof gap, grace ≤ 1,000,000 slots, delay ≤ 30 days, κ ≤ 100 %, insurance share ≤ 50 %, lift ≤ 10 %, ramp ≤ 90 days")]
    InvalidMarketConfig,
    #[msg("Rate settings out of range: a kind with its source and growth ≤ 100 % a year, or none of them; groups 1 to 8")]
    InvalidRateConfig,
    #[msg("A stake pool's token has nine decimals: use another rate kind")]
    WrongRateDecimals,
    #[msg("The rate's cap would fall below the observed rate: anchor the rate first, or allow more growth")]
    RateCapBelowObserved,
    #[msg("The reserve has no rate: set a rate kind first")]
    NoRate,
    #[msg("The market has no such elevation group: use one that exists, or zero for none")]
    UnknownElevationGroup,
    #[msg("A collateral never leaves a group, whose members would lose its threshold at once: lower the group's LTV to zero instead")]
    GroupMembershipFixed,
    #[msg("The group's threshold lies below the reserve's own: its members would lose borrowing power at once")]
    GroupThresholdBelowOwn,
    #[msg("A group's debt reserve never changes: use another group number")]
    GroupDebtReserveFixed,
    #[msg("The group lends another reserve: borrow that one, or leave the group")]
    NotTheGroupsDebt,
    #[msg("This change raises risk and must wait: it was announced now, send it again after the market's delay")]
    RiskChangeMustWait,
    #[msg("The mint has an extension that is not on the allow-list, or charges a transfer fee: list another token")]
    MintExtensionNotAllowed,
    #[msg("The mint has too many decimals: list a token of at most 18")]
    TooManyDecimals,

    // Prices.
    #[msg("Not a price account of a known Pyth program: pass one that Pyth's receiver or legacy program owns")]
    WrongPriceAccountOwner,
    #[msg("Not a readable price account: pass one of the kind that the reserve's oracle has")]
    MalformedPriceAccount,
    #[msg("The price account carries another feed than the reserve's: pass one of the feed that the reserve names")]
    WrongPriceFeed,
    #[msg("The price update is only partially verified: post it with full verification")]
    PriceNotFullyVerified,
    #[msg("The price or its average is zero or negative: wait for another update of the oracle")]
    PriceNotPositive,
    #[msg("The price was published in the future: wait some seconds and refresh again")]
    PriceFromFuture,
    #[msg("The oracle is not trading: wait until it does")]
    PriceNotTrading,
    #[msg("The price's exponent is out of range for this token: configure another feed")]
    PriceExponentOutOfRange,
    #[msg("Refresh all reserves of the obligation in this slot: put refresh_reserves before this instruction")]
    ReserveNotRefreshed,
    #[msg("The price is too old for this action: post a newer update and refresh")]
    PriceTooOld,
    #[msg("The price's confidence is too wide for new risk: wait, repay or deposit")]
    PriceConfidenceTooWide,
    #[msg("The price is too far from its average for new risk: wait, repay or deposit")]
    PriceDivergesFromAverage,
    #[msg("Not the reserve's stake pool or redemption feed, or not readable: pass the account that the reserve names")]
    WrongRateAccount,
    #[msg("The rate is out of range, or its pool is empty: wait for another update of the pool or feed")]
    RateOutOfRange,
    #[msg("The rate was updated too long ago for new risk: update the stake pool or post the feed, and refresh")]
    RateTooOld,

    // Amounts and limits.
    #[msg("The amount must be positive")]
    ZeroAmount,
    #[msg("No whole atom of fees can be paid now: wait until interest has accrued, or until the vault holds tokens again")]
    NothingToClaim,
    #[msg("The amount rounds to nothing: use a larger one")]
    AmountTooSmall,
    #[msg("The obligation holds less than that: pass the largest amount to take all")]
    InsufficientDeposit,
    #[msg("The obligation owes nothing in this reserve: name one that it owes in")]
    NoDebt,
    #[msg("The vault cannot pay that now: use a smaller amount")]
    InsufficientLiquidity,
    #[msg("The reserve's deposit cap is reached: deposit less, or wait until others withdraw")]
    DepositCapReached,
    #[msg("The reserve's borrow cap is reached: borrow less, or wait until others repay")]
    BorrowCapReached,
    #[msg(
        "The reserve's outflow window is used up: wait for the next one or use a smaller amount"
    )]
    OutflowCapReached,
    #[msg("The obligation has no room for another deposit, at most 8: withdraw one, or use another obligation")]
    TooManyDeposits,
    #[msg("The obligation has no room for another borrow, at most 5: repay one, or use another obligation")]
    TooManyBorrows,
    #[msg("Debt would exceed what the collateral allows: use a smaller amount or deposit first")]
    LtvExceeded,
    #[msg("The debt would be smaller than the market's smallest borrow: borrow more")]
    DebtBelowDust,
    #[msg("The obligation still has deposits or debts: withdraw and repay all first")]
    ObligationNotEmpty,

    // Liquidation.
    #[msg("The obligation is healthy: try again once its prices have moved")]
    ObligationHealthy,
    #[msg("The obligation raised its risk in this slot: try in the next one")]
    CoolOff,
    #[msg("Barely unhealthy, and the cluster restarted or its clock jumped lately: wait until the grace has passed")]
    MildInRestartGrace,
    #[msg("Barely unhealthy: mild liquidations need a younger price; post one, or mark it unhealthy until it has aged")]
    MildPriceTooOld,
    #[msg("Barely unhealthy on a doubtful price: mark it unhealthy until it has aged")]
    MildPriceDoubtful,
    #[msg("Healthy at prices moved towards their averages: mark it unhealthy until it has aged")]
    MildHealthyAtAverage,
    #[msg("A collateral with a lower threshold covers enough: seize that one")]
    WrongCollateral,
    #[msg("A debt with a higher borrow factor is no dust: repay that one")]
    WrongDebt,
    #[msg("The obligation holds and owes this reserve: pass it writable, so that both cancel before anybody is paid")]
    NettedReserveReadOnly,
    #[msg("The collateral's liquidation ceiling for this slot is used up: try in the next one")]
    LiquidationCeilingReached,
    #[msg(
        "The vault cannot pay the collateral: pass your own obligation to take the deposit instead"
    )]
    VaultIsDry,
    #[msg("Not an obligation that can receive the deposit: pass a writable one of this market that the liquidator owns, last")]
    WrongReceivingObligation,
    #[msg("Not a writable obligation of this market: pass each obligation writable, then its other reserves")]
    NotAnObligation,
    #[msg("None of these obligations could be liquidated: see the events for the reasons")]
    NothingLiquidated,
    #[msg("The obligation has no such debt or no such deposit: name a pair that it has")]
    EmptyPair,
    #[msg("This pair cannot heal the obligation: seize the lowest threshold, repay the highest borrow factor")]
    PairCannotHeal,
    #[msg("That would leave a debt below the dust value: raise the limit to close all of it")]
    LimitLeavesDust,
    #[msg("The amounts round to nothing: raise the limit")]
    LiquidationTooSmall,
    #[msg("Less would be seized than the caller demands: demand less, or wait for a higher bonus")]
    SlippageExceeded,
    #[msg("The obligation still has collateral: liquidate it first")]
    ObligationHasCollateral,
    #[msg("The liquidation would not raise the obligation's health: allow a larger repayment, or try at another price")]
    HealthNotImproved,
    #[msg("The liquidation writes off what the obligation owes: pass the reserves of all its debts writable")]
    UnsettledReserveReadOnly,

    // Flash loans.
    #[msg(
        "Flash loans must stand at the top level of a transaction, never within another program's instruction"
    )]
    FlashLoanNotTopLevel,
    #[msg("Exactly one flash_repay of the same reserve must follow in the same transaction")]
    FlashRepayMissing,
    #[msg("There is no flash loan of this reserve to repay: borrow first")]
    NoFlashLoan,
}

/// The program's error for an arithmetic one.
pub fn math(_: MathError) -> Error {
    error!(LeveeError::MathOverflow)
}

/// The program's error for what is no rate curve.
pub fn curve(error: CurveError) -> LeveeError {
    match error {
        CurveError::TooFewPoints | CurveError::TooManyPoints => LeveeError::CurveLength,
        CurveError::FirstNotAtZero => LeveeError::CurveStartsAboveZero,
        CurveError::LastNotAtFull => LeveeError::CurveEndsBelowFull,
        CurveError::UtilizationNotIncreasing => LeveeError::CurveUtilizationNotRising,
        CurveError::RateDecreasing => LeveeError::CurveRateFalling,
        CurveError::RateTooHigh => LeveeError::CurveRateTooHigh,
    }
}

/// The program's error for a plan's refusal.
pub fn refused(refusal: Refusal) -> LeveeError {
    match refusal {
        Refusal::Healthy => LeveeError::ObligationHealthy,
        Refusal::EmptyPair => LeveeError::EmptyPair,
        Refusal::PairCannotHeal => LeveeError::PairCannotHeal,
        Refusal::LimitLeavesDust => LeveeError::LimitLeavesDust,
        Refusal::TooSmall => LeveeError::LiquidationTooSmall,
        Refusal::Math(_) => LeveeError::MathOverflow,
    }
}

/// The program's error for a mild case that waits.
pub fn waiting(wait: Wait) -> LeveeError {
    match wait {
        Wait::RestartGrace => LeveeError::MildInRestartGrace,
        Wait::PriceTooOld => LeveeError::MildPriceTooOld,
        Wait::Doubtful => LeveeError::MildPriceDoubtful,
        Wait::HealthyAtAverage => LeveeError::MildHealthyAtAverage,
    }
}

/// The program's error for a pair that is not the one that heals most.
pub fn wrong_pair(wrong: WrongPair) -> LeveeError {
    match wrong {
        WrongPair::Collateral => LeveeError::WrongCollateral,
        WrongPair::Debt => LeveeError::WrongDebt,
    }
}
