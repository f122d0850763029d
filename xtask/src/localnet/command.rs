//! What is run: the command lines of both chains.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the test oracle runs: the address of Pyth's receiver, which Levee trusts.
const ORACLE_ADDRESS: &str = "rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ";

/// What is on the chain from the beginning.
pub struct Programs {
    pub oracle: PathBuf,
    pub levee: Option<Levee>,
}

pub struct Levee {
    pub address: String,
    pub file: PathBuf,
}

impl Programs {
    /// Addresses and files.
    fn list(&self) -> Vec<(&str, &Path)> {
        let levee = self.levee.as_ref();
        let levee = levee.map(|levee| (&*levee.address, &*levee.file));
        [Some((ORACLE_ADDRESS, &*self.oracle)), levee]
            .into_iter()
            .flatten()
            .collect()
    }
}

/// A fresh ledger with every start: what a chain of tests remembers is only ever in the way.
pub fn validator(binary: &Path, ledger: &Path, programs: &Programs) -> Command {
    let mut command = Command::new(binary);
    command.arg("--reset").arg("--ledger").arg(ledger);
    for (address, file) in programs.list() {
        command.arg("--bpf-program").arg(address).arg(file);
    }
    command
}

pub fn embedded(binary: &Path, programs: &Programs) -> Command {
    let mut command = Command::new(binary);
    for (address, file) in programs.list() {
        let mut program = OsString::from(format!("{address}="));
        program.push(file);
        command.arg("--program").arg(program);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(levee: bool) -> Programs {
        Programs {
            oracle: "deploy/oracle.so".into(),
            levee: levee.then(|| Levee {
                address: "Levee1".to_owned(),
                file: "deploy/levee.so".into(),
            }),
        }
    }

    fn words(command: &Command) -> Vec<String> {
        let words = [command.get_program()]
            .into_iter()
            .chain(command.get_args());
        words.map(|word| word.to_string_lossy().into()).collect()
    }

    #[test]
    fn a_validator_starts_afresh_with_the_oracle_at_the_receivers_address() {
        let command = validator(Path::new("bin/v"), Path::new("target/l"), &programs(false));
        assert_eq!(
            words(&command),
            [
                "bin/v",
                "--reset",
                "--ledger",
                "target/l",
                "--bpf-program",
                "rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ",
                "deploy/oracle.so",
            ]
        );
        let command = validator(Path::new("bin/v"), Path::new("target/l"), &programs(true));
        let expected = ["--bpf-program", "Levee1", "deploy/levee.so"];
        assert_eq!(words(&command)[7..], expected);
    }

    #[test]
    fn the_embedded_chain_is_given_the_same_programs() {
        let command = embedded(Path::new("bin/e"), &programs(true));
        assert_eq!(
            words(&command),
            [
                "bin/e",
                "--program",
                "rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ=deploy/oracle.so",
                "--program",
                "Levee1=deploy/levee.so",
            ]
        );
    }
}
