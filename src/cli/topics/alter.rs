//! `--alter`: more partitions.

use serde_json::json;

use super::settle::settle;
use super::{Topics, assignment, number, selection::Selection};
use crate::{
    cli::printer::{Mode, Printer, table::count},
    client::{Admin, admin::topics::NewPartitions},
};

impl Topics {
    /// Names of the topics that `--topic` means.
    ///
    /// # Errors
    /// [`crate::cli::failure::Failure`] when there are none, unless that is fine.
    pub(super) async fn selected(&self, admin: &Admin) -> anyhow::Result<Vec<String>> {
        let selection = Selection::new(self.topic.as_deref(), self.exclude_internal)?;
        let topics = admin.list_topics().await?;
        let names = topics.iter().map(|topic| topic.name.as_str()).collect();
        let found = if self.if_exists {
            selection.of(names)
        } else {
            selection.of_existing(&names)?
        };
        Ok(found.into_iter().map(str::to_owned).collect())
    }

    /// Gives every selected topic `--partitions`, and tells people and programs.
    ///
    /// # Errors
    /// [`crate::cli::failure::Failure`], and what the broker refuses.
    pub(super) async fn alter(&self, admin: &Admin, out: &mut Printer<'_>) -> anyhow::Result<()> {
        let total = number("partitions", self.partitions.as_ref())?.unwrap_or_default();
        let assignments = self
            .replica_assignment
            .as_deref()
            .filter(|text| !text.is_empty())
            .map(assignment::parse)
            .transpose()?;
        let names = self.selected(admin).await?;
        if names.is_empty() {
            return Ok(());
        }
        let mut requests = Vec::new();
        let mut before = Vec::new();
        for (topic, described) in admin.describe_topics(&names).await? {
            let now = described?.partitions.len();
            before.push(now);
            // The assignment given is that of the whole topic; what exists already is passed over.
            let assignments = assignments
                .as_ref()
                .map(|all| all.iter().skip(now).cloned().collect());
            requests.push(NewPartitions {
                topic,
                total,
                assignments,
            });
        }
        let results = admin.create_partitions(&requests, false).await?;
        results.into_values().collect::<Result<(), _>>()?;
        let total = usize::try_from(total).unwrap_or_default();
        settle(admin, &names, |topic| {
            topic
                .as_ref()
                .is_ok_and(|topic| topic.partitions.len() >= total)
        })
        .await;
        for (NewPartitions { topic, .. }, before) in requests.iter().zip(before) {
            match out.look.mode {
                Mode::Plain => {}
                Mode::Rich => out.rich(&format!(
                    "{topic}: {before} → {}",
                    count(total, "partition")
                ))?,
                Mode::Json => out.json(
                    &json!({"kind": "topic_altered", "v": 1, "name": topic, "partitions": total}),
                )?,
            }
        }
        Ok(())
    }
}
