//! What command lines say: results on standard output, all else on standard error. Whoever reads may leave before the end.

use std::fmt::Display;
use std::io::{self, Write};

/// Prints `text` and the end of its line on standard output. Whether anybody still reads there: a closed pipe is no error, since
/// whoever read it has seen enough.
///
/// # Errors
/// Any other of the operating system's, such as a full disk.
pub fn print(text: impl Display) -> io::Result<bool> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        printed => printed.map(|()| true),
    }
}

/// Says `text` in a line on standard error, if anybody listens.
pub fn say(text: impl Display) {
    // There is nowhere left to complain.
    let _ = writeln!(io::stderr(), "{text}");
}

/// A refused command line in one line: the first paragraph of the parser's `message`, without the usage that follows.
///
/// ```
/// use levee_client::output::usage;
///
/// let message = "error: unexpected argument '--now' found\n\nUsage: levee [OPTIONS]\n";
/// assert_eq!(usage(message), "error: unexpected argument '--now' found (see --help)");
/// ```
pub fn usage(message: &str) -> String {
    let lines = message.lines().map(str::trim);
    let paragraph: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    format!("{} (see --help)", paragraph.join(" "))
}
