//! Options that Kafka 4.2 renamed (KIP-1147): both names work.

use crate::cli::printer::{OutputError, Printer};

/// Tells that an option has a newer name. The original says so on stdout, in front of the records; called as `NAME.sh` we
/// do too, otherwise on stderr.
///
/// # Errors
/// [`OutputError`].
pub fn tell(out: &mut Printer<'_>, text: &str) -> Result<(), OutputError> {
    if out.look.strict {
        return out.line(text);
    }
    out.note(text);
    Ok(())
}
