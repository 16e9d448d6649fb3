//! Signs beyond ASCII: bars, sparklines, dashes; and what stands for them where a terminal cannot show them.

/// `text` as a terminal can show it: control characters, which could come from anywhere, become `?`; without UTF-8 the
/// signs in use become ASCII.
pub fn spell(text: &str, unicode: bool) -> String {
    let mut spelt = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_control() => spelt.push('?'),
            c if unicode => spelt.push(c),
            '–' | '−' => spelt.push('-'),
            '…' => spelt.push_str("..."),
            '×' => spelt.push('x'),
            '→' => spelt.push_str("->"),
            '▲' => spelt.push('^'),
            '▼' => spelt.push('v'),
            '█' | '▉' | '▊' | '▋' | '▌' | '▅' | '▆' | '▇' => spelt.push('#'),
            '▍' | '▎' | '▏' => {}
            '▁' => spelt.push('_'),
            '▂' | '▃' | '▄' => spelt.push('='),
            c => spelt.push(c),
        }
    }
    spelt
}

/// `text` cut in the middle to so many characters: `very-long-to…c-name`.
pub fn cut(text: &str, width: usize, unicode: bool) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    let between = if unicode { "…" } else { "..." };
    let kept = width.saturating_sub(between.chars().count());
    let front: String = text.chars().take(kept / 2).collect();
    let back: String = text.chars().skip(length - kept.div_ceil(2)).collect();
    format!("{front}{between}{back}")
}

/// Characters that a whole bar takes.
const BAR: u64 = 10;

/// A bar for `part` of `whole`, in eighths of a character; something is always to be seen of what is not nothing.
pub fn bar(part: u64, whole: u64) -> String {
    let eighths = u128::from(part) * u128::from(BAR * 8) / u128::from(whole.max(1));
    let eighths = usize::try_from(eighths)
        .unwrap_or(0)
        .max(usize::from(part > 0));
    let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let rest = rest.get(eighths % 8).copied().unwrap_or_default();
    "█".repeat(eighths / 8) + rest
}

/// One column for each number, as high as it is beside the largest.
pub fn sparkline(numbers: impl Iterator<Item = u64> + Clone) -> String {
    let most = numbers.clone().max().unwrap_or(0).max(1);
    let column = |number: u64| {
        let level = usize::try_from(u128::from(number) * 7 / u128::from(most)).unwrap_or(0);
        "▁▂▃▄▅▆▇█".chars().nth(level).unwrap_or('█')
    };
    numbers.map(column).collect()
}

/// Text that cannot wreck a terminal: control characters and bytes that are not UTF-8 become escapes; tabs and newlines stay.
pub fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() && c != '\n' && c != '\t' {
                text.extend(c.escape_default());
            } else {
                text.push(c);
            }
        }
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_steer_the_terminal() {
        assert_eq!(spell("a\x1b[2Jb\n", true), "a?[2Jb?");
    }

    #[test]
    fn signs_have_an_ascii_form() {
        assert_eq!(
            spell("1 × 2 → – … ▲ ██▍ ▁▃█", false),
            "1 x 2 -> - ... ^ ## _=#"
        );
    }

    #[test]
    fn long_names_are_cut_in_the_middle() {
        assert_eq!(cut("very-long-topic-name", 11, true), "very-…-name");
        assert_eq!(cut("very-long-topic-name", 11, false), "very...name");
        assert_eq!(cut("short", 5, true), "short");
    }

    #[test]
    fn bars_have_eighths() {
        assert_eq!(bar(10, 10), "██████████");
        assert_eq!(bar(3, 10), "███");
        assert_eq!(bar(1, 1000), "▏");
        assert_eq!(bar(0, 10), "");
        assert_eq!(bar(0, 0), "");
        assert_eq!(bar(u64::MAX, u64::MAX), "██████████");
    }

    #[test]
    fn sparklines_are_as_high_as_their_numbers() {
        assert_eq!(sparkline([0, 1, 7].into_iter()), "▁▂█");
        assert_eq!(sparkline([0, 0].into_iter()), "▁▁");
    }

    #[test]
    fn a_terminal_is_not_wrecked() {
        assert_eq!(
            escaped(b"a\x1b[31m\tb\xff\r\n"),
            "a\\u{1b}[31m\tb\\xff\\r\n"
        );
    }
}
