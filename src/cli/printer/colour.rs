//! The few colours in use, from the sixteen that a terminal's theme decides about.
//!
//! A text is marked with colours first, with signs that take no room, and painted when it is printed.

/// What a colour says: red is wrong now, yellow is worth a look, green a confirmed success, bold the thing asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Wrong now.
    Red,
    /// Worth a look.
    Yellow,
    /// A confirmed success.
    Green,
    /// The thing asked about.
    Bold,
    /// Decoration.
    Dim,
}

/// What begins a colour in marked text, and in a terminal's. Invisible characters that nothing else uses.
const BEGINS: [(char, &str); 5] = [
    ('\u{2061}', "\x1b[31m"),
    ('\u{2062}', "\x1b[33m"),
    ('\u{2063}', "\x1b[32m"),
    ('\u{2064}', "\x1b[1m"),
    ('\u{2065}', "\x1b[2m"),
];
/// What ends it.
const ENDS: (char, &str) = ('\u{2060}', "\x1b[0m");

impl Colour {
    /// `text` in this colour, or as it is when `wanted` is false.
    pub fn paint(self, text: &str, wanted: bool) -> String {
        paint(&self.mark(text), wanted)
    }

    /// `text` marked for [`paint`].
    pub fn mark(self, text: &str) -> String {
        let begin = match self {
            Self::Red => '\u{2061}',
            Self::Yellow => '\u{2062}',
            Self::Green => '\u{2063}',
            Self::Bold => '\u{2064}',
            Self::Dim => '\u{2065}',
        };
        format!("{begin}{text}{}", ENDS.0)
    }
}

/// Marked text for a terminal, in colour if that is `wanted`.
pub fn paint(text: &str, wanted: bool) -> String {
    let mut painted = String::with_capacity(text.len());
    for c in text.chars() {
        match BEGINS.iter().chain([&ENDS]).find(|(mark, _)| *mark == c) {
            Some((_, code)) if wanted => painted.push_str(code),
            Some(_) => {}
            None => painted.push(c),
        }
    }
    painted
}

/// Characters of marked text that can be seen.
pub fn width(text: &str) -> usize {
    text.chars()
        .filter(|c| !matches!(c, '\u{2060}'..='\u{2065}'))
        .count()
}
