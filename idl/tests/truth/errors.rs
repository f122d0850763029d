//! Codes, names and messages of the errors.

use levee::error::LeveeError;

use crate::idl;

/// All errors; one that is not named here does not compile.
macro_rules! all {
    ($($variant:ident),* $(,)?) => {{
        #[allow(dead_code)]
        fn is_complete(error: LeveeError) {
            match error {
                $(LeveeError::$variant => {})*
            }
        }
        vec![$(LeveeError::$variant),*]
    }};
}

fn all() -> Vec<LeveeError> {
    all![
        MathOverflow,
        InvariantBroken,
        VaultMismatch,
        ForeignMarket,
        WrongVault,
        WrongMint,
        WrongTokenProgram,
        NotObligationOwner,
        WrongReserveList,
        DuplicateReserve,
        NotAReserve,
        AddressInUse,
        UnpairedPriceAccounts,
        NotOwner,
        NotRiskAdmin,
        NotGuardian,
        NotPendingOwner,
        GuardianCannotLift,
        InvalidStatus,
        DepositsPaused,
        BorrowsPaused,
        Frozen,
        InFlashLoan,
        InRestartGrace,
        ObligationInsolvent,
        LtvNotBelowThreshold,
        ThresholdTimesBonusTooHigh,
        InvalidBorrowFactor,
        InvalidAuction,
        CurveLength,
        CurveStartsAboveZero,
        CurveEndsBelowFull,
        CurveUtilizationNotRising,
        CurveRateFalling,
        CurveRateTooHigh,
        InvalidFees,
        LiquidationCeilingTooLow,
        InvalidOutflowWindow,
        InvalidOracleConfig,
        InvalidMarketConfig,
        InvalidRateConfig,
        WrongRateDecimals,
        RateCapBelowObserved,
        NoRate,
        UnknownElevationGroup,
        GroupMembershipFixed,
        GroupThresholdBelowOwn,
        GroupDebtReserveFixed,
        NotTheGroupsDebt,
        RiskChangeMustWait,
        MintExtensionNotAllowed,
        TooManyDecimals,
        WrongPriceAccountOwner,
        MalformedPriceAccount,
        WrongPriceFeed,
        PriceNotFullyVerified,
        PriceNotPositive,
        PriceFromFuture,
        PriceNotTrading,
        PriceExponentOutOfRange,
        ReserveNotRefreshed,
        PriceTooOld,
        PriceConfidenceTooWide,
        PriceDivergesFromAverage,
        WrongRateAccount,
        RateOutOfRange,
        RateTooOld,
        ZeroAmount,
        NothingToClaim,
        AmountTooSmall,
        InsufficientDeposit,
        NoDebt,
        InsufficientLiquidity,
        DepositCapReached,
        BorrowCapReached,
        OutflowCapReached,
        TooManyDeposits,
        TooManyBorrows,
        LtvExceeded,
        DebtBelowDust,
        ObligationNotEmpty,
        ObligationHealthy,
        CoolOff,
        MildInRestartGrace,
        MildPriceTooOld,
        MildPriceDoubtful,
        MildHealthyAtAverage,
        WrongCollateral,
        WrongDebt,
        NettedReserveReadOnly,
        LiquidationCeilingReached,
        VaultIsDry,
        WrongReceivingObligation,
        NotAnObligation,
        NothingLiquidated,
        EmptyPair,
        PairCannotHeal,
        LimitLeavesDust,
        LiquidationTooSmall,
        SlippageExceeded,
        ObligationHasCollateral,
        HealthNotImproved,
        UnsettledReserveReadOnly,
        FlashLoanNotTopLevel,
        FlashRepayMissing,
        NoFlashLoan,
    ]
}

#[test]
fn every_message_says_what_to_do() {
    // What is wrong, a colon, and what to do; or, at once, what must be.
    let says = |message: &str| {
        [": ", " must ", "Pass "]
            .iter()
            .any(|word| message.contains(word))
    };
    let silent = all().into_iter().map(|error| error.to_string());
    let silent: Vec<_> = silent.filter(|message| !says(message)).collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn every_error_has_its_code_its_name_and_its_message() {
    let all = all();
    let idl = idl();
    assert_eq!(idl.errors.len(), all.len());
    for error in all {
        let (code, name, message) = (u32::from(error), error.name(), error.to_string());
        let described = idl.errors.iter().find(|described| described.code == code);
        let described = described.unwrap_or_else(|| panic!("the IDL has no error {code}"));
        assert_eq!(described.name, name);
        assert_eq!(described.msg.as_ref(), Some(&message), "{name}");
    }
}
