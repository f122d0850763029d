//! How command lines begin and end: whatever is wrong is one line on standard error and exit code 1.

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::output::{say, usage};
use crate::rpc::told;

/// The arguments, or with which code the command ends at once: after its help, or where they make no sense.
///
/// # Errors
/// The exit code; all is said by then.
pub fn arguments<T: Parser>() -> Result<T, ExitCode> {
    T::try_parse().map_err(|shown| {
        // Help and versions are no errors.
        if !shown.use_stderr() {
            // A closed pipe is nobody's fault.
            let _ = shown.print();
            return ExitCode::SUCCESS;
        }
        say(usage(&shown.to_string()));
        ExitCode::FAILURE
    })
}

/// The exit code of `result`, whose error is said.
pub fn exit_code(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(format_args!("error: {}", told(&error)));
            ExitCode::FAILURE
        }
    }
}
