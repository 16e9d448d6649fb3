//! Which names topics may have (`org.apache.kafka.common.internals.Topic`).

use crate::broker::metadata::Image;

/// The longest name, in bytes; a partition's directory needs the rest of 255.
const LENGTH_MAX: usize = 249;

/// Checks a name; the text is Kafka's.
///
/// # Errors
/// What is wrong with the name.
pub fn check(name: &str) -> Result<(), String> {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let reason = match name {
        "" => "the empty string is not allowed".to_owned(),
        "." | ".." => format!("'{name}' is not allowed"),
        _ if name.len() > LENGTH_MAX => {
            format!("the length of '{name}' is longer than the max allowed length {LENGTH_MAX}")
        }
        _ if !name.bytes().all(is_legal) => {
            format!(
                "'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
            )
        }
        _ => return Ok(()),
    };
    Err(format!("Topic name is invalid: {reason}"))
}

/// The topic that would share its metric names with a new one called `name`, as metrics write `.` as `_`.
pub(super) fn colliding<'i>(image: &'i Image, name: &str) -> Option<&'i str> {
    if !name.contains(['.', '_']) {
        return None;
    }
    let (length, unified) = (name.len(), name.replace('.', "_"));
    image
        .topics()
        .map(|topic| &*topic.name)
        .find(|other| other.len() == length && *other != name && other.replace('.', "_") == unified)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_refused_in_kafkas_words() {
        let long = "x".repeat(250);
        for (name, words) in [
            ("", "the empty string is not allowed"),
            (".", "'.' is not allowed"),
            ("..", "'..' is not allowed"),
            (
                "a b",
                "'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
            ),
            (
                "é",
                "'é' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
            ),
            (
                long.as_str(),
                &format!("the length of '{long}' is longer than the max allowed length 249"),
            ),
        ] {
            assert_eq!(check(name), Err(format!("Topic name is invalid: {words}")));
        }
        assert_eq!(check(&"x".repeat(249)), Ok(()));
        assert_eq!(check("A-b.c_9"), Ok(()));
    }
}
