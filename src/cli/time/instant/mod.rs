//! Instants: Apache's form first, then the ones that people say.

use chrono::{
    DateTime, Days, FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, Offset,
    SecondsFormat, TimeDelta, TimeZone, Timelike, Utc, Weekday,
};

use super::{amount::span, java};
use crate::cli::failure::Failure;

/// The instant that `text` names, in milliseconds since 1970; `now` is the present in the local zone.
///
/// - `2026-11-19T14:00:00.000`, as Apache reads it; seconds and fraction may be missing. UTC without a zone.
/// - `now`, `2h ago`, `-2h`, `1d12h ago`, `PT5M` (ago).
/// - `[DAY] [TIME] [ZONE]`, local without a zone: a day is `2026-11-19`, `today`, `yesterday` or a weekday (the last one
///   before today), a time `14:00[:00[.000]]`, `noon` or `midnight`, a zone `Z`, `UTC` or `+01:00`.
/// - Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their 10, 13, 16 or 19 digits, perhaps
///   with `@` in front.
///
/// # Errors
/// [`Failure`]: no such form, or a local time that the clocks skip or repeat.
pub fn instant<Z: TimeZone>(text: &str, now: &DateTime<Z>) -> Result<i64, Failure> {
    let plain = match java::parse_datetime(text) {
        Ok(millis) => return Ok(millis),
        Err(refused) => refused.to_string(),
    };
    let read = match understood(text.trim(), now) {
        Some(Named::Instant(millis)) => Ok(millis),
        Some(Named::Local(local)) => at(local, &now.timezone()),
        None => Err(unknown(text, now)),
    };
    read.map_err(|failure| failure.with_plain(plain))
}

/// What a text names, before the local clock is asked.
enum Named {
    Instant(i64),
    Local(NaiveDateTime),
}

fn understood<Z: TimeZone>(text: &str, now: &DateTime<Z>) -> Option<Named> {
    let words = text.to_ascii_lowercase();
    if words == "now" {
        return Some(Named::Instant(now.timestamp_millis()));
    }
    if let Some(millis) = since_1970(&words) {
        return Some(Named::Instant(millis));
    }
    if let Some(millis) = ago(&words) {
        return Some(Named::Instant(now.timestamp_millis().checked_sub(millis)?));
    }
    let (words, default_zone) = match iso(text) {
        Some(words) => (words, Some(Utc.fix())),
        None => (words, None),
    };
    let (words, zone) = zone(&words)?;
    let zone = zone.or(default_zone);
    let today = match &zone {
        Some(zone) => now.with_timezone(zone).date_naive(),
        None => now.date_naive(),
    };
    let local = day_and_time(words, today)?;
    Some(match zone {
        Some(zone) => Named::Instant(millis(local, zone)),
        None => Named::Local(local),
    })
}

fn millis(local: NaiveDateTime, zone: FixedOffset) -> i64 {
    let east_ms = i64::from(zone.local_minus_utc()) * 1000;
    local.and_utc().timestamp_millis() - east_ms
}

/// Digits, whose number tells the unit.
fn since_1970(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('@').unwrap_or(text);
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    match digits.len() {
        10 => Some(number * 1000),
        13 => Some(number),
        16 => Some(number / 1000),
        19 => Some(number / 1_000_000),
        _ => None,
    }
}

/// How long before now, in milliseconds.
fn ago(text: &str) -> Option<i64> {
    if let Some(length) = text.strip_suffix("ago") {
        return span(length.trim_end());
    }
    match text.strip_prefix('-') {
        Some(length) => span(length),
        None => java::parse_duration(text).ok(),
    }
}

/// `2026-11-19T14:00…` with a blank for the `T`.
fn iso(text: &str) -> Option<String> {
    let (date, time) = text.split_once('T')?;
    let is_iso = date.ends_with(|c: char| c.is_ascii_digit())
        && time.starts_with(|c: char| c.is_ascii_digit());
    is_iso.then(|| format!("{date} {time}").to_ascii_lowercase())
}

/// Takes a zone off the end; nothing if what looks like one is none.
fn zone(text: &str) -> Option<(&str, Option<FixedOffset>)> {
    for utc in ["z", "utc"] {
        if let Some(rest) = text.strip_suffix(utc) {
            return Some((rest, Some(Utc.fix())));
        }
    }
    // The minus signs of a date have neither a time nor a blank before them.
    let is_sign = |(at, c): &(usize, char)| match c {
        '+' => true,
        '-' => text
            .get(..*at)
            .is_some_and(|before| before.contains(':') || before.ends_with(' ')),
        _ => false,
    };
    let Some((at, _)) = text.char_indices().rfind(is_sign) else {
        return Some((text, None));
    };
    let (rest, zone) = text.split_at_checked(at)?;
    Some((rest, Some(offset(zone)?)))
}

/// `+01:00`, `+0100` or `+01`.
fn offset(text: &str) -> Option<FixedOffset> {
    let (hours, minutes) = match text.len() {
        3 => (text.get(1..)?, "0"),
        5 => (text.get(1..3)?, text.get(3..)?),
        6 if text.get(3..4) == Some(":") => (text.get(1..3)?, text.get(4..)?),
        _ => return None,
    };
    let number =
        |text: &str, end: i32| text.parse().ok().filter(|number| (0..end).contains(number));
    let seconds = number(hours, 24)? * 3600 + number(minutes, 60)? * 60;
    if text.starts_with('-') {
        FixedOffset::west_opt(seconds)
    } else {
        FixedOffset::east_opt(seconds)
    }
}

/// A day alone begins at midnight; a time alone is today's.
fn day_and_time(text: &str, today: NaiveDate) -> Option<NaiveDateTime> {
    let words: Vec<_> = text.split_whitespace().collect();
    match words.as_slice() {
        [one] => match day(one, today) {
            Some(day) => Some(day.and_time(NaiveTime::MIN)),
            None => Some(today.and_time(time(one)?)),
        },
        [first, second] => Some(day(first, today)?.and_time(time(second)?)),
        _ => None,
    }
}

fn day(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    match text {
        "today" => return Some(today),
        "yesterday" => return today.pred_opt(),
        _ => {}
    }
    if let Ok(weekday) = text.parse::<Weekday>() {
        let back = chrono::Datelike::weekday(&today).days_since(weekday);
        return today.checked_sub_days(Days::new(if back == 0 { 7 } else { back.into() }));
    }
    let mut fields = text.split('-');
    let year = fields.next().filter(|year| year.len() == 4)?;
    let (month, day) = (fields.next()?, fields.next()?);
    let date = NaiveDate::from_ymd_opt(whole(year)?.try_into().ok()?, whole(month)?, whole(day)?);
    date.filter(|_| fields.next().is_none())
}

/// `HH:MM[:SS[.fff]]`
fn time(text: &str) -> Option<NaiveTime> {
    match text {
        "midnight" => return Some(NaiveTime::MIN),
        "noon" => return NaiveTime::from_hms_opt(12, 0, 0),
        _ => {}
    }
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut fields = clock.split(':');
    let (hour, minute) = (whole(fields.next()?)?, whole(fields.next()?)?);
    let second = match fields.next() {
        Some(second) => whole(second)?,
        None if text.contains('.') => return None,
        None => 0,
    };
    let millis = whole(&format!("{fraction:0<3}")).filter(|_| fraction.len() <= 3)?;
    let time = NaiveTime::from_hms_milli_opt(hour, minute, second, millis);
    time.filter(|_| fields.next().is_none())
}

fn whole(text: &str) -> Option<u32> {
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

/// The instant at which local clocks show `local`, if there is exactly one.
fn at<Z: TimeZone>(local: NaiveDateTime, zone: &Z) -> Result<i64, Failure> {
    let shown = local.format(if local.second() == 0 {
        "%Y-%m-%d %H:%M"
    } else {
        "%Y-%m-%d %H:%M:%S"
    });
    let why = match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(instant) => return Ok(instant.timestamp_millis()),
        MappedLocalTime::Ambiguous(..) => "exists twice here: clocks go back over it",
        MappedLocalTime::None => "does not exist here: clocks skip it",
    };
    // The offsets a day before and a day after are those on both sides of the change.
    let candidate = |days: i64| {
        let near = local
            .checked_add_signed(TimeDelta::days(days))
            .unwrap_or(local);
        let offset = zone.offset_from_utc_datetime(&near).fix();
        let instant = (local - offset).and_utc();
        let utc = instant.to_rfc3339_opts(SecondsFormat::Millis, true);
        format!("'{shown} {offset}' is {utc}")
    };
    Err(Failure::new(format!("'{shown}' {why}"), candidate(-1)).with_hint(candidate(1)))
}

fn unknown<Z: TimeZone>(text: &str, now: &DateTime<Z>) -> Failure {
    let today = now.date_naive();
    let seconds = now.timestamp();
    let local = format!(
        "local time: '{today} 14:00', 14:00, 'yesterday 14:00', monday, noon; or with Z or +01:00"
    );
    Failure::new(format!("'{text}' is not a time"), local)
        .with_hint(format!(
            "UTC, as Apache Kafka writes it: {today}T14:00:00.000"
        ))
        .with_hint(format!(
            "or: now, '2h ago', -1d12h, PT5M, @{seconds} (seconds since 1970, or ms)"
        ))
}

#[cfg(test)]
mod tests;
