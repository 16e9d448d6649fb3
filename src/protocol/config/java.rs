//! Numbers with a fraction as Java writes and compares them.

use std::cmp::Ordering;
use std::fmt;

/// `Double.toString`: at least one digit after the point; powers of ten outside of 0.001..10,000,000.
pub(super) fn write_double(number: f64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let size = number.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        return write!(f, "{number:?}");
    }
    let text = format!("{number:E}");
    match text.split_once('E') {
        Some((digits, power)) if !digits.contains('.') => write!(f, "{digits}.0E{power}"),
        _ => f.write_str(&text),
    }
}

/// Whether `number` is less than the whole number `bound`.
pub(super) fn is_below(number: f64, bound: i64) -> bool {
    number.partial_cmp(&whole(bound)) == Some(Ordering::Less)
}

/// Whether `number` is more than the whole number `bound`.
pub(super) fn is_above(number: f64, bound: i64) -> bool {
    number.partial_cmp(&whole(bound)) == Some(Ordering::Greater)
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "bounds are small or stand for 'no bound'"
)]
fn whole(number: i64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::super::Value;

    #[test]
    fn numbers_with_a_fraction_are_written_as_java_writes_them() {
        for (number, text) in [
            (2.0, "2.0"),
            (0.5, "0.5"),
            (-0.1, "-0.1"),
            (1.0001, "1.0001"),
            (1e300, "1.0E300"),
            (1e8, "1.0E8"),
            (12_345_678.5, "1.23456785E7"),
            (-0.0001, "-1.0E-4"),
            (0.0, "0.0"),
            (f64::MAX, "1.7976931348623157E308"),
        ] {
            assert_eq!(Value::Double(number).to_string(), text);
        }
    }
}
