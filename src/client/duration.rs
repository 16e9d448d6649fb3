//! Durations as ISO 8601 writes them.

use std::time::Duration;

/// Reads days, hours, minutes and seconds such as `P1DT2H30M4.5S`, as `java.time.Duration.parse` does; no negative ones.
pub fn parse_iso_duration(text: &str) -> Option<Duration> {
    let text = text.to_ascii_uppercase();
    let text = text.strip_prefix('P')?;
    let (date, time) = match text.split_once('T') {
        Some((_date, "")) => return None,
        Some((date, time)) => (date, time),
        None if text.is_empty() => return None,
        None => (text, ""),
    };
    let (days, rest) = whole(date, 'D')?;
    if !rest.is_empty() {
        return None;
    }
    let (hours, rest) = whole(time, 'H')?;
    let (minutes, rest) = whole(rest, 'M')?;
    let seconds = if rest.is_empty() {
        Duration::ZERO
    } else {
        seconds(rest.strip_suffix('S')?)?
    };
    let minutes = days
        .checked_mul(24)?
        .checked_add(hours)?
        .checked_mul(60)?
        .checked_add(minutes)?;
    Duration::from_secs(minutes.checked_mul(60)?).checked_add(seconds)
}

/// The number in front of `unit`, 0 if there is no `unit`, and what follows.
fn whole(text: &str, unit: char) -> Option<(u64, &str)> {
    match text.split_once(unit) {
        Some((digits, rest)) => Some((number(digits)?, rest)),
        None => Some((0, text)),
    }
}

fn number(digits: &str) -> Option<u64> {
    digits
        .chars()
        .all(|c| c.is_ascii_digit())
        .then(|| digits.parse().ok())
        .flatten()
}

fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 9 {
        return None;
    }
    let nanos = number(&format!("{fraction:0<9}"))?;
    Duration::from_secs(number(whole)?).checked_add(Duration::from_nanos(nanos))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn days_hours_minutes_and_seconds_add_up() {
        for (text, millis) in [
            ("PT1S", 1000),
            ("P1D", 86_400_000),
            ("P1DT2H3M4.005S", 93_784_005),
            ("pt0.5s", 500),
            ("PT100M", 6_000_000),
            ("PT0S", 0),
        ] {
            assert_eq!(
                parse_iso_duration(text),
                Some(Duration::from_millis(millis)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_java_refuses_is_refused() {
        for text in [
            "",
            "P",
            "PT",
            "1H",
            "P1H",
            "PT1D",
            "PTS",
            "PT1.S1",
            "PT-1S",
            "P1W",
            "PT1S2M",
            "PT+1S",
            "PT99999999999999999999S",
        ] {
            assert_eq!(parse_iso_duration(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in "[PTDHMS0-9.+-]{0,12}") {
            let _parsed = parse_iso_duration(&text);
        }
    }
}
