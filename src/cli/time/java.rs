//! Instants and durations as Java's parsers read them for Apache's tools.

use chrono::NaiveDate;

const SECOND_MS: i64 = 1000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Why a text is no instant or duration; the texts are Java's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is nothing after a `T`.
    #[error(
        "java.text.ParseException: Error parsing timestamp. It does not contain a 'T' according to ISO8601 format"
    )]
    NoTime,
    /// A field is missing, malformed or out of range. Carries the text as Java saw it, with the zone it added.
    #[error("java.text.ParseException: Unparseable date: \"{0}\"")]
    Unparseable(String),
    /// Not an ISO 8601 duration of days, hours, minutes and seconds.
    #[error("Text cannot be parsed to a Duration")]
    NotADuration,
}

/// The instant that `text` names, in milliseconds since 1970, as `Utils.getDateTime` reads it:
/// `yyyy-MM-dd'T'HH:mm:ss.SSS` and perhaps a zone (`Z`, `+01:00`, `+01`); without one it is UTC.
///
/// Its corners are kept: the fraction is required and counts milliseconds (`.6` is 6 ms), leading zeros may be missing,
/// and whatever follows the zone is ignored.
///
/// # Errors
/// [`Error::NoTime`], [`Error::Unparseable`].
pub fn parse_datetime(text: &str) -> Result<i64, Error> {
    let time = text.split('T').nth(1).unwrap_or_default();
    let has_time = text
        .split_once('T')
        .is_some_and(|(_, rest)| rest.chars().any(|c| c != 'T'));
    if !has_time {
        return Err(Error::NoTime);
    }
    let text = if time.contains(['+', '-', 'Z']) {
        text.to_owned()
    } else {
        format!("{text}Z")
    };
    datetime(&text).ok_or(Error::Unparseable(text))
}

fn datetime(text: &str) -> Option<i64> {
    let mut rest = Rest(text);
    let year = rest.field("-")?;
    let month = rest.field("-")?;
    let day = rest.field("T")?;
    let hour = rest.field(":").filter(|hour| *hour < 24)?;
    let minute = rest.field(":").filter(|minute| *minute < 60)?;
    let second = rest.field(".").filter(|second| *second < 60)?;
    let millis = rest.field("").filter(|millis| *millis < 1000)?;
    let offset_ms = rest.zone()?;
    let date = NaiveDate::from_ymd_opt(
        i32::try_from(year).ok()?,
        u32::try_from(month).ok()?,
        u32::try_from(day).ok()?,
    )?;
    let midnight = date
        .and_time(chrono::NaiveTime::MIN)
        .and_utc()
        .timestamp_millis();
    let time = hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS + millis;
    Some(midnight + time - offset_ms)
}

/// What is left of a text while its fields are taken off the front.
struct Rest<'t>(&'t str);

impl Rest<'_> {
    /// Digits, perhaps after blanks, that `end` follows.
    fn field(&mut self, end: &str) -> Option<i64> {
        let text = self.0.trim_start_matches([' ', '\t']);
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = text.split_at_checked(digits)?;
        self.0 = rest.strip_prefix(end)?;
        number.parse().ok()
    }

    /// `Z` or a sign and hours, with minutes only after a colon; in milliseconds east of UTC.
    fn zone(&mut self) -> Option<i64> {
        if self.0.starts_with('Z') {
            return Some(0);
        }
        let east = match self.0.chars().next()? {
            '+' => 1,
            '-' => -1,
            _ => return None,
        };
        let two_digits = |range| {
            let digits: &str = self.0.get(range)?;
            digits
                .bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| digits.parse::<i64>().ok())?
        };
        let hours = two_digits(1..3).filter(|hours| *hours < 24)?;
        let minutes = match self.0.get(3..4) {
            Some(":") => two_digits(4..6)
                .filter(|minutes| *minutes < 60)
                .unwrap_or(0),
            _ => 0,
        };
        Some(east * (hours * HOUR_MS + minutes * MINUTE_MS))
    }
}

/// The length of an ISO 8601 duration in whole milliseconds, towards the past, as `java.time.Duration.parse` reads it: `P7D`,
/// `PT1H30M`, `P1DT2H3M4.5S`, in any case, with signs before the whole and before each number. No weeks, months or years.
///
/// # Errors
/// [`Error::NotADuration`], also when it is too long to count.
pub fn parse_duration(text: &str) -> Result<i64, Error> {
    duration(&text.to_ascii_uppercase()).ok_or(Error::NotADuration)
}

fn duration(text: &str) -> Option<i64> {
    let (sign, text) = signed(text);
    let text = text.strip_prefix('P')?;
    let (date, time) = match text.split_once('T') {
        Some((date, time)) if !time.is_empty() => (date, time),
        Some(_) => return None,
        None => (text, ""),
    };
    let (days, rest) = amount(date, "D", DAY_MS)?;
    let (hours, time) = amount(time, "H", HOUR_MS)?;
    let (minutes, time) = amount(time, "M", MINUTE_MS)?;
    let seconds = seconds(time)?;
    if !rest.is_empty() || text.is_empty() {
        return None;
    }
    let total = days
        .checked_add(hours)?
        .checked_add(minutes)?
        .checked_add(seconds)?;
    total.checked_mul(sign)
}

/// A sign, which may be missing, and the text after it.
fn signed(text: &str) -> (i64, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// A number before `unit` at the front of `text` in milliseconds, and what follows; nothing if `unit` does not occur.
fn amount<'t>(text: &'t str, unit: &str, unit_ms: i64) -> Option<(i64, &'t str)> {
    let Some((number, rest)) = text.split_once(unit) else {
        return Some((0, text));
    };
    Some((whole(number)?.checked_mul(unit_ms)?, rest))
}

/// A signed number of nothing but digits.
fn whole(text: &str) -> Option<i64> {
    let (sign, digits) = signed(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    is_number
        .then(|| digits.parse::<i64>().ok())?
        .map(|number| number * sign)
}

/// `4S`, `4.S` or `4.567S` at the very end; at most nine decimals.
fn seconds(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let number = text.strip_suffix('S')?;
    let (seconds, fraction) = number.split_once(['.', ',']).unwrap_or((number, ""));
    let is_fraction = fraction.len() <= 9 && fraction.bytes().all(|b| b.is_ascii_digit());
    let nanos: i64 = format!("{fraction:0<9}")
        .parse()
        .ok()
        .filter(|_| is_fraction)?;
    let (sign, _) = signed(seconds);
    whole(seconds)?
        .checked_mul(SECOND_MS)?
        .checked_add(sign * (nanos / 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NEW_YEAR_2024: i64 = 1_704_067_200_000;

    #[test]
    fn a_datetime_without_a_zone_is_utc() {
        assert_eq!(parse_datetime("2024-01-01T00:00:00.000"), Ok(NEW_YEAR_2024));
        assert_eq!(
            parse_datetime("2024-01-01T00:00:00.000Z"),
            Ok(NEW_YEAR_2024)
        );
        assert_eq!(parse_datetime("2024-1-1T0:0:0.0"), Ok(NEW_YEAR_2024));
    }

    #[test]
    fn zones_are_hours_and_perhaps_minutes() {
        assert_eq!(
            parse_datetime("2024-01-01T01:00:00.000+01:00"),
            Ok(NEW_YEAR_2024)
        );
        assert_eq!(
            parse_datetime("2024-01-01T01:00:00.000+0100"),
            Ok(NEW_YEAR_2024)
        );
        assert_eq!(
            parse_datetime("2024-01-01T01:00:00.000+01"),
            Ok(NEW_YEAR_2024)
        );
        assert_eq!(
            parse_datetime("2023-12-31T22:30:00.000-01:30"),
            Ok(NEW_YEAR_2024)
        );
        assert_eq!(
            parse_datetime("2024-01-01T00:00:00.000Z and more"),
            Ok(NEW_YEAR_2024)
        );
    }

    #[test]
    fn the_fraction_counts_milliseconds() {
        assert_eq!(
            parse_datetime("2024-01-01T00:00:00.6"),
            Ok(NEW_YEAR_2024 + 6)
        );
        assert_eq!(
            parse_datetime("2024-01-01T00:00:00.67"),
            Ok(NEW_YEAR_2024 + 67)
        );
        assert!(parse_datetime("2024-01-01T00:00:00.1234").is_err());
    }

    #[test]
    fn refusals_use_javas_words() {
        let said = |text| parse_datetime(text).unwrap_err().to_string();
        assert_eq!(
            said("yesterday"),
            "java.text.ParseException: Error parsing timestamp. It does not contain a 'T' according to ISO8601 format"
        );
        assert_eq!(said("2024-01-02T"), said("yesterday"));
        assert_eq!(
            said("2024-01-02T03:04:05Z"),
            "java.text.ParseException: Unparseable date: \"2024-01-02T03:04:05Z\""
        );
        assert_eq!(
            said("2024-13-02T03:04:05.000"),
            "java.text.ParseException: Unparseable date: \"2024-13-02T03:04:05.000Z\""
        );
        for wrong in [
            "2024-02-30T00:00:00.000",
            "2024-01-01T24:00:00.000",
            "2024-01-01T00:00:00.000+1",
            "T00",
            "€T€",
        ] {
            assert!(parse_datetime(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_are_those_of_java() {
        let cases = [
            ("P7D", 7 * DAY_MS),
            ("PT1H30M", 90 * MINUTE_MS),
            ("p1dt2h3m4.5s", DAY_MS + 2 * HOUR_MS + 3 * MINUTE_MS + 4500),
            ("PT0S", 0),
            ("-PT1H", -HOUR_MS),
            ("P-1D", -DAY_MS),
            ("PT-0.5S", -500),
            ("PT-1H+30M", -30 * MINUTE_MS),
            ("PT1.S", 1000),
        ];
        for (text, millis) in cases {
            assert_eq!(parse_duration(text), Ok(millis), "{text}");
        }
    }

    #[test]
    fn what_java_rejects_is_rejected() {
        for text in [
            "",
            "P",
            "PT",
            "P1W",
            "P1M",
            "P1Y",
            "soon",
            "1D",
            "P1DT",
            "PT1M1H",
            "PT1",
            "P1H",
            "PT.5S",
            "PT1.1234567890S",
            "P9999999999999D",
        ] {
            assert_eq!(parse_duration(text), Err(Error::NotADuration), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_sum_of_parts_is_understood(days in -999i64..999, hours in -99i64..99, minutes in -999i64..999, seconds in 0i64..9999, millis in 0i64..1000) {
            let text = format!("P{days}DT{hours}H{minutes}M{seconds}.{millis:03}S");
            let expected = days * DAY_MS + hours * HOUR_MS + minutes * MINUTE_MS + seconds * SECOND_MS + millis;
            prop_assert_eq!(parse_duration(&text), Ok(expected));
            prop_assert_eq!(parse_duration(&format!("-{text}")), Ok(-expected));
        }

        #[test]
        fn no_text_makes_them_panic(text in "\\PC*", digits in "[-+PTDHMS.:Z0-9]*") {
            for text in [&text, &digits] {
                prop_assert!(parse_duration(text).is_ok() || parse_duration(text).is_err());
                prop_assert!(parse_datetime(text).is_ok() || parse_datetime(text).is_err());
            }
        }
    }
}
