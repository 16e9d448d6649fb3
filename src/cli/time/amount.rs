//! Lengths of time and numbers of bytes: `1h30m`, `PT5M`, `10k`, `10MiB`.

use super::java;
use crate::cli::failure::Failure;

/// The milliseconds in `text`: `500ms`, `5s`, `2m`, `1h30m`, `7d`, `2 weeks`, in any case, or ISO 8601 (`PT5M`, `-P1D`). A
/// number alone counts units of `bare_ms` milliseconds, if that is given.
///
/// # Errors
/// [`Failure`] with the accepted forms.
pub fn duration(text: &str, bare_ms: Option<i64>) -> Result<i64, Failure> {
    let number = || text.parse::<i64>().ok()?.checked_mul(bare_ms?);
    number().or_else(|| span(text)).ok_or_else(|| {
        let java = java::Error::NotADuration;
        let form = "a duration is written 500ms, 5s, 2m, 1h30m or 7d";
        Failure::new(java.to_string(), form)
            .with_message(format!("'{text}' is not a duration"))
            .with_hint("or as in ISO 8601: P7D, PT1H30M, PT90S")
    })
}

/// A duration with its units, in milliseconds.
pub(super) fn span(text: &str) -> Option<i64> {
    if let Ok(millis) = java::parse_duration(text) {
        return Some(millis);
    }
    // Lower case, because a capital M is a month to this parser and nobody else.
    let span = humantime::parse_duration(&text.to_ascii_lowercase()).ok()?;
    i64::try_from(span.as_millis()).ok()
}

/// The bytes in `text`: `1000`, `10k`, `10MB`, `10MiB`, in any case; k, M, G and T are powers of 1000, Ki, Mi, Gi and Ti of
/// 1024.
///
/// # Errors
/// [`Failure`] with the accepted forms.
pub fn size(text: &str) -> Result<u64, Failure> {
    bytes(&text.trim().to_ascii_lowercase()).ok_or_else(|| {
        Failure::new(
            format!("'{text}' is not a size"),
            "a size is written 1000, 10k or 10MB (powers of 1000), 10Ki or 10MiB (powers of 1024)",
        )
    })
}

fn bytes(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit());
    let (number, unit) = text.split_at_checked(digits.unwrap_or(text.len()))?;
    let unit = unit.trim_start();
    let unit = unit.strip_suffix('b').unwrap_or(unit);
    let (unit, base) = match unit.strip_suffix('i') {
        Some("") => return None,
        Some(unit) => (unit, 1024_u64),
        None => (unit, 1000),
    };
    let power = match unit {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(base.pow(power))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_have_units_or_that_of_the_option() {
        let cases = [
            ("500ms", 500),
            ("5s", 5000),
            ("2m", 120_000),
            ("1h30m", 5_400_000),
            ("1H 30M", 5_400_000),
            ("7d", 604_800_000),
            ("PT5M", 300_000),
            ("P1D", 86_400_000),
            ("250", 250),
        ];
        for (text, millis) in cases {
            assert_eq!(duration(text, Some(1)), Ok(millis), "{text}");
        }
        assert_eq!(duration("3", Some(1000)), Ok(3000));
    }

    #[test]
    fn what_is_no_duration_is_told_with_examples() {
        for text in [
            "",
            "soon",
            "1",
            "5 parsecs",
            "h",
            "-5s",
            "99999999999999999999s",
        ] {
            assert!(span(text).is_none(), "{text}");
        }
        let failure = duration("soon", Some(1)).unwrap_err();
        assert_eq!(failure.message, "'soon' is not a duration");
        assert_eq!(failure.plain, "Text cannot be parsed to a Duration");
        assert!(failure.hints().concat().contains("1h30m"));
        assert!(
            duration("9223372036854775807", Some(1000)).is_err() && duration("3", None).is_err()
        );
    }

    #[test]
    fn sizes_are_decimal_unless_they_say_i() {
        let cases = [
            ("1000", 1000),
            ("10k", 10_000),
            ("10kb", 10_000),
            ("10MB", 10_000_000),
            ("10 MiB", 10_485_760),
            ("1Ki", 1024),
            ("2G", 2_000_000_000),
            ("7b", 7),
        ];
        for (text, bytes) in cases {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in [
            "",
            "k",
            "-1",
            "1.5M",
            "1x",
            "1i",
            "1iB",
            "1kk",
            "99999999999T",
        ] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_sum_of_units_is_understood(days in 0i64..9999, hours in 0i64..99, minutes in 0i64..99, millis in 0i64..9999) {
            let text = format!("{days}d{hours}h{minutes}m{millis}ms");
            prop_assert_eq!(span(&text), Some(((days * 24 + hours) * 60 + minutes) * 60_000 + millis));
        }

        #[test]
        fn no_text_makes_them_panic(text in "\\PC*", near in "[0-9a-zA-Z.€ -]*") {
            for text in [&text, &near] {
                prop_assert!(duration(text, Some(i64::MAX)).is_ok() || size(text).is_ok() || span(text).is_none_or(|_| true));
            }
        }
    }
}
