//! The few colours in use, from the sixteen that a terminal's theme decides about.

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

impl Colour {
    /// `text` in this colour, or as it is when `wanted` is false.
    pub fn paint(self, text: &str, wanted: bool) -> String {
        if !wanted {
            return text.to_owned();
        }
        let code = match self {
            Self::Red => "31",
            Self::Yellow => "33",
            Self::Green => "32",
            Self::Bold => "1",
            Self::Dim => "2",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}
