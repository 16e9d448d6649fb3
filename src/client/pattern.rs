//! Which names a regular expression of Java means.
//!
//! What the `regex` crate knows is left to it, in linear time. It knows no look-around, as in `(?!test).*`: patterns with
//! that go to `fancy_regex`, which tries one way after the other and gives up after a million steps.

/// A regular expression for whole names.
#[derive(Debug, Clone)]
pub struct Pattern(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Plain(regex::Regex),
    Looking(fancy_regex::Regex),
}

/// What the `regex` crate says of look-around, of `\1` and of `(?>…)`.
const BEYOND: [&str; 3] = ["look-around", "backreferences", "unrecognized flag"];

impl Pattern {
    /// # Errors
    /// What the `regex` crate has against `text`, if it is more than look-around.
    pub fn new(text: &str) -> Result<Self, regex::Error> {
        let text = &unquoted(text);
        let whole = format!("^(?:{text})$");
        // Alone first: `a)(b` is no pattern, though it is one between brackets.
        let plain = regex::Regex::new(text).and_then(|_alone| regex::Regex::new(&whole));
        let kind = plain.map(Kind::Plain).or_else(|error| {
            // What is wrong in another way may be right to `fancy_regex`, as `a{` is, but not to Java.
            if !BEYOND.iter().any(|it| error.to_string().contains(it)) {
                return Err(error);
            }
            let looking =
                fancy_regex::Regex::new(text).and_then(|_alone| fancy_regex::Regex::new(&whole));
            looking.map(Kind::Looking).map_err(|_no_pattern| error)
        });
        kind.map(Self)
    }

    /// Whether all of `name` matches.
    pub fn matches(&self, name: &str) -> bool {
        match &self.0 {
            Kind::Plain(regex) => regex.is_match(name),
            Kind::Looking(regex) => regex.is_match(name).unwrap_or_else(|error| {
                tracing::warn!(name, %error, "a pattern was given up and counts as not matching");
                false
            }),
        }
    }
}

/// With what stands in `\Q…\E`, which neither crate knows, escaped sign by sign.
fn unquoted(text: &str) -> String {
    let mut parts = text.split("\\Q");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (quoted, rest) = part.split_once("\\E").unwrap_or((part, ""));
        plain.push_str(&regex::escape(quoted));
        plain.push_str(rest);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        Pattern::new(pattern).unwrap().matches(name)
    }

    #[test]
    fn a_pattern_must_match_the_whole_name() {
        assert!(matches("a|ab", "ab"));
        assert!(!matches("a", "ab"));
    }

    #[test]
    fn what_must_not_follow_or_precede_is_looked_for() {
        let cases = [
            ("(?!__).*", "__consumer_offsets", "orders"),
            ("^(?!test|dev).*$", "devices", "my-test"),
            ("^((?!test).)*$", "a-test-b", "a-tes-t"),
            (".*(?<!-dlq)", "orders-dlq", "orders"),
            (".*(?<=-dlq)", "orders", "orders-dlq"),
            ("(?=.*prod)[a-z.]{3,}", "a.dev", "a.prod"),
            ("orders-(?!eu|us)[a-z]+", "orders-us", "orders-de"),
            ("(?i)(?!TEST).+", "test1", "1test"),
            ("(?:(?!x)[a-z\\d])+?", "a1x", "a1"),
            ("(?!a)\\p{Lower}{2}", "ab", "ba"),
            ("\\Qa.b\\E.*", "acb", "a.bc"),
            ("x\\Q(", "x", "x("),
            ("(?<!x)(?>a|ab)", "ab", "a"),
        ];
        for (pattern, other, name) in cases {
            assert!(matches(pattern, name), "{pattern} {name}");
            assert!(!matches(pattern, other), "{pattern} {other}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        let bad = [
            "a{",
            "(?!a",
            "(?!a))",
            "(?!a)*+[",
            "(?!a)\\",
            "(?!)+{2,1}",
            "(?!a)\\1",
            "(?!a)(?z)b",
        ];
        for pattern in bad {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_takes_too_many_steps_is_given_up() {
        let name = "a".repeat(249);
        assert!(!matches("(?!b)(a*)*(a*)*(a|a)*c", &name));
        assert!(!matches("(a*)*(a*)*(a|a)*c", &name));
    }
}
