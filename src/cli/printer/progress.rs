//! A bar on stderr for work whose size is known, counters for work whose size is not; gone when done.
//!
//! First drawn after half a second, so that short runs never flicker, and at most ten times a second.

use std::{
    fs,
    os::fd::AsFd,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::Instant;

use super::{
    Look,
    figures::{bytes, si},
};

/// Nothing is drawn before this.
const FIRST_DRAWN_AFTER: Duration = Duration::from_millis(500);
/// Between two redraws; taking note of a batch must cost next to nothing.
const REDRAWN_AFTER: Duration = Duration::from_millis(100);
/// Narrower terminals get no bar.
const BAR_COLUMNS_MIN: u16 = 60;

/// Progress of something counted in bytes and records. Clones draw the same bar.
#[derive(Debug, Clone)]
pub struct Progress {
    bar: ProgressBar,
    began: Instant,
    next_draw: Arc<Mutex<Instant>>,
    wanted: bool,
}

impl Progress {
    /// Progress towards `total` bytes, if that is known; never drawn where the look does not want it.
    pub fn new(look: &Look, name: &str, total: Option<u64>) -> Self {
        let began = Instant::now();
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        let template = match total {
            Some(_) if look.width < BAR_COLUMNS_MIN => "{percent:>3}%  {binary_rate}  ETA {eta}",
            Some(_) => "{prefix}  {percent:>3}% {wide_bar} {sizes}  {rate}  {msg}  ETA {eta}",
            None => "{prefix}  {sizes}  {rate}  {msg}",
        };
        let template = template.replace("{binary_rate}", "{rate}");
        let style = ProgressStyle::with_template(&template)
            .unwrap_or_else(|_wrong| ProgressStyle::default_bar());
        let style = style
            .progress_chars("━╸─")
            .with_key(
                "sizes",
                |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
                    let text = match state.len() {
                        Some(total) => format!("{} / {}", bytes(state.pos()), bytes(total)),
                        None => bytes(state.pos()),
                    };
                    out.write_str(&text).ok();
                },
            )
            .with_key(
                "rate",
                |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
                    write!(out, "{}/s", si(state.per_sec(), "B")).ok();
                },
            );
        bar.set_style(style);
        bar.set_prefix(name.to_owned());
        Self {
            bar,
            began,
            next_draw: Arc::new(Mutex::new(began + FIRST_DRAWN_AFTER)),
            wanted: look.progress,
        }
    }

    /// Takes note of bytes and records done so far, and draws if it is time.
    pub fn set(&self, done_bytes: u64, done_records: u64) {
        if !self.wanted || !self.is_time() {
            return;
        }
        let elapsed = self.began.elapsed();
        if self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_message(format!(
            "{}/s",
            si(per_second(done_records, elapsed), "rec")
        ));
        self.bar.set_position(done_bytes);
    }

    fn is_time(&self) -> bool {
        let now = Instant::now();
        let mut next = self
            .next_draw
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_time = now >= *next;
        if is_time {
            *next = now + REDRAWN_AFTER;
        }
        is_time
    }

    /// Makes room for a line on stderr while `say` runs.
    pub fn above<T>(&self, say: impl FnOnce() -> T) -> T {
        self.bar.suspend(say)
    }

    /// Takes the bar away; gives the one line that replaces it, if it was drawn.
    pub fn finish(&self, done_bytes: u64, done_records: u64, errors: u64) -> Option<String> {
        let was_drawn = !self.bar.is_hidden();
        self.bar.finish_and_clear();
        let elapsed = self.began.elapsed();
        was_drawn.then(|| {
            format!(
                "{} records, {} in {:.1} s ({}/s, {}/s), {errors} errors",
                super::table::thousands(i64::try_from(done_records).unwrap_or(i64::MAX)),
                bytes(done_bytes),
                elapsed.as_secs_f64(),
                si(per_second(done_bytes, elapsed), "B"),
                si(per_second(done_records, elapsed), "rec"),
            )
        })
    }
}

/// The size of a regular file behind a descriptor; nothing for pipes and terminals.
pub fn file_size(file: impl AsFd) -> Option<u64> {
    let owned = file.as_fd().try_clone_to_owned().ok()?;
    let metadata = fs::File::from(owned).metadata().ok()?;
    metadata.is_file().then_some(metadata.len())
}

#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "shown to three digits"
)]
fn per_second(count: u64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64().max(f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_drawn_where_nobody_looks() {
        let progress = Progress::new(&Look::plain(), "t", Some(10));
        progress.set(5, 1);
        assert_eq!(progress.finish(10, 2, 0), None);
    }
}
