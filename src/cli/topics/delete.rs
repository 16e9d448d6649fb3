//! `--delete`: no more topic, and a question before more of them go than were named.

use std::fmt::Write;

use serde_json::json;

use super::{Topics, extras, settle::settle};
use crate::{
    cli::{
        args::names,
        failure::Failure,
        in_time,
        printer::{Consent, Mode, Printer, Question, figures::bytes, table::count},
    },
    client::Admin,
    protocol::TopicPartition,
};

impl Topics {
    /// Deletes every selected topic.
    ///
    /// # Errors
    /// [`Failure`], and what the broker refuses.
    pub(super) async fn delete(&self, admin: &Admin, out: &mut Printer<'_>) -> anyhow::Result<()> {
        let names = self.selected(admin).await?;
        if names.is_empty() {
            return Ok(());
        }
        let typed = self.topic.as_deref().unwrap_or_default();
        if is_wider(typed, &names) {
            let sizes = match out.look.consent {
                Consent::Ask => sizes(admin, &names).await,
                Consent::Yes | Consent::Refuse | Consent::Act => Vec::new(),
            };
            out.consent(question(typed, &names, &sizes)).await?;
        }
        let results = admin.delete_topics(&names).await?;
        results.into_values().collect::<Result<(), _>>()?;
        settle(admin, &names, Result::is_err).await;
        for name in &names {
            match out.look.mode {
                Mode::Plain => {}
                Mode::Rich => out.line(format_args!("Deleted topic {name}."))?,
                Mode::Json => out.json(&json!({"kind": "topic_deleted", "v": 1, "name": name}))?,
            }
        }
        Ok(())
    }
}

/// Whether more is meant than one topic by its very name, or one of Kafka's own.
fn is_wider(typed: &str, names: &[String]) -> bool {
    names != [typed] || names.iter().any(|name| names::is_internal(name))
}

/// Each topic's number of partitions, and how large one copy of it is, if that is known in time.
async fn sizes(admin: &Admin, names: &[String]) -> Vec<(usize, Option<u64>)> {
    let described = in_time(admin.describe_topics(names))
        .await
        .unwrap_or_default();
    let partitions: Vec<_> = described
        .iter()
        .filter_map(|(name, topic)| Some((name, topic.as_ref().ok()?)))
        .flat_map(|(name, topic)| {
            topic
                .partitions
                .iter()
                .map(move |it| TopicPartition::new(name, it.id))
        })
        .collect();
    let sizes = in_time(extras::sizes(admin, &partitions)).await;
    let of = |name: &String| {
        let count = partitions
            .iter()
            .filter(|partition| partition.topic == *name)
            .count();
        let copies = sizes
            .iter()
            .flatten()
            .filter(|(partition, _)| partition.topic == *name);
        let size = copies.filter_map(|(_, copies)| copies.values().max()).sum();
        (count, sizes.is_some().then_some(size))
    };
    names.iter().map(of).collect()
}

fn question(typed: &str, names: &[String], sizes: &[(usize, Option<u64>)]) -> Question {
    let matches = match names {
        [one] if one == typed => format!("'{typed}' is one of Kafka's own topics"),
        _ => format!(
            "'{typed}' is a regular expression here and matches {}",
            count(names.len(), "topic")
        ),
    };
    let mut asked = format!("{matches}:\n");
    let widest = names.iter().map(String::len).max().unwrap_or(0);
    for (name, (partitions, size)) in names.iter().zip(sizes) {
        let size = size.map_or("…".to_owned(), bytes);
        let partitions = count(*partitions, "partition");
        writeln!(asked, "  {name:widest$}   {partitions:>14}   {size:>8}").ok();
    }
    let only = names.iter().any(|name| name == typed) && names.len() > 1;
    let literal = format!("--topic '{}'", regex::escape(typed));
    let (just, or_just) = if only {
        (
            format!(" Only {typed}: {literal}"),
            format!(", or {literal} for just one"),
        )
    } else {
        (String::new(), String::new())
    };
    match names {
        [one] => write!(asked, "Delete {one}?").ok(),
        _ => write!(asked, "Delete all {}?{just}", names.len()).ok(),
    };
    let listed = names.join(", ");
    let effect = format!(
        "'{typed}' matched {}: {listed}",
        count(names.len(), "topic")
    );
    Question {
        asked,
        refusal: Failure::new(
            format!(
                "'{typed}' matches {}; add --yes{or_just}",
                count(names.len(), "topic")
            ),
            listed,
        ),
        effect,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn only_a_topic_by_its_very_name_goes_without_a_question() {
        assert!(!is_wider("orders", &names(&["orders"])));
        assert!(is_wider("a.b", &names(&["a.b", "axb"])));
        assert!(is_wider("order.*", &names(&["orders"])));
        assert!(is_wider(
            "__consumer_offsets",
            &names(&["__consumer_offsets"])
        ));
    }

    #[test]
    fn the_question_shows_what_would_go_and_how_to_name_just_one() {
        let sizes = [(6, Some(1_200_000_000)), (6, Some(0)), (1, None)];
        let question = question("a.b", &names(&["a.b", "a_b", "axb"]), &sizes);
        assert_eq!(
            question.asked,
            "'a.b' is a regular expression here and matches 3 topics:\n  a.b     6 partitions    1.20 GB\n  \
             a_b     6 partitions        0 B\n  axb      1 partition          …\n\
             Delete all 3? Only a.b: --topic 'a\\.b'"
        );
        assert_eq!(question.effect, "'a.b' matched 3 topics: a.b, a_b, axb");
        assert_eq!(
            question.refusal.message,
            "'a.b' matches 3 topics; add --yes, or --topic 'a\\.b' for just one"
        );
    }
}
