//! Why the program refuses.

use anchor_lang::solana_program::msg;
use anchor_lang::solana_program::program_error::ProgramError;

/// The program's own errors, by their custom codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum OracleError {
    /// The data is no instruction of this program.
    MalformedInstruction = 0,
    /// The first account must sign: it is the feeds' authority.
    AuthorityMustSign = 1,
    /// As many accounts must follow the authority and the system program as feeds are pushed.
    WrongNumberOfAccounts = 2,
    /// An account is not the authority's feed of this id: only the authority that opened a feed may push to it.
    WrongFeedAccount = 3,
    /// The feed was published later already: publish times never go back.
    OlderThanPublished = 4,
    /// The account at the feed's address holds something else than a price.
    MalformedFeedAccount = 5,
}

impl OracleError {
    /// One line for the log.
    pub fn message(self) -> &'static str {
        match self {
            Self::MalformedInstruction => "the data is no instruction of the test oracle",
            Self::AuthorityMustSign => "the first account is the feeds' authority and must sign",
            Self::WrongNumberOfAccounts => {
                "one account a feed must follow the authority and the system program"
            }
            Self::WrongFeedAccount => {
                "not this authority's feed: only the authority that opened a feed may push to it"
            }
            Self::OlderThanPublished => "the feed was published later already",
            Self::MalformedFeedAccount => "the account at the feed's address holds no price",
        }
    }
}

impl From<OracleError> for ProgramError {
    fn from(error: OracleError) -> Self {
        msg!(error.message());
        Self::Custom(error as u32)
    }
}
