//! Lines as they are typed at a terminal: keys in, lines and what to draw out. Pure; [`super::prompt`] has the terminal.
//!
//! A line may be as long as it likes: on the screen it takes one row, which moves with the cursor.

/// What is typed, the cursor in it, and the lines before.
#[derive(Debug, Default)]
pub(super) struct LineEditor {
    text: Vec<char>,
    cursor: usize,
    /// Bytes of a key that is not complete.
    pending: Vec<u8>,
    history: Vec<Vec<char>>,
    /// Which line of the history is shown; past the last for a new one.
    shown: usize,
}

/// What came of some keys.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Typed {
    /// Whole lines, each with its end.
    pub(super) lines: Vec<u8>,
    /// Ctrl-D on an empty line.
    pub(super) is_end: bool,
}

/// A key other than a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    Delete,
    Unknown,
}

impl LineEditor {
    /// Takes bytes from the keyboard.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Typed {
        let mut typed = Typed::default();
        self.pending.extend_from_slice(bytes);
        let pending = std::mem::take(&mut self.pending);
        let mut rest = pending.as_slice();
        while let Some(first) = rest.first() {
            let taken = match first {
                0x1b => self.escape(rest),
                0x00..=0x1f | 0x7f => {
                    self.control(*first, &mut typed);
                    Some(1)
                }
                _ => self.character(rest),
            };
            let Some(after) = taken.and_then(|taken| rest.get(taken..)) else {
                break;
            };
            rest = after;
        }
        self.pending = rest.to_vec();
        typed
    }

    /// The row as it should be drawn in so many columns, and the column of the cursor.
    pub(super) fn row(&self, columns: usize) -> (String, usize) {
        let room = columns.saturating_sub(2).max(1);
        let first = self.cursor.saturating_sub(room);
        let visible = self.text.iter().skip(first).take(room);
        let visible = visible.map(|c| if c.is_control() { ' ' } else { *c });
        (
            format!(">{}", visible.collect::<String>()),
            1 + self.cursor - first,
        )
    }

    /// A character of up to four bytes; bytes that are none are dropped, as a terminal types text.
    fn character(&mut self, bytes: &[u8]) -> Option<usize> {
        let chunk = bytes.utf8_chunks().next()?;
        if let Some(c) = chunk.valid().chars().next() {
            self.text.insert(self.cursor, c);
            self.cursor += 1;
            return Some(c.len_utf8());
        }
        // Three bytes may be the beginning of a character whose end has not come.
        let is_cut_off = chunk.invalid().len() == bytes.len() && bytes.len() < 4;
        (!is_cut_off).then(|| chunk.invalid().len())
    }

    /// A key that begins with ESC; none while it is not complete.
    fn escape(&mut self, bytes: &[u8]) -> Option<usize> {
        let (key, length) = match bytes {
            [_] | [_, b'[' | b'O'] => return None,
            [_, b'[', rest @ ..] => {
                let end = rest.iter().position(|byte| (0x40..=0x7e).contains(byte))?;
                let key = match (rest.get(..end)?, rest.get(end)?) {
                    (b"1" | b"7", b'~') => Key::Home,
                    (b"4" | b"8", b'~') => Key::End,
                    (b"3", b'~') => Key::Delete,
                    (b"", letter) => named(*letter),
                    _ => Key::Unknown,
                };
                (key, end + 3)
            }
            [_, b'O', letter, ..] => (named(*letter), 3),
            _ => (Key::Unknown, 1),
        };
        self.press(key);
        Some(length)
    }

    fn control(&mut self, byte: u8, typed: &mut Typed) {
        match byte {
            b'\n' | b'\r' => {
                let text: String = self.text.iter().collect();
                typed.lines.extend_from_slice(text.as_bytes());
                typed.lines.push(b'\n');
                let line = std::mem::take(&mut self.text);
                if !line.is_empty() && self.history.last() != Some(&line) {
                    self.history.push(line);
                }
                (self.cursor, self.shown) = (0, self.history.len());
            }
            b'\t' => {
                self.text.insert(self.cursor, '\t');
                self.cursor += 1;
            }
            0x7f | 0x08 if self.cursor > 0 => {
                self.cursor -= 1;
                self.text.remove(self.cursor);
            }
            0x04 if self.text.is_empty() => typed.is_end = true,
            0x04 => self.press(Key::Delete),
            0x01 => self.press(Key::Home),
            0x05 => self.press(Key::End),
            0x02 => self.press(Key::Left),
            0x06 => self.press(Key::Right),
            0x10 => self.press(Key::Up),
            0x0e => self.press(Key::Down),
            0x0b => self.text.truncate(self.cursor),
            0x15 => {
                self.text.drain(..self.cursor);
                self.cursor = 0;
            }
            0x17 => self.erase_word(),
            _ => {}
        }
    }

    fn erase_word(&mut self) {
        let before = self.text.get(..self.cursor).unwrap_or_default();
        let word_end = before
            .iter()
            .rposition(|c| *c != ' ')
            .map_or(0, |at| at + 1);
        let word = before.get(..word_end).unwrap_or_default();
        let from = word.iter().rposition(|c| *c == ' ').map_or(0, |at| at + 1);
        self.text.drain(from..self.cursor);
        self.cursor = from;
    }

    fn press(&mut self, key: Key) {
        match key {
            Key::Left => self.cursor = self.cursor.saturating_sub(1),
            Key::Right => self.cursor = (self.cursor + 1).min(self.text.len()),
            Key::Home => self.cursor = 0,
            Key::End => self.cursor = self.text.len(),
            Key::Delete if self.cursor < self.text.len() => drop(self.text.remove(self.cursor)),
            Key::Up => self.show(self.shown.saturating_sub(1)),
            Key::Down => self.show((self.shown + 1).min(self.history.len())),
            Key::Delete | Key::Unknown => {}
        }
    }

    fn show(&mut self, at: usize) {
        if at != self.shown {
            self.shown = at;
            self.text = self.history.get(at).cloned().unwrap_or_default();
            self.cursor = self.text.len();
        }
    }
}

fn named(letter: u8) -> Key {
    match letter {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'H' => Key::Home,
        b'F' => Key::End,
        _ => Key::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The lines that come of these keys.
    fn lines(keys: &str) -> String {
        String::from_utf8(LineEditor::default().feed(keys.as_bytes()).lines).unwrap()
    }

    #[test]
    fn keys_change_the_line() {
        for (keys, expected) in [
            ("abc\n", "abc\n"),
            ("ac\x1b[Db\n", "abc\n"),
            ("bc\x01a\x05d\r", "abcd\n"),
            ("abx\x7fc\n", "abc\n"),
            ("xabc\x1bOH\x1b[3~\n", "abc\n"),
            ("abcxx\x02\x02\x0b\n", "abc\n"),
            ("xx\x15abc\n", "abc\n"),
            ("one two  \x17\x17three\n", "three\n"),
            ("tab\there\n", "tab\there\n"),
            ("ünï🦀x\x7f\n", "ünï🦀\n"),
            ("\x1b[20;2~a\x1bb\n", "ab\n"),
            ("\n", "\n"),
        ] {
            assert_eq!(lines(keys), expected, "{keys:?}");
        }
    }

    #[test]
    fn earlier_lines_come_back() {
        assert_eq!(lines("one\ntwo\n\x1b[A\x1b[A!\n"), "one\ntwo\none!\n");
        assert_eq!(lines("one\n\x10\x0enew\n"), "one\nnew\n");
    }

    #[test]
    fn the_end_is_ctrl_d_on_an_empty_line() {
        let mut editor = LineEditor::default();
        assert!(!editor.feed(b"a\x04").is_end);
        assert!(editor.feed(b"\x7f\x04").is_end);
    }

    #[test]
    fn a_row_shows_the_part_around_the_cursor() {
        let mut editor = LineEditor::default();
        editor.feed(b"0123456789");
        assert_eq!(editor.row(80), (">0123456789".to_owned(), 11));
        assert_eq!(editor.row(7), (">56789".to_owned(), 6));
        editor.feed(b"\x01");
        assert_eq!(editor.row(7), (">01234".to_owned(), 1));
    }

    proptest! {
        #[test]
        fn text_arrives_whole_however_it_is_cut(text in "[^\\p{Cc}]{0,40}", at in 0..40_usize) {
            let bytes = format!("{text}\n").into_bytes();
            let (first, second) = bytes.split_at(at.min(bytes.len()));
            let mut editor = LineEditor::default();
            let mut lines = editor.feed(first).lines;
            lines.extend(editor.feed(second).lines);
            prop_assert_eq!(lines, bytes);
        }

        #[test]
        fn no_keys_make_it_panic(keys in proptest::collection::vec(any::<u8>(), 0..60), columns in 0..20_usize) {
            let mut editor = LineEditor::default();
            for key in keys {
                editor.feed(&[key]);
                editor.row(columns);
            }
        }
    }
}
