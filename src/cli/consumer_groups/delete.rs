//! `--delete`: groups and all that they committed.

use std::fmt::Write;

/// What became of a group: deleted, or why not, in the original's words.
pub type Outcome = (String, Result<(), String>);

/// The result as the original prints it.
pub fn plain(outcomes: &[Outcome]) -> String {
    let failed: Vec<_> = outcomes
        .iter()
        .filter_map(|(group, result)| Some((group, result.as_ref().err()?)))
        .collect();
    let deleted: Vec<_> = outcomes
        .iter()
        .filter(|(_, result)| result.is_ok())
        .map(|(group, _)| format!("'{group}'"))
        .collect();
    let deleted = deleted.join(", ");
    if failed.is_empty() {
        return format!("Deletion of requested consumer groups ({deleted}) was successful.\n");
    }
    let mut text = "\nError: Deletion of some consumer groups failed:\n".to_owned();
    for (group, why) in &failed {
        writeln!(text, "* Group '{group}' could not be deleted due to: {why}").ok();
    }
    if !deleted.is_empty() {
        writeln!(
            text,
            "\nThese consumer groups were deleted successfully: {deleted}"
        )
        .ok();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHY: &str =
        "org.apache.kafka.common.errors.GroupIdNotFoundException: The group id does not exist.";

    #[test]
    fn success_names_every_group() {
        assert_eq!(
            plain(&[("c".into(), Ok(())), ("d".into(), Ok(()))]),
            "Deletion of requested consumer groups ('c', 'd') was successful.\n"
        );
        assert_eq!(
            plain(&[]),
            "Deletion of requested consumer groups () was successful.\n"
        );
    }

    #[test]
    fn failures_come_first() {
        assert_eq!(
            plain(&[("b".into(), Ok(())), ("nobody".into(), Err(WHY.into()))]),
            format!(
                "\nError: Deletion of some consumer groups failed:\n* Group 'nobody' could not be deleted due to: {WHY}\n\n\
                 These consumer groups were deleted successfully: 'b'\n"
            )
        );
    }
}
