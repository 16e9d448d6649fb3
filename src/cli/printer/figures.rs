//! Figures for people: three digits of a size, two units of a time.

use chrono::{Local, MappedLocalTime, TimeZone};

/// A count to reckon with.
#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "shown to three digits"
)]
pub const fn to_f64(count: u64) -> f64 {
    count as f64
}

/// A size with three digits: `6.30 GB`.
pub fn bytes(count: u64) -> String {
    if count < 1000 {
        format!("{count} B")
    } else {
        si(to_f64(count), "B")
    }
}

/// A number with three digits and a decimal prefix.
pub fn si(number: f64, unit: &str) -> String {
    let mut scaled = number;
    let mut prefix = "";
    for larger in ["k", "M", "G", "T"] {
        if scaled < 999.5 {
            break;
        }
        scaled /= 1000.0;
        prefix = larger;
    }
    let decimals = if scaled < 9.995 {
        2
    } else {
        usize::from(scaled < 99.95)
    };
    format!("{scaled:.decimals$} {prefix}{unit}")
}

/// A length of time in two units (`7d 4h`), from `<0.1 s` up.
pub fn span(millis: i64) -> String {
    let millis = millis.max(0);
    let tenths = millis / 100;
    let seconds = millis / 1000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        _ if tenths == 0 => "<0.1 s".to_owned(),
        0..10 => format!("{}.{} s", seconds, tenths % 10),
        10..60 => format!("{seconds} s"),
        60..3600 => two(minutes, "m", seconds % 60, "s"),
        3600..86_400 => two(hours, "h", minutes % 60, "m"),
        _ => two(days, "d", hours % 24, "h"),
    }
}

/// The second unit is left out where there is nothing of it.
fn two(large: i64, large_unit: &str, small: i64, small_unit: &str) -> String {
    match small {
        0 => format!("{large}{large_unit}"),
        _ => format!("{large}{large_unit} {small}{small_unit}"),
    }
}

/// An instant on the local clock, to the minute.
pub fn local_minute(millis: i64) -> String {
    local(millis, "%Y-%m-%d %H:%M")
}

/// An instant on the local clock, to the millisecond.
pub fn local_milli(millis: i64) -> String {
    local(millis, "%Y-%m-%d %H:%M:%S%.3f")
}

fn local(millis: i64, form: &str) -> String {
    match Local.timestamp_millis_opt(millis) {
        MappedLocalTime::Single(instant) => instant.format(form).to_string(),
        MappedLocalTime::Ambiguous(..) | MappedLocalTime::None => format!("@{millis}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_digits() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1000), "1.00 kB");
        assert_eq!(bytes(6_300_000_000), "6.30 GB");
        assert_eq!(bytes(41_250_000), "41.2 MB");
        assert_eq!(bytes(999_999), "1.00 MB");
        assert_eq!(si(412_400_000.0, "B"), "412 MB");
    }

    #[test]
    fn times_have_two_units() {
        let cases = [
            (-5, "<0.1 s"),
            (99, "<0.1 s"),
            (100, "0.1 s"),
            (8_949, "8.9 s"),
            (59_999, "59 s"),
            (60_000, "1m"),
            (150_000, "2m 30s"),
            (3_600_000, "1h"),
            (619_200_000, "7d 4h"),
        ];
        for (millis, text) in cases {
            assert_eq!(span(millis), text);
        }
    }
}
