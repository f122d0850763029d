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

#[test]
fn every_error_has_its_code_its_name_and_its_message() {
    let all = all![
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
        InvalidCurve,
        InvalidFees,
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
    ];
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
