//! `--validate-regex`: whether brokers would take a pattern as a subscription (RE2 syntax).

use regex::Regex;

use crate::cli::printer::Printer;

/// Prints the verdict, in the original's words.
///
/// # Errors
/// When stdout does not take it.
pub fn run(regex: &str, out: &mut Printer<'_>) -> anyhow::Result<()> {
    match Regex::new(regex) {
        Ok(_) => out.line(format_args!("The regular expression `{regex}` is valid."))?,
        Err(error) => {
            let reason = reason(regex, &error.to_string());
            out.line(format_args!(
                "The regular expression `{regex}` is invalid: {reason}."
            ))?;
        }
    }
    Ok(())
}

/// RE2's words for the last line of what our parser says.
fn reason(regex: &str, text: &str) -> String {
    let ours = text.lines().last().unwrap_or_default();
    let ours = ours.strip_prefix("error: ").unwrap_or(ours);
    match ours {
        "unclosed character class" => "missing closing ]",
        "unclosed group" => "missing closing )",
        "unopened group" => "regexp/syntax: internal error",
        "repetition operator missing expression" => "missing argument to repetition operator",
        "unclosed capture group name" => "invalid named capture",
        "look-around, including look-ahead and look-behind, is not supported"
            if regex.contains("(?<") =>
        {
            "invalid named capture"
        }
        "look-around, including look-ahead and look-behind, is not supported"
        | "unrecognized flag" => "invalid or unsupported Perl syntax",
        "backreferences are not supported"
        | "unrecognized escape sequence"
        | "hexadecimal literal is not a Unicode scalar value" => "invalid escape sequence",
        "incomplete escape sequence, reached end of pattern prematurely" => {
            "trailing backslash at end of expression"
        }
        "invalid character class range, the start must be <= the end"
        | "Unicode property not found" => "invalid character class range",
        "invalid repetition count range, the start must be <= the end" => "invalid repeat count",
        other => other,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_re2s() {
        let said = |regex: &str| reason(regex, &Regex::new(regex).unwrap_err().to_string());
        assert_eq!(said("["), "missing closing ]");
        assert_eq!(said("("), "missing closing )");
        assert_eq!(said("*"), "missing argument to repetition operator");
        assert_eq!(said("a{2,1}"), "invalid repeat count");
        assert_eq!(said("(?=x)"), "invalid or unsupported Perl syntax");
        assert_eq!(said("(?<=x)"), "invalid named capture");
        assert_eq!(said("a)"), "regexp/syntax: internal error");
        assert_eq!(said("[b-a]"), "invalid character class range");
        assert_eq!(said("\\"), "trailing backslash at end of expression");
        assert_eq!(said(r"\1"), "invalid escape sequence");
    }
}
