//! Reset plans as CSV: `topic,partition,offset`, or `group,topic,partition,offset` for several groups.
//!
//! Written and read as the original does with Jackson: one record per line, fields in quotes where they are long or odd,
//! missing numbers read as 0.

use std::{collections::BTreeMap, fmt::Write};

use crate::{cli::failure::Failure, protocol::TopicPartition};

/// Fields longer than this are put in quotes.
const BARE_CHARS_MAX: usize = 24;

/// New offsets, by group.
pub type Plans = BTreeMap<String, BTreeMap<TopicPartition, i64>>;

/// The plan as `--export` prints it: with groups if there may be several, then an empty line.
pub fn write(plans: &Plans, with_groups: bool) -> String {
    let mut text = String::new();
    for (group, offsets) in plans {
        for (partition, offset) in offsets {
            if with_groups {
                write!(text, "{},", quoted(group)).ok();
            }
            writeln!(
                text,
                "{},{},{offset}",
                quoted(&partition.topic),
                partition.partition
            )
            .ok();
        }
    }
    text.push('\n');
    text
}

fn quoted(field: &str) -> String {
    if field.len() <= BARE_CHARS_MAX && field.chars().all(|c| c >= '-') {
        return field.to_owned();
    }
    format!("\"{}\"", field.replace('"', "\"\""))
}

/// Reads a plan for `groups`: without groups in it if just one is asked for and the first line fits, else with them.
///
/// # Errors
/// [`Failure`] naming the line that is no record.
pub fn read(path: &str, text: &str, groups: &[String]) -> Result<Plans, Failure> {
    let mut plans = Plans::new();
    let alone = if let [group] = groups
        && noise(text).is_none()
    {
        Some(group)
    } else {
        None
    };
    // An export ends with an empty line.
    for (number, line) in (1..).zip(text.trim_end().lines()) {
        let read = match alone {
            Some(group) => {
                without_group(line).map(|(partition, offset)| (group.clone(), partition, offset))
            }
            None => with_group(line),
        };
        let (group, partition, offset) = read.map_err(|wrong| wrong.at(path, number))?;
        plans.entry(group).or_default().insert(partition, offset);
    }
    if plans.is_empty() {
        return Err(Wrong::Nothing.at(path, 1));
    }
    Ok(plans)
}

/// What the original prints when the first line does not fit a plan without groups, which it tries first.
pub fn noise(text: &str) -> Option<String> {
    without_group(text.lines().next().unwrap_or_default())
        .err()
        .map(|wrong| wrong.at("", 1).plain)
}

/// What is wrong with a line, in Jackson's words.
#[derive(Debug, thiserror::Error)]
enum Wrong {
    #[error("No content to map due to end-of-input")]
    Nothing,
    #[error(
        "Cannot deserialize value of type `{java}` from String \"{text}\": not a valid `{java}` value"
    )]
    Number {
        java: &'static str,
        text: String,
        column: usize,
        record: &'static str,
        field: &'static str,
    },
    #[error("Too many entries: expected at most {most} (value #{most} ({} chars) \"{text}\")", .text.chars().count())]
    TooMany {
        most: usize,
        text: String,
        column: usize,
    },
}

/// What a plan looks like.
const FORM: &str =
    "a line is topic,partition,offset or group,topic,partition,offset, as --export prints it";

impl Wrong {
    fn at(&self, path: &str, line: usize) -> Failure {
        let bind = "com.fasterxml.jackson.databind.exc.";
        let source = "\n at [Source: (StringReader); line: ";
        let plain = match self {
            Self::Nothing => {
                format!("{bind}MismatchedInputException: {self}{source}UNKNOWN, column: UNKNOWN]")
            }
            Self::Number {
                column,
                record,
                field,
                ..
            } => format!(
                "{bind}InvalidFormatException: {self}{source}1, column: {column}] (through reference chain: \
                 org.apache.kafka.tools.consumer.group.CsvUtils$CsvRecord{record}[\"{field}\"])"
            ),
            Self::TooMany { column, .. } => {
                format!(
                    "com.fasterxml.jackson.dataformat.csv.CsvReadException: {self}{source}1, column: {column}]"
                )
            }
        };
        let why = match self {
            Self::Nothing => "there is nothing in it".to_owned(),
            Self::Number { text, field, .. } => format!("'{text}' is no {field}"),
            Self::TooMany { text, .. } => format!("one field too many, '{text}'"),
        };
        Failure::new(plain, FORM).with_message(format!("{path}, line {line}: {why}"))
    }
}

fn without_group(line: &str) -> Result<(TopicPartition, i64), Wrong> {
    let fields = Fields::split(line, 3)?;
    Ok((
        fields.partition(0, "NoGroup")?,
        fields.number(2, "long", "NoGroup", "offset")?,
    ))
}

fn with_group(line: &str) -> Result<(String, TopicPartition, i64), Wrong> {
    let fields = Fields::split(line, 4)?;
    let offset = fields.number(3, "long", "WithGroup", "offset");
    Ok((fields.text(0), fields.partition(1, "WithGroup")?, offset?))
}

/// The fields of a line, with the column of each, from 1.
struct Fields(Vec<(usize, String)>, usize);

impl Fields {
    /// A surplus field is told by [`Fields::number`] of the last, because what comes before it is looked at first.
    fn split(line: &str, most: usize) -> Result<Self, Wrong> {
        if line.is_empty() {
            return Err(Wrong::Nothing);
        }
        let mut fields = Vec::new();
        let (mut rest, mut column) = (line, 1);
        loop {
            let (field, taken) = take(rest);
            fields.push((column, field));
            column +=
                rest.chars().count() - rest.get(taken..).map_or(0, |left| left.chars().count()) + 1;
            match rest.get(taken..).and_then(|left| left.strip_prefix(',')) {
                Some(left) => rest = left,
                None => return Ok(Self(fields, most)),
            }
        }
    }

    fn text(&self, at: usize) -> String {
        self.0
            .get(at)
            .map(|(_, text)| text.clone())
            .unwrap_or_default()
    }

    fn partition(&self, at: usize, record: &'static str) -> Result<TopicPartition, Wrong> {
        let number: i32 = self.number(at + 1, "int", record, "partition")?;
        Ok(TopicPartition::new(self.text(at), number))
    }

    /// A number, 0 where there is none.
    fn number<T: std::str::FromStr + Default>(
        &self,
        at: usize,
        java: &'static str,
        record: &'static str,
        field: &'static str,
    ) -> Result<T, Wrong> {
        let number = match self.0.get(at) {
            None => T::default(),
            Some((_, text)) if text.trim().is_empty() => T::default(),
            Some((column, text)) => text.trim().parse().map_err(|_wrong| Wrong::Number {
                java,
                text: text.clone(),
                column: *column,
                record,
                field,
            })?,
        };
        match self.0.get(self.1) {
            Some((column, text)) if at + 1 == self.1 => Err(Wrong::TooMany {
                most: self.1,
                text: text.clone(),
                column: *column,
            }),
            _ => Ok(number),
        }
    }
}

/// A field at the front of `text`, out of its quotes, and the bytes it took.
fn take(text: &str) -> (String, usize) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(',').unwrap_or(text.len());
        return (text.get(..end).unwrap_or_default().to_owned(), end);
    };
    let mut field = String::new();
    let mut letters = quoted.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        if letter != '"' {
            field.push(letter);
        } else if letters.next_if(|(_, next)| *next == '"').is_some() {
            field.push('"');
        } else {
            return (field, at + 2);
        }
    }
    (field, text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_for(groups: &[&str], text: &str) -> Result<Plans, Failure> {
        let groups: Vec<_> = groups.iter().map(|group| (*group).to_owned()).collect();
        read("plan.csv", text, &groups)
    }

    fn plan(rows: &[(&str, &str, i32, i64)]) -> Plans {
        let mut plans = Plans::new();
        for (group, topic, partition, offset) in rows {
            let partition = TopicPartition::new(*topic, *partition);
            plans
                .entry((*group).to_owned())
                .or_default()
                .insert(partition, *offset);
        }
        plans
    }

    #[test]
    fn one_group_is_written_without_its_name() {
        let plans = plan(&[
            ("g", "t", 0, 2),
            ("g", "a-topic-with-a-rather-long-name", 1, 0),
        ]);
        assert_eq!(
            write(&plans, false),
            "\"a-topic-with-a-rather-long-name\",1,0\nt,0,2\n\n"
        );
        assert_eq!(
            write(&plan(&[("a,b", "t", 0, 2)]), true),
            "\"a,b\",t,0,2\n\n"
        );
    }

    #[test]
    fn what_was_written_is_read() {
        let file = read_for(&["g"], "t,0,4\n\"u\",\"1\",5\r\n").unwrap();
        assert_eq!(file, plan(&[("g", "t", 0, 4), ("g", "u", 1, 5)]));
        let file = read_for(&["g", "new-group"], "g,t,0,5\nnew-group,t,0,1\n\n").unwrap();
        assert_eq!(file, plan(&[("g", "t", 0, 5), ("new-group", "t", 0, 1)]));
        let noise =
            "Cannot deserialize value of type `int` from String \"t\": not a valid `int` value";
        assert!(super::noise("g,t,0,5\n").unwrap().contains(noise));
    }

    #[test]
    fn missing_numbers_are_zero() {
        assert_eq!(
            read_for(&["g"], "t,0\n").unwrap(),
            plan(&[("g", "t", 0, 0)])
        );
        assert_eq!(read_for(&["g"], "t\n").unwrap(), plan(&[("g", "t", 0, 0)]));
    }

    #[test]
    fn broken_lines_are_told_as_the_original_tells_them_and_named_to_people() {
        let failure = read_for(&["g"], "t,0,x\n").unwrap_err();
        assert_eq!(
            failure.plain,
            "com.fasterxml.jackson.databind.exc.InvalidFormatException: Cannot deserialize value of type `int` from String \
             \"x\": not a valid `int` value\n at [Source: (StringReader); line: 1, column: 5] (through reference chain: \
             org.apache.kafka.tools.consumer.group.CsvUtils$CsvRecordWithGroup[\"partition\"])"
        );
        let failure = read_for(&["g"], "t,0,5\nt,y,1\n").unwrap_err();
        assert_eq!(failure.message, "plan.csv, line 2: 'y' is no partition");
        let failure = read_for(&["g"], "t,0,5\nt,1,7,9\n").unwrap_err();
        assert_eq!(
            failure.plain,
            "com.fasterxml.jackson.dataformat.csv.CsvReadException: Too many entries: expected at most 3 (value #3 (1 chars) \
             \"9\")\n at [Source: (StringReader); line: 1, column: 7]"
        );
        assert!(
            read_for(&["g"], "")
                .unwrap_err()
                .plain
                .contains("No content to map due to end-of-input")
        );
        assert_eq!(
            read_for(&["g"], "t,0,1\n\nt,1,1\n").unwrap_err().message,
            "plan.csv, line 2: there is nothing in it"
        );
    }

    proptest! {
        #[test]
        fn every_plan_comes_back(rows in proptest::collection::vec(("[ -~]{1,40}", "[a-zA-Z._-]{1,40}", 0..100_i32, any::<i64>()), 1..20)) {
            let rows: Vec<_> = rows.iter().map(|(group, topic, partition, offset)| (group.as_str(), topic.as_str(), *partition, *offset)).collect();
            let plans = plan(&rows);
            let text = write(&plans, true);
            let file = read_for(&["several", "groups"], text.strip_suffix('\n').unwrap()).unwrap();
            prop_assert_eq!(file, plans);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*", csv in "[\",a-z0-9\n]*") {
            prop_assert!(read_for(&["g"], &text).is_ok() || read_for(&["g", "h"], &text).is_err());
            prop_assert!(read_for(&["g"], &csv).is_ok() || read_for(&["g"], &csv).is_err());
        }
    }
}
