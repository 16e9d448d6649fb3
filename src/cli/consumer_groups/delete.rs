//! `--delete`: groups and all that they committed.

use std::fmt::Write;

use serde_json::json;

use super::{ConsumerGroups, gather::explained};
use crate::{
    cli::{
        failure::{self, Failure, Reported},
        printer::{Mode, Printer, Question, table::count},
    },
    client::Admin,
};

impl ConsumerGroups {
    /// Deletes the groups, and says what became of each.
    ///
    /// # Errors
    /// [`Reported`] when one could not be deleted, and what a broker refuses.
    pub(super) async fn delete(&self, admin: &Admin, out: &mut Printer<'_>) -> anyhow::Result<()> {
        let groups = self.groups(admin).await?;
        if self.all_groups && !groups.is_empty() {
            out.consent(question(&groups)).await?;
        }
        let results = admin.delete_groups(&groups).await?;
        let mut failed = false;
        let mut outcomes = Vec::new();
        for (group, result) in results {
            failed |= result.is_err();
            match (out.look.mode, result) {
                (Mode::Plain, result) => {
                    outcomes.push((group, result.map_err(|error| failure::exception(&error))));
                }
                (Mode::Json, Ok(())) => {
                    out.json(&json!({"kind": "consumer_group_deleted", "v": 1, "group": group}))?;
                }
                (Mode::Rich, Ok(())) => out.line(format_args!("Deleted group {group}."))?,
                (Mode::Rich | Mode::Json, Err(error)) => {
                    out.fail(&explained(&group, error, admin).await);
                }
            }
        }
        if out.look.mode == Mode::Plain {
            out.text(plain(&outcomes))?;
        }
        if failed { Err(Reported.into()) } else { Ok(()) }
    }
}

fn question(groups: &[String]) -> Question {
    let names = groups.join(", ");
    let groups = count(groups.len(), "group");
    Question {
        asked: format!("  {names}\nDelete {groups} and all that they committed?"),
        effect: format!("deletes {groups}: {names}"),
        refusal: Failure::new(format!("this deletes {groups}; add --yes"), names),
    }
}

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
