//! Places in a partition as people write them: `end-100`, `@yesterday 14:00`, and ranges between two of them. Pure.

use std::fmt;

use chrono::{DateTime, TimeZone};

use super::{failure::Failure, time};

/// A place in a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// So many offsets behind the oldest record.
    Start(i64),
    /// So many offsets before the end.
    End(i64),
    /// This offset.
    Offset(i64),
    /// The first record at or after this time, in ms since 1970.
    Time(i64),
}

/// From one place up to, and without, another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// None is the oldest record.
    pub from: Option<Position>,
    /// None goes on with what is written meanwhile.
    pub to: Option<Position>,
}

impl Position {
    /// Reads `earliest`, `beginning`, `start`, `latest`, `end`, `N`, `start+N`, `end-N` or `@TIME`.
    ///
    /// # Errors
    /// [`Failure`] with the forms there are, and that of the time.
    pub fn read<Z: TimeZone>(text: &str, now: &DateTime<Z>) -> Result<Self, Failure> {
        let words = text.trim();
        if let Some(time) = words.strip_prefix('@') {
            let instant = time::instant(time, now);
            return instant.map(Self::Time).map_err(Failure::of_ours);
        }
        let count = |digits: &str| {
            let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            is_number.then(|| digits.parse().ok())?
        };
        let lower = words.to_ascii_lowercase();
        let position = match lower.as_str() {
            "earliest" | "beginning" | "start" => Some(Self::Start(0)),
            "latest" | "end" => Some(Self::End(0)),
            other => {
                let behind_start = other.strip_prefix("start+").and_then(count);
                let before_end = other.strip_prefix("end-").and_then(count);
                let behind_start = behind_start.map(Self::Start);
                behind_start
                    .or(before_end.map(Self::End))
                    .or_else(|| count(other).map(Self::Offset))
            }
        };
        position.ok_or_else(|| {
            Failure::new(
                format!("'{text}' is no place in a partition"),
                "a place is earliest, latest, an offset such as 42, start+100, end-100 or @TIME such as '@2h ago'",
            )
        })
    }

    /// The offset it stands for in a partition with records from `start` up to `end`, no further out than these. `at_time` is
    /// that of the first record at or after its time, if there is one.
    pub fn resolve(self, start: i64, end: i64, at_time: Option<i64>) -> i64 {
        let offset = match self {
            Self::Start(count) => start.saturating_add(count),
            Self::End(count) => end.saturating_sub(count),
            Self::Offset(offset) => offset,
            Self::Time(_) => at_time.unwrap_or(end),
        };
        offset.min(end).max(start)
    }
}

impl Range {
    /// Reads `A..B`, `A..` or `..B`.
    ///
    /// # Errors
    /// [`Failure`] as [`Position::read`].
    pub fn read<Z: TimeZone>(text: &str, now: &DateTime<Z>) -> Result<Self, Failure> {
        let none = || {
            Failure::new(
                format!("'{text}' is no range of offsets"),
                "a range is A..B, A.. or ..B, its end excluded: end-100..end, 500.., @yesterday..@today",
            )
        };
        let place = |text: &str| match text.trim() {
            "" => Ok(None),
            place => Position::read(place, now).map(Some),
        };
        let ends = text.split_once("..");
        let ends = ends.map(|(from, to)| (place(from), place(to)));
        match ends {
            Some((from, to)) => match (from?, to?) {
                (None, None) => Err(none()),
                (from, to) => Ok(Self { from, to }),
            },
            None => Err(none()),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(0) => f.write_str("start"),
            Self::Start(count) => write!(f, "start+{count}"),
            Self::End(0) => f.write_str("end"),
            Self::End(count) => write!(f, "end-{count}"),
            Self::Offset(offset) => write!(f, "{offset}"),
            Self::Time(millis) => write!(f, "@{millis:013}"),
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place =
            |place: Option<Position>| place.map(|place| place.to_string()).unwrap_or_default();
        write!(f, "{}..{}", place(self.from), place(self.to))
    }
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use proptest::prelude::*;

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_795_000_000_000).unwrap()
    }

    fn read(text: &str) -> Result<Range, String> {
        Range::read(text, &now()).map_err(|failure| failure.message)
    }

    #[test]
    fn every_name_of_a_place_is_known() {
        let place = |text| Position::read(text, &now()).unwrap();
        for (text, expected) in [
            ("earliest", Position::Start(0)),
            ("Beginning", Position::Start(0)),
            ("latest", Position::End(0)),
            (" end-5 ", Position::End(5)),
            ("start+7", Position::Start(7)),
            ("42", Position::Offset(42)),
            ("@2h ago", Position::Time(1_795_000_000_000 - 7_200_000)),
            ("@1795000000000", Position::Time(1_795_000_000_000)),
        ] {
            assert_eq!(place(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_range_says_what_is() {
        for wrong in [
            "",
            "..",
            "5",
            "a..b",
            "-5..",
            "end+1..",
            "start-1..",
            "5...7",
            "99999999999999999999..",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert_eq!(read("x..").unwrap_err(), "'x' is no place in a partition");
        assert_eq!(read("7").unwrap_err(), "'7' is no range of offsets");
        assert!(read("@never..").is_err());
    }

    #[test]
    fn a_place_outside_of_the_partition_is_its_nearest_end() {
        assert_eq!(Position::Offset(3).resolve(10, 20, None), 10);
        assert_eq!(Position::Offset(30).resolve(10, 20, None), 20);
        assert_eq!(Position::End(100).resolve(10, 20, None), 10);
        assert_eq!(Position::Time(0).resolve(10, 20, Some(15)), 15);
        assert_eq!(Position::Time(0).resolve(10, 20, None), 20);
    }

    fn places() -> impl Strategy<Value = Position> {
        prop_oneof![
            (0..i64::MAX).prop_map(Position::Start),
            (0..i64::MAX).prop_map(Position::End),
            (0..i64::MAX).prop_map(Position::Offset),
            (1_000_000_000_000..9_999_999_999_999_i64).prop_map(Position::Time),
        ]
    }

    proptest! {
        #[test]
        fn a_range_reads_as_it_is_written(from in prop::option::of(places()), to in prop::option::of(places())) {
            let range = Range { from, to };
            let found = read(&range.to_string());
            prop_assert_eq!(found.ok(), Some(range).filter(|_| from.is_some() || to.is_some()));
        }

        #[test]
        fn a_place_is_always_in_its_partition(place in places(), start in 0..1000_i64, len in 0..1000_i64, at in prop::option::of(0..3000_i64)) {
            let offset = place.resolve(start, start + len, at);
            prop_assert!((start..=start + len).contains(&offset));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,30}") {
            read(&text).ok();
        }
    }
}
