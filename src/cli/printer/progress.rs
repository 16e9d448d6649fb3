//! Progress on stderr: a few lines for people, gone when done, or an object a second for programs.
//!
//! First drawn after half a second, so that short runs never flicker, and ten times a second at most.

use std::{
    collections::VecDeque,
    fs,
    io::{self, Write},
    os::fd::AsFd,
    sync::Arc,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value, json};
use tokio::{
    task::JoinHandle,
    time::{Instant, interval, interval_at, sleep_until},
};

use super::{
    Look,
    figures::{si, to_f64},
    look::Drawing,
};

/// Nothing is drawn before this.
const FIRST_DRAWN_AFTER: Duration = Duration::from_millis(500);
/// Between two redraws.
const REDRAWN_AFTER: Duration = Duration::from_millis(100);
/// Between two objects for programs.
const REPORTED_AFTER: Duration = Duration::from_secs(1);
/// Rates are those of so long.
const RATE_WINDOW: Duration = Duration::from_secs(5);
/// Before this nobody knows when it will be done.
const FIRST_ESTIMATE_AFTER: Duration = Duration::from_secs(3);
/// A shorter bar says nothing.
const BAR_COLUMNS_MIN: usize = 10;

/// What is going on, for whoever draws it.
pub trait Report: Send + Sync + 'static {
    /// How much is done.
    fn done(&self) -> Done;
    /// Lines for people, none longer than the terminal is wide.
    fn lines(&self, pace: &Pace, look: &Look) -> Vec<String>;
    /// Fields for programs.
    fn fields(&self) -> Value;
}

/// How much is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// In bytes.
    pub bytes: u64,
    /// In records.
    pub records: u64,
}

/// How fast it goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Since the beginning.
    pub elapsed: Duration,
    /// In the last few seconds.
    pub bytes_per_s: f64,
    /// In the last few seconds.
    pub records_per_s: f64,
}

/// Draws a report until it is finished or dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    task: Option<JoinHandle<()>>,
    began: Instant,
    drawing: Drawing,
}

impl Progress {
    /// Begins to draw `report` if the look wants that. Needs a runtime then.
    pub fn start(look: &Look, report: Arc<impl Report>) -> Self {
        let began = Instant::now();
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        let task = match look.progress {
            Drawing::Nothing => None,
            Drawing::Lines => {
                let drawing = draw(bar.clone(), report, look.clone(), began);
                Some(tokio::spawn(drawing))
            }
            Drawing::Json => Some(tokio::spawn(async move {
                let mut ticks = interval_at(began + REPORTED_AFTER, REPORTED_AFTER);
                loop {
                    ticks.tick().await;
                    say(&*report, began);
                }
            })),
        };
        Self {
            bar,
            task,
            began,
            drawing: look.progress,
        }
    }

    /// Since it was started.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Makes room for a line on stderr while `say` runs.
    pub fn above<T>(&self, say: impl FnOnce() -> T) -> T {
        self.bar.suspend(say)
    }

    /// Takes the lines away, or says the last object. Whether anything was drawn.
    pub fn finish(&mut self, report: &impl Report) -> bool {
        let Some(task) = self.task.take() else {
            return false;
        };
        task.abort();
        if self.drawing == Drawing::Json {
            say(report, self.began);
        }
        let was_drawn = !self.bar.is_hidden();
        self.bar.finish_and_clear();
        was_drawn
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            self.bar.finish_and_clear();
        }
    }
}

async fn draw(bar: ProgressBar, report: Arc<impl Report>, look: Look, began: Instant) {
    sleep_until(began + FIRST_DRAWN_AFTER).await;
    bar.set_draw_target(ProgressDrawTarget::stderr());
    let mut history = VecDeque::from([(began, Done::default())]);
    let mut ticks = interval(REDRAWN_AFTER);
    loop {
        let now = ticks.tick().await;
        let pace = pace(&mut history, now, report.done(), began);
        bar.set_message(report.lines(&pace, &look).join("\n"));
    }
}

/// Takes note of what is done `now`; how fast that went, lately.
fn pace(history: &mut VecDeque<(Instant, Done)>, now: Instant, done: Done, began: Instant) -> Pace {
    history.push_back((now, done));
    while history
        .get(1)
        .is_some_and(|(then, _)| now - *then >= RATE_WINDOW)
    {
        history.pop_front();
    }
    let (then, before) = history.front().copied().unwrap_or((began, done));
    let elapsed = now - then;
    Pace {
        elapsed: now - began,
        bytes_per_s: per_second(done.bytes.saturating_sub(before.bytes), elapsed),
        records_per_s: per_second(done.records.saturating_sub(before.records), elapsed),
    }
}

/// An object on stderr, past the printer: nobody else writes while a command is at work.
fn say(report: &impl Report, began: Instant) {
    let mut object = Map::from_iter([
        ("kind".to_owned(), json!("progress")),
        ("v".to_owned(), json!(1)),
    ]);
    if let Value::Object(fields) = report.fields() {
        object.extend(fields);
    }
    object.insert(
        "elapsed_ms".to_owned(),
        json!(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)),
    );
    writeln!(io::stderr(), "{}", Value::Object(object)).ok();
}

impl Pace {
    /// When `left` will be done: `ETA 9 s`. Nothing in the first seconds, and where nothing moves.
    pub fn estimate(&self, left: u64, per_s: f64) -> Option<String> {
        if self.elapsed < FIRST_ESTIMATE_AFTER || per_s < 1.0 {
            return None;
        }
        let seconds = Duration::try_from_secs_f64(to_f64(left) / per_s)
            .ok()?
            .as_secs();
        Some(match seconds {
            0..60 => format!("ETA {} s", seconds + 1),
            60..3600 => format!("ETA {} min", seconds.div_ceil(60)),
            _ => format!("ETA {} h {:02}", seconds / 3600, seconds % 3600 / 60),
        })
    }
}

/// A part of a line, and whether the line may go without it.
pub type Part = (String, bool);

/// The parts side by side, without those at the end that may be missing where there is no room for all.
pub fn fitting(mut parts: Vec<Part>, columns: usize) -> String {
    let line = |parts: &[Part]| {
        let texts: Vec<_> = parts.iter().map(|(text, _)| text.as_str()).collect();
        format!(" {}", texts.join("   "))
    };
    while line(&parts).chars().count() > columns {
        match parts.iter().rposition(|(_, is_optional)| *is_optional) {
            Some(at) => drop(parts.remove(at)),
            None => break,
        }
    }
    line(&parts).chars().take(columns).collect()
}

/// Percent, a bar and these parts after it: ` 63% ━━━━╸━━  6.30 GB   412 MB/s`.
pub fn bar(done: u64, total: u64, parts: Vec<Part>, look: &Look) -> String {
    let columns = usize::from(look.width);
    let percent = (u128::from(done) * 100)
        .checked_div(u128::from(total))
        .unwrap_or(100)
        .min(100);
    let parts = fitting(parts, columns.saturating_sub(6 + BAR_COLUMNS_MIN));
    let room = columns.saturating_sub(6 + parts.chars().count());
    if room < BAR_COLUMNS_MIN {
        return format!("{percent:>4}% {parts}");
    }
    let filled = u128::try_from(room).unwrap_or(0) * percent / 100;
    let filled = usize::try_from(filled).unwrap_or(0);
    let (full, head, empty) = if look.unicode {
        ("━", "╸", "─")
    } else {
        ("#", ">", "-")
    };
    let tip = if filled < room { head } else { "" };
    let rest = room.saturating_sub(filled + 1);
    format!(
        "{percent:>4}% {}{tip}{}{parts}",
        full.repeat(filled),
        empty.repeat(rest)
    )
}

/// The size of a regular file behind a descriptor; nothing for pipes and terminals.
pub fn file_size(file: impl AsFd) -> Option<u64> {
    let owned = file.as_fd().try_clone_to_owned().ok()?;
    let metadata = fs::File::from(owned).metadata().ok()?;
    metadata.is_file().then_some(metadata.len())
}

/// How many of `count` there were in a second of `elapsed`.
pub fn per_second(count: u64, elapsed: Duration) -> f64 {
    to_f64(count) / elapsed.as_secs_f64().max(f64::EPSILON)
}

/// A speed: `412 MB/s`.
pub fn bytes_per_second(speed: f64) -> String {
    si(speed, "B/s")
}

/// A speed: `2.06 M rec/s`.
pub fn records_per_second(speed: f64) -> String {
    format!("{} rec/s", si(speed, "").trim_end())
}

/// A number of records, roughly: `12.4 M`.
pub fn roughly(count: u64) -> String {
    if count < 1000 {
        count.to_string()
    } else {
        si(to_f64(count), "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::printer::look::tests::rich;

    #[test]
    fn speeds_have_three_digits() {
        assert_eq!(bytes_per_second(412_400_000.0), "412 MB/s");
        assert_eq!(records_per_second(2_060_000.0), "2.06 M rec/s");
        assert_eq!(records_per_second(12.0), "12.0 rec/s");
    }

    #[tokio::test(start_paused = true)]
    async fn rates_are_those_of_the_last_seconds() {
        let began = Instant::now();
        let mut history = VecDeque::from([(began, Done::default())]);
        let mut last = None;
        for second in 1..=20_u64 {
            let done = Done {
                bytes: if second > 10 { 1000 * (second - 10) } else { 0 },
                records: second,
            };
            last = Some(pace(
                &mut history,
                began + Duration::from_secs(second),
                done,
                began,
            ));
        }
        let last = last.unwrap();
        assert_eq!((last.bytes_per_s, last.records_per_s), (1000.0, 1.0));
        assert_eq!(last.elapsed, Duration::from_secs(20));
        assert!(history.len() <= 7);
    }

    #[test]
    fn estimates_are_rough_and_come_late() {
        let pace = |elapsed| Pace {
            elapsed: Duration::from_secs(elapsed),
            bytes_per_s: 100.0,
            records_per_s: 0.0,
        };
        assert_eq!(pace(2).estimate(800, 100.0), None);
        assert_eq!(pace(3).estimate(800, 100.0).unwrap(), "ETA 9 s");
        assert_eq!(pace(3).estimate(11_000, 100.0).unwrap(), "ETA 2 min");
        assert_eq!(pace(3).estimate(420_000, 100.0).unwrap(), "ETA 1 h 10");
        assert_eq!(pace(3).estimate(800, 0.0), None);
    }

    #[test]
    fn a_bar_fills_what_is_left_of_the_line() {
        let parts = || vec![("6 GB".to_owned(), false), ("optional".to_owned(), true)];
        let wide = |width, unicode| Look {
            width,
            unicode,
            ..rich()
        };
        assert_eq!(
            bar(63, 100, parts(), &wide(40, true)),
            "  63% ━━━━━━━━━━━╸────── 6 GB   optional"
        );
        assert_eq!(
            bar(1, 2, parts(), &wide(30, false)),
            "  50% #########>--------- 6 GB"
        );
        assert_eq!(bar(5, 5, parts(), &wide(12, true)), " 100% ");
        assert_eq!(
            bar(0, 0, parts(), &wide(30, false)),
            " 100% ################### 6 GB"
        );
    }
}
