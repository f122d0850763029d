//! The program's file.

use std::path::{Path, PathBuf};

use anyhow::{ensure, Context, Result};
use levee::error::LeveeError;
use levee_client::rpc::believes_test_feeds;
use levee_test_oracle::OracleError;
use solana_pubkey::Pubkey;

const ELF_MAGIC: &[u8] = b"\x7fELF";

/// A program as it was built.
pub struct ProgramFile {
    path: PathBuf,
    code: Vec<u8>,
}

impl ProgramFile {
    /// Reads a file.
    ///
    /// # Errors
    /// One that is missing or no program.
    pub fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let code = std::fs::read(path).with_context(|| {
            format!("cannot read {shown}: build it with `cargo xtask build-sbf`")
        })?;
        ensure!(
            code.starts_with(ELF_MAGIC),
            "{shown} is no program: it is not an ELF file"
        );
        Ok(Self {
            path: path.to_owned(),
            code,
        })
    }

    /// What is uploaded.
    pub fn code(&self) -> &[u8] {
        &self.code
    }

    /// Whether it believes the oracle whose prices anybody may push: built with the feature `test-feeds`.
    pub fn believes_test_feeds(&self) -> bool {
        believes_test_feeds(&self.code)
    }

    /// Refuses another program than `kind`, or Levee for another address.
    ///
    /// # Errors
    /// One line that says which.
    pub fn check(&self, kind: Kind, address: &Pubkey) -> Result<()> {
        let shown = self.path.display();
        ensure!(kind.is(&self.code), "{shown} is not {}", kind.name());
        // Anchor compares the address at which a program runs with the one that it declares.
        ensure!(
            kind == Kind::TestOracle || contains(&self.code, address.as_ref()),
            "{shown} was not built for {address}: the address in its declare_id! must be that of --program-keypair"
        );
        Ok(())
    }
}

/// The programs that are deployed from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Levee.
    Levee,
    /// The oracle whose prices anybody may push, at its address on devnet.
    TestOracle,
}

impl Kind {
    /// For messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Levee => "Levee",
            Self::TestOracle => "the test oracle",
        }
    }

    /// Whether code is some version of this program: it carries messages that no other has. Versions may differ in some.
    pub(super) fn is(self, code: &[u8]) -> bool {
        let messages = match self {
            Self::Levee => [
                LeveeError::FlashRepayMissing,
                LeveeError::PairCannotHeal,
                LeveeError::MildHealthyAtAverage,
            ]
            .map(|error| error.to_string()),
            Self::TestOracle => [
                OracleError::WrongFeedAccount,
                OracleError::MalformedInstruction,
                OracleError::OlderThanPublished,
            ]
            .map(|error| error.message().to_owned()),
        };
        messages
            .iter()
            .any(|message| contains(code, message.as_bytes()))
    }
}

fn contains(code: &[u8], part: &[u8]) -> bool {
    code.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(code: &[u8]) -> ProgramFile {
        ProgramFile {
            path: "some.so".into(),
            code: [ELF_MAGIC, code].concat(),
        }
    }

    #[test]
    fn levee_is_known_by_its_messages_and_its_address() {
        let message = LeveeError::PairCannotHeal.to_string();
        let code = [b"..", message.as_bytes(), levee::ID.as_ref()].concat();
        file(&code).check(Kind::Levee, &levee::ID).unwrap();
        let other = Pubkey::new_from_array([7; 32]);
        let error = file(&code)
            .check(Kind::Levee, &other)
            .unwrap_err()
            .to_string();
        assert!(error.contains("was not built for"), "{error}");
        let error = file(levee::ID.as_ref())
            .check(Kind::Levee, &levee::ID)
            .unwrap_err();
        assert_eq!(error.to_string(), "some.so is not Levee");
    }

    #[test]
    fn the_built_program_is_levee_and_the_others_are_not() {
        let read = |name| ProgramFile::read(&levee_testkit::program_path(name)).unwrap();
        read("levee").check(Kind::Levee, &levee::ID).unwrap();
        read("levee_test_feeds")
            .check(Kind::Levee, &levee::ID)
            .unwrap();
        for other in ["levee_swap", "levee_test_oracle"] {
            read(other).check(Kind::Levee, &levee::ID).unwrap_err();
        }
        let oracle = read("levee_test_oracle");
        oracle
            .check(Kind::TestOracle, &levee_test_oracle::DEVNET_ID)
            .unwrap();
        read("levee")
            .check(Kind::TestOracle, &levee::ID)
            .unwrap_err();
    }

    #[test]
    fn only_the_build_for_test_feeds_believes_them() {
        let read = |name| ProgramFile::read(&levee_testkit::program_path(name)).unwrap();
        assert!(read("levee_test_feeds").believes_test_feeds());
        assert!(!read("levee").believes_test_feeds());
    }

    #[test]
    fn a_missing_file_and_one_of_another_kind_are_refused_by_name() {
        let error = ProgramFile::read(Path::new("/nowhere.so")).err().unwrap();
        assert!(error.to_string().starts_with("cannot read /nowhere.so"));
        let error = ProgramFile::read(Path::new("Cargo.toml")).err().unwrap();
        assert_eq!(
            error.to_string(),
            "Cargo.toml is no program: it is not an ELF file"
        );
    }
}
