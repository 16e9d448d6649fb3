//! A topic for people.

use std::{collections::BTreeMap, fmt::Write};

use super::{Extras, Ids, Partition, RECENT_MS, Topic};
use crate::cli::printer::{
    Look,
    colour::Colour,
    figures::{bytes, local_minute, span},
    glyphs::bar,
    table::{self, Column, numbers, thousands, words},
};

/// What stands for something that did not come in time.
const LATE: &str = "…";

const COLUMNS: [Column; 8] = [
    numbers("PARTITION"),
    numbers("LEADER"),
    words("REPLICAS").expendable(1),
    words("IN SYNC"),
    numbers("START").expendable(5),
    numbers("END").expendable(4),
    numbers("RECORDS").expendable(2),
    words("SIZE (one copy)").expendable(3),
];

impl Topic {
    /// The topic and its partitions, marked with colours; `now_ms` is the present.
    pub fn rich(&self, now_ms: i64, look: &Look) -> String {
        let mut title = vec![
            Colour::Bold.mark(&self.name),
            format!(
                "{} × {}",
                table::count(self.partitions.len(), "partition"),
                table::count(self.replication_factor(), "replica")
            ),
        ];
        title.extend(self.min_isr.map(|min| format!("min.insync {min}")));
        if !self.id.is_zero() {
            title.push(format!("id {}", self.id));
        }
        let mut text = table::flow("", &title, look);
        text += &table::flow("  records  ", &self.amounts(), look);
        text += &table::flow("  time     ", &self.times(now_ms), look);
        let config =
            |(name, value): &(String, String)| format!("{name}={value}{}", remark(name, value));
        let configs: Vec<_> = self.configs.iter().map(config).collect();
        text += &table::flow("  config   ", &configs, look);
        text.push('\n');
        text += &table::render(&COLUMNS, self.rows(), look);
        for (colour, remark) in self.remarks() {
            writeln!(text, "  {}", colour.mark(&remark)).ok();
        }
        text
    }

    /// How much there is.
    fn amounts(&self) -> Vec<String> {
        let records = self.sum(Extras::records);
        let size = self.sum(|it| it.size_bytes);
        let disk = self.sum(|it| it.disk_bytes);
        let bytes = |sum: Option<u64>| sum.map_or(LATE.to_owned(), bytes);
        vec![
            match records {
                Some(records) => format!("{} (upper bound: end − start)", thousands(records)),
                None => LATE.to_owned(),
            },
            format!("size {} on disk, {} per copy", bytes(disk), bytes(size)),
        ]
    }

    /// How old it is, and how fast it grows.
    fn times(&self, now_ms: i64) -> Vec<String> {
        let extreme = |pick: fn(&Extras) -> Option<_>| -> Option<Vec<i64>> {
            let times: Option<Vec<_>> = self.partitions.iter().map(|it| it.told(pick)).collect();
            Some(
                times?
                    .into_iter()
                    .filter_map(|it: crate::client::admin::offsets::ListedOffset| it.timestamp)
                    .collect(),
            )
        };
        let oldest = extreme(|it| it.oldest).map(|times| times.into_iter().min());
        let newest = extreme(|it| it.newest).map(|times| times.into_iter().max());
        let age = |time: i64| format!("{} ago", span(now_ms - time));
        let recent = self.sum(Extras::recent_records);
        vec![
            match oldest {
                Some(Some(time)) => format!("oldest {} ({})", age(time), local_minute(time)),
                Some(None) => "oldest –".to_owned(),
                None => format!("oldest {LATE}"),
            },
            match newest {
                Some(Some(time)) => format!("newest {}", age(time)),
                Some(None) => "newest –".to_owned(),
                None => format!("newest {LATE}"),
            },
            match recent {
                Some(recent) => format!(
                    "in {} rec/s",
                    thousands((recent * 1000 + RECENT_MS - 1) / RECENT_MS)
                ),
                None => format!("in {LATE}"),
            },
        ]
    }

    /// The sum over all partitions, if all are known.
    fn sum<T: std::iter::Sum>(&self, of: fn(&Extras) -> Option<T>) -> Option<T> {
        self.partitions.iter().map(|it| it.told(of)).sum()
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let size = |it: &Partition| it.told(|it| it.size_bytes);
        let largest = self.partitions.iter().filter_map(size).max().unwrap_or(0);
        let number = |number: Option<i64>| number.map_or(LATE.to_owned(), thousands);
        let row = |it: &Partition| {
            let leader = match it.leader {
                Some(leader) if leader.is_alive => leader.id.to_string(),
                Some(leader) => Colour::Red.mark(&leader.id.to_string()),
                None => Colour::Red.mark("none"),
            };
            let isr = Ids(&it.isr, " ").to_string();
            vec![
                it.number.to_string(),
                leader,
                it.replicas_in_motion(),
                if it.is_under_replicated() {
                    Colour::Yellow.mark(&isr)
                } else {
                    isr
                },
                number(it.told(|it| it.start)),
                number(it.told(|it| it.end)),
                number(it.told(Extras::records)),
                size(it).map_or(LATE.to_owned(), |size| {
                    format!("{:>7} {}", bytes(size), bar(size, largest))
                }),
            ]
        };
        self.partitions.iter().map(row).collect()
    }

    /// What is wrong now, a line for each kind of trouble.
    fn remarks(&self) -> Vec<(Colour, String)> {
        let mut troubles: BTreeMap<(bool, String), Vec<i32>> = BTreeMap::new();
        for partition in &self.partitions {
            if let Some(trouble) = partition.trouble() {
                troubles.entry(trouble).or_default().push(partition.number);
            }
        }
        let remark = |((is_minor, what), numbers): ((bool, String), Vec<i32>)| {
            let noun = if numbers.len() == 1 {
                "partition"
            } else {
                "partitions"
            };
            let colour = if is_minor {
                Colour::Yellow
            } else {
                Colour::Red
            };
            (
                colour,
                format!("! {noun} {}: {what}", table::ranges(&numbers)),
            )
        };
        troubles.into_iter().map(remark).collect()
    }
}

impl Partition {
    /// Replicas as they are, and in a reassignment those to come and to go.
    fn replicas_in_motion(&self) -> String {
        let Some(moves) = &self.reassignment else {
            return Ids(&self.replicas, " ").to_string();
        };
        let replica = |id: &i32| {
            if moves.adding.contains(id) {
                Colour::Green.mark(&format!("+{id}"))
            } else if moves.removing.contains(id) {
                Colour::Yellow.mark(&format!("−{id}"))
            } else {
                id.to_string()
            }
        };
        self.replicas
            .iter()
            .map(replica)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// What is wrong with it, and whether that only calls for a look.
    fn trouble(&self) -> Option<(bool, String)> {
        match self.leader {
            None => Some((false, "no leader".to_owned())),
            Some(leader) if !leader.is_alive => Some((
                false,
                format!("its leader, broker {}, is not there", leader.id),
            )),
            Some(_) if self.is_under_replicated() => {
                let behind = self.replicas.iter().filter(|id| !self.isr.contains(id));
                let behind: Vec<i32> = behind.copied().collect();
                Some((
                    true,
                    format!(
                        "under-replicated, broker {} is not in sync",
                        Ids(&behind, ", ")
                    ),
                ))
            }
            Some(_) => None,
        }
    }
}

/// What a setting means to people, in brackets.
fn remark(name: &str, value: &str) -> String {
    let Ok(number) = value.parse::<i64>() else {
        return String::new();
    };
    let unit = name.rsplit('.').next();
    let text = match (unit, number) {
        (Some("ms"), -1 | i64::MAX) => "for ever".to_owned(),
        (Some("bytes"), -1) => "without limit".to_owned(),
        (Some("ms"), 1000..) => span(number),
        (Some("bytes"), 1000..) => bytes(number.unsigned_abs()),
        _ => return String::new(),
    };
    format!(" ({text})")
}
