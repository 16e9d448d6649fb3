//! Two looks at a group, some time apart: how fast records come and go.

use super::{Group, Pace, Progress};

/// Looks that a sparkline remembers.
const LOOKS_MAX: usize = 30;

/// Tells `groups` what has happened since `earlier`, `apart_ms` before.
pub(super) fn compare(groups: &mut [Group], earlier: &[Group], apart_ms: i64) {
    for group in groups {
        let Some(before) = earlier.iter().find(|before| before.group == group.group) else {
            continue;
        };
        group.apart_ms = Some(apart_ms);
        for progress in &mut group.offsets {
            let is_same =
                |it: &&Progress| (&it.topic, it.partition) == (&progress.topic, progress.partition);
            if let Some(before) = before.offsets.iter().find(is_same) {
                progress.pace = pace(before, progress, apart_ms);
                progress.lags.clone_from(&before.lags);
            }
        }
    }
}

/// Takes note of the lag of each partition for its sparkline.
pub(super) fn remember(groups: &mut [Group]) {
    for progress in groups.iter_mut().flat_map(|group| &mut group.offsets) {
        let lag = progress.lag().unwrap_or(0);
        progress.lags.push(u64::try_from(lag).unwrap_or(0));
        let surplus = progress.lags.len().saturating_sub(LOOKS_MAX);
        progress.lags.drain(..surplus);
    }
}

fn pace(before: &Progress, now: &Progress, apart_ms: i64) -> Option<Pace> {
    let per_second = |before: i64, now: i64| {
        let records = i128::from(now) - i128::from(before);
        i64::try_from(records * 1000 / i128::from(apart_ms.max(1))).ok()
    };
    Some(Pace {
        written: per_second(before.end?, now.end?)?,
        committed: per_second(before.committed?, now.committed?)?,
    })
}

impl Group {
    /// How many records per second its lag grows by; negative if it shrinks.
    pub(super) fn growth(&self) -> Option<i64> {
        self.apart_ms?;
        let paces = self.offsets.iter().filter_map(|progress| progress.pace);
        Some(paces.map(Pace::growth).sum())
    }
}

impl Pace {
    /// How many records per second the lag grows by.
    pub(super) const fn growth(self) -> i64 {
        self.written.saturating_sub(self.committed)
    }
}
