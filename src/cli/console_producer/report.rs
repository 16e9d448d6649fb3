//! How far the sending of lines has come, for people and programs.

use std::time::Duration;

use serde_json::{Value, json};

use super::{send::number, tally::Tally};
use crate::cli::printer::{
    Look,
    colour::Colour,
    figures::{bytes, to_f64},
    progress::{
        Done, Pace, Part, Report, bar, bytes_per_second, fitting, per_second, records_per_second,
    },
    table::count,
};

/// Narrower terminals get percent, speed and estimate only.
const COLUMNS_MIN: u16 = 60;

/// What is sent where.
#[derive(Debug)]
pub(super) struct Sending {
    pub(super) tally: Tally,
    /// `orders.ndjson → orders   6 partitions, acks=all, zstd`.
    pub(super) heading: String,
    /// Bytes of the input, if that is a file.
    pub(super) total: Option<u64>,
    /// Whether what is sent is smaller than what was read.
    pub(super) is_compressed: bool,
}

impl Report for Sending {
    fn done(&self) -> Done {
        let counts = self.tally.counts();
        Done {
            bytes: counts.own_bytes(),
            records: counts.acked,
        }
    }

    fn lines(&self, pace: &Pace, look: &Look) -> Vec<String> {
        let done = self.tally.counts().done_bytes();
        let speed = (bytes_per_second(pace.bytes_per_s), false);
        let estimate = self
            .total
            .and_then(|total| pace.estimate(total.saturating_sub(done), pace.bytes_per_s))
            .map(|estimate| (estimate, false));
        let Some(total) = self.total else {
            let records = (records_per_second(pace.records_per_s), true);
            let counters = vec![(bytes(done), false), speed, records];
            let columns = usize::from(look.width);
            return vec![
                self.heading(look),
                fitting(counters, columns),
                self.counters(look),
            ];
        };
        if look.width < COLUMNS_MIN {
            let parts = [speed].into_iter().chain(estimate).collect();
            return vec![bar(done, total, parts, look)];
        }
        let sizes = (
            format!("{} / {}", without_unit(done, total), bytes(total)),
            true,
        );
        let records = (records_per_second(pace.records_per_s), true);
        let parts = [sizes, speed, records].into_iter().chain(estimate);
        let bar = bar(done, total, parts.collect(), look);
        vec![self.heading(look), bar, self.counters(look)]
    }

    fn fields(&self) -> Value {
        let counts = self.tally.counts();
        json!({
            "acked": counts.acked,
            "bytes": counts.done_bytes(),
            "total_bytes": self.total,
            "in_flight": counts.in_flight().0,
            "retries": counts.retries,
            "errors": counts.failed,
        })
    }
}

impl Sending {
    /// With the way out at the right, if there is room for it.
    fn heading(&self, look: &Look) -> String {
        const WAY_OUT: &str = "Ctrl-C: finish in-flight and stop";
        let columns = usize::from(look.width);
        let heading: String = self.heading.chars().take(columns).collect();
        let heading = if look.unicode {
            heading
        } else {
            heading.replace('→', "->")
        };
        let room = columns.saturating_sub(heading.chars().count() + WAY_OUT.len());
        if room < 3 {
            return heading;
        }
        let way_out = Colour::Dim.paint(WAY_OUT, look.colour_err);
        format!("{heading}{}{way_out}", " ".repeat(room))
    }

    fn counters(&self, look: &Look) -> String {
        let counts = self.tally.counts();
        let (records, in_flight_bytes) = counts.in_flight();
        let times = if look.unicode { '×' } else { 'x' };
        let mut parts: Vec<Part> = vec![(format!("acked {}", number(counts.acked)), false)];
        parts.push((
            format!("in flight {} ({})", number(records), bytes(in_flight_bytes)),
            true,
        ));
        if self.is_compressed && counts.wire_bytes > 0 {
            let sent = bytes(counts.wire_bytes);
            let ratio = to_f64(counts.settled_bytes()) / to_f64(counts.wire_bytes);
            parts.push((format!("on the wire {sent} ({ratio:.1}{times})"), true));
        }
        parts.push((format!("retries {}", number(counts.retries)), false));
        let errors = format!("errors {}", number(counts.failed));
        let room = usize::from(look.width).saturating_sub(errors.len() + 3);
        let line = fitting(parts, room);
        let errors = Colour::Red.paint(&errors, look.colour_err && counts.failed > 0);
        format!("{line}   {errors}")
    }

    /// The line that stands for all of it at the end; without the speeds where there is no room for them.
    pub(super) fn summary(&self, elapsed: Duration, columns: u16) -> String {
        let counts = self.tally.counts();
        let done = counts.own_bytes();
        let what = format!("{}, {}", count(counts.acked, "record"), bytes(done));
        let speeds = format!(
            " ({}, {})",
            bytes_per_second(per_second(done, elapsed)),
            records_per_second(per_second(counts.acked, elapsed)),
        );
        let line = |speeds: &str| {
            let (seconds, errors) = (elapsed.as_secs_f64(), count(counts.failed, "error"));
            format!("{what} in {seconds:.1} s{speeds}, {errors}")
        };
        Some(line(&speeds))
            .filter(|line| line.chars().count() <= usize::from(columns))
            .unwrap_or_else(|| line(""))
    }
}

/// `6.30` of `6.30 GB` before `10.0 GB`; with its unit where that differs.
fn without_unit(done: u64, total: u64) -> String {
    let (done, total) = (bytes(done), bytes(total));
    match (done.split_once(' '), total.split_once(' ')) {
        (Some((number, unit)), Some((_, same))) if unit == same => number.to_owned(),
        _ => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{console_producer::ledger::Start, printer::look::tests::rich};
    use crate::client::producer::delivery::{Delivery, Written};

    /// Half of 10 GB, of which some is on its way.
    fn sending(total: Option<u64>) -> Sending {
        let tally = Tally::new(Start { line: 1, byte: 0 });
        let next = Start {
            line: 50_036_889,
            byte: 5_007_000_000,
        };
        tally.sent(next, 50_036_888, 5_007_000_000);
        let written = Written {
            base_offset: None,
            append_time: None,
        };
        tally.delivered(&Delivery {
            topic: "orders",
            partition: 0,
            records: std::slice::from_ref(&(0..50_000_000)),
            count: 50_000_000,
            payload_bytes: 5_000_000_000,
            wire_bytes: 1_600_000_000,
            attempts: 3,
            outcome: Ok(written),
            failed: None,
        });
        Sending {
            tally,
            heading: "orders.ndjson → orders   6 partitions, acks=all, zstd".to_owned(),
            total,
            is_compressed: true,
        }
    }

    fn shown(total: Option<u64>, width: u16) -> String {
        let pace = Pace {
            elapsed: Duration::from_secs(12),
            bytes_per_s: 412e6,
            records_per_s: 2.06e6,
        };
        let look = Look { width, ..rich() };
        let lines = sending(total).lines(&pace, &look);
        let is_too_long = |line: &String| line.chars().count() > usize::from(width);
        assert!(!lines.iter().any(is_too_long), "{lines:#?}");
        lines.join("\n")
    }

    #[test]
    fn a_wide_terminal_shows_everything() {
        assert_eq!(
            shown(Some(10_000_000_000), 100),
            "orders.ndjson → orders   6 partitions, acks=all, zstd              Ctrl-C: finish in-flight and stop\n\
             \u{20} 50% ━━━━━━━━━━━━━━━━━━━━━╸──────────────────── 5.00 / 10.0 GB   412 MB/s   2.06 M rec/s   ETA 13 s\n\
             \u{20}acked 50,000,000   in flight 36,888 (7.00 MB)   on the wire 1.60 GB (3.1×)   retries 2   errors 0"
        );
    }

    #[test]
    fn a_narrow_one_shows_what_matters() {
        assert_eq!(
            shown(Some(10_000_000_000), 50),
            "  50% ━━━━━━━━━━━━╸─────────── 412 MB/s   ETA 13 s"
        );
        let pipe = shown(None, 60);
        assert!(
            pipe.contains("5.00 GB   412 MB/s   2.06 M rec/s\n acked 50,000,000"),
            "{pipe}"
        );
    }

    #[test]
    fn a_run_ends_in_one_line() {
        assert_eq!(
            sending(None).summary(Duration::from_secs(20), 100),
            "50,000,000 records, 5.00 GB in 20.0 s (250 MB/s, 2.50 M rec/s), 0 errors"
        );
    }
}
