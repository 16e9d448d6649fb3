//! `kaffa help times`, `sizes`, `offsets`: how values are written, each form with an example that the parser reads.

/// What can be asked about, and what is said.
pub(super) const PAGES: &[(&str, &str)] =
    &[("times", TIMES), ("sizes", SIZES), ("offsets", OFFSETS)];

const TIMES: &str = "\
Times, wherever an instant is wanted:
  2026-11-19T14:00:00.000     as Apache's tools take it: UTC where no zone is given
  2026-11-19T14:00            the same with less written; still UTC
  2026-11-19T14:00:00Z        with a zone: Z or +01:00
  2026-11-19 14:00            without T: local time
  2026-11-19                  midnight, local
  now
  yesterday 14:00             today, yesterday or a weekday, which is the last one past
  noon                        or midnight
  2h ago                      or -2h, 1d12h ago
  1700000000                  since 1970: 10 digits are seconds, 13 ms, 16 us, 19 ns
  @1700000000000

Durations, as for --deadline:
  500ms  5s  2m  1h30m  7d
  PT5M  P7D                   ISO 8601
  1500                        a number alone counts milliseconds
";

const SIZES: &str = "\
Sizes are bytes:
  1000
  10k  10MB  2G               powers of 1000
  10Ki  10MiB  2GiB           powers of 1024
";

const OFFSETS: &str = "\
Where to begin in a partition (--offset of the consumer):
  earliest                    the oldest record
  latest                      what comes from now on
  42                          the record with this offset

Parts of a topic (--range of the consumer), the end left out; --last 10 is the last ten records:
  earliest..latest            what is there now
  500..                       from this offset on, and what comes later
  ..start+100                 the first hundred offsets of each partition
  end-100..end                the last hundred
  @yesterday..@today          by time: kaffa help times

Where a group goes (--reset-offsets of the group tool), one of:
  --to-earliest  --to-latest  --to-current  --to-offset 42  --shift-by -10
  --to-datetime TIME          the first record of this time or later: kaffa help times
  --by-duration PT1H          the first record that is no older
  --from-file FILE            CSV as --export prints it
";

/// The page about `name`.
pub(super) fn page(name: &str) -> Option<&'static str> {
    let found = PAGES.iter().find(|(page, _)| *page == name);
    found.map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use crate::cli::{offsets::Range, time};

    /// The forms of a part of a page: what stands in front of the first wide gap, two blanks apart.
    fn forms(part: &str) -> Vec<&str> {
        let lines = part.lines().skip(1);
        lines
            .flat_map(|line| {
                let (forms, _) = line.get(..30).map_or((line, ""), |forms| (forms, ""));
                forms
                    .split("  ")
                    .map(str::trim)
                    .filter(|form| !form.is_empty())
            })
            .collect()
    }

    #[test]
    fn every_form_is_read_by_the_parser() {
        let now = Utc.with_ymd_and_hms(2026, 11, 20, 12, 0, 0).unwrap();
        let (instants, durations) = super::TIMES.split_once("\n\n").unwrap();
        assert!(forms(instants).len() > 10);
        for form in forms(instants) {
            assert!(time::instant(form, &now).is_ok(), "{form}");
        }
        for form in forms(durations) {
            assert!(time::duration(form, Some(1)).is_ok(), "{form}");
        }
        let (_, ranges) = super::OFFSETS.split_once("\n\n").unwrap();
        let (ranges, _) = ranges.split_once("\n\n").unwrap();
        assert_eq!(forms(ranges).len(), 5);
        for form in forms(ranges) {
            assert!(Range::read(form, &now).is_ok(), "{form}");
        }
        assert!(forms(super::SIZES).len() > 6);
        for form in forms(super::SIZES) {
            assert!(time::size(form).is_ok(), "{form}");
        }
    }
}
