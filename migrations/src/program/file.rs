//! The program's file.

use std::path::{Path, PathBuf};

use anyhow::{ensure, Context, Result};
use levee::error::LeveeError;
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
        let code = std::fs::read(path)
            .with_context(|| format!("cannot read {shown}: build it with `cargo xtask build-sbf`"))?;
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

    /// Refuses what is not Levee, or Levee for another address.
    ///
    /// # Errors
    /// One line that says which.
    pub fn check_levee(&self, address: &Pubkey) -> Result<()> {
        let shown = self.path.display();
        ensure!(is_levee(&self.code), "{shown} is not Levee");
        // Anchor compares the address at which a program runs with the one that it declares.
        ensure!(
            contains(&self.code, address.as_ref()),
            "{shown} was not built for {address}: the address in its declare_id! must be that of --program-keypair"
        );
        Ok(())
    }
}

/// Whether code is some version of this program: it carries messages that no other has.
pub(super) fn is_levee(code: &[u8]) -> bool {
    let messages = [
        LeveeError::FlashRepayMissing,
        LeveeError::PairCannotHeal,
        LeveeError::MildHealthyAtAverage,
        LeveeError::LimitLeavesDust,
        LeveeError::GroupThresholdBelowOwn,
    ];
    let carries = |message: String| contains(code, message.as_bytes());
    // Versions may differ in some.
    messages
        .iter()
        .any(|error| carries(error.to_string()))
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
        file(&code).check_levee(&levee::ID).unwrap();
        let other = Pubkey::new_from_array([7; 32]);
        let error = file(&code).check_levee(&other).unwrap_err().to_string();
        assert!(error.contains("was not built for"), "{error}");
        let error = file(levee::ID.as_ref()).check_levee(&levee::ID).unwrap_err();
        assert_eq!(error.to_string(), "some.so is not Levee");
    }

    #[test]
    fn the_built_program_is_levee_and_the_others_are_not() {
        let read = |name| ProgramFile::read(&levee_testkit::program_path(name)).unwrap();
        read("levee").check_levee(&levee::ID).unwrap();
        read("levee_test_feeds").check_levee(&levee::ID).unwrap();
        for other in ["levee_swap", "levee_test_oracle"] {
            read(other).check_levee(&levee::ID).unwrap_err();
        }
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
