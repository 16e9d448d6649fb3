//! The part of TOML that a configuration of ours needs: tables, strings, words (`true`, `3`) and lists of them.

use std::{iter::Peekable, str::Chars};

/// A key with all of its tables, and its value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// `profile`, `prod`, `bootstrap`.
    pub(super) path: Vec<String>,
    /// What it is set to.
    pub(super) value: Value,
}

/// A value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// In quotes.
    Text(String),
    /// Without: a number, `true`, `false`.
    Word(String),
    /// In square brackets.
    List(Vec<Self>),
}

/// Where and why text cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {expected} is expected")]
pub(super) struct Error {
    /// From 1.
    pub(super) line: usize,
    /// What should stand there.
    pub(super) expected: &'static str,
}

/// Reads a whole file.
///
/// # Errors
/// [`Error`] at the first line that is not understood.
pub(super) fn read(text: &str) -> Result<Vec<Entry>, Error> {
    let mut reader = Reader {
        rest: text.chars().peekable(),
        line: 1,
    };
    let mut entries = Vec::new();
    let mut table = Vec::new();
    loop {
        reader.skip_lines();
        match reader.rest.peek() {
            None => return Ok(entries),
            Some('[') => table = reader.header()?,
            Some(_) => {
                let mut path = table.clone();
                path.extend(reader.path()?);
                reader.expect('=', "'='")?;
                let value = reader.value()?;
                entries.push(Entry { path, value });
            }
        }
        reader.end_of_line()?;
    }
}

/// The table that a line opens, if it is the head of one.
pub(super) fn table(line: &str) -> Option<Vec<String>> {
    let mut reader = Reader {
        rest: line.trim_start().chars().peekable(),
        line: 1,
    };
    reader.header().ok()
}

/// `text` as a string that [`read`] takes.
pub(super) fn quoted(text: &str) -> String {
    let escaped = text.chars().flat_map(|c| {
        let escape = match c {
            '"' | '\\' => Some('\\'),
            _ => None,
        };
        escape.into_iter().chain([c])
    });
    let escaped: String = escaped.collect();
    format!("\"{}\"", escaped.replace('\n', "\\n").replace('\t', "\\t"))
}

struct Reader<'t> {
    rest: Peekable<Chars<'t>>,
    line: usize,
}

impl Reader<'_> {
    const fn error(&self, expected: &'static str) -> Error {
        Error {
            line: self.line,
            expected,
        }
    }

    fn skip_blanks(&mut self) {
        while self
            .rest
            .next_if(|c| matches!(c, ' ' | '\t' | '\r'))
            .is_some()
        {}
    }

    /// Blanks, comments and line ends.
    fn skip_lines(&mut self) {
        loop {
            self.skip_blanks();
            match self.rest.peek() {
                Some('#') => while self.rest.next_if(|c| *c != '\n').is_some() {},
                Some('\n') => {
                    self.line += 1;
                    self.rest.next();
                }
                _ => return,
            }
        }
    }

    fn end_of_line(&mut self) -> Result<(), Error> {
        self.skip_blanks();
        match self.rest.peek() {
            None | Some('#' | '\n') => Ok(()),
            Some(_) => Err(self.error("the end of the line")),
        }
    }

    fn expect(&mut self, sign: char, name: &'static str) -> Result<(), Error> {
        self.skip_blanks();
        match self.rest.next_if_eq(&sign) {
            Some(_) => Ok(()),
            None => Err(self.error(name)),
        }
    }

    fn header(&mut self) -> Result<Vec<String>, Error> {
        self.expect('[', "'['")?;
        let path = self.path()?;
        self.expect(']', "']'")?;
        Ok(path)
    }

    /// Keys with dots between them.
    fn path(&mut self) -> Result<Vec<String>, Error> {
        let mut path = Vec::new();
        loop {
            self.skip_blanks();
            path.push(match self.rest.peek() {
                Some('"' | '\'') => self.text()?,
                _ => self.word("a key")?,
            });
            self.skip_blanks();
            if self.rest.next_if_eq(&'.').is_none() {
                return Ok(path);
            }
        }
    }

    fn word(&mut self, expected: &'static str) -> Result<String, Error> {
        let mut word = String::new();
        let is_bare = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        while let Some(c) = self.rest.next_if(is_bare) {
            word.push(c);
        }
        if word.is_empty() {
            return Err(self.error(expected));
        }
        Ok(word)
    }

    fn text(&mut self) -> Result<String, Error> {
        let quote = self.rest.next();
        let mut text = String::new();
        loop {
            match self.rest.next_if(|c| *c != '\n') {
                None => return Err(self.error("a closing quote")),
                c if c == quote => return Ok(text),
                Some('\\') if quote == Some('"') => text.push(match self.rest.next() {
                    Some(c @ ('"' | '\\')) => c,
                    Some('n') => '\n',
                    Some('t') => '\t',
                    _ => return Err(self.error("one of \\\" \\\\ \\n \\t")),
                }),
                Some(c) => text.push(c),
            }
        }
    }

    fn value(&mut self) -> Result<Value, Error> {
        self.skip_blanks();
        match self.rest.peek() {
            Some('"' | '\'') => Ok(Value::Text(self.text()?)),
            Some('[') => self.list(),
            _ => Ok(Value::Word(self.word("a value")?)),
        }
    }

    /// A list of texts and words, over several lines if need be.
    fn list(&mut self) -> Result<Value, Error> {
        self.rest.next();
        let mut list = Vec::new();
        loop {
            self.skip_lines();
            match self.rest.peek() {
                Some(']') => {
                    self.rest.next();
                    return Ok(Value::List(list));
                }
                Some('"' | '\'') => list.push(Value::Text(self.text()?)),
                _ => list.push(Value::Word(self.word("a value or ']'")?)),
            }
            self.skip_lines();
            if self.rest.next_if_eq(&',').is_none() && self.rest.peek() != Some(&']') {
                return Err(self.error("',' or ']'"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_strings_words_and_lists_are_read() {
        let text = "current = \"dev\" # now\n\n[profile.prod]\nbootstrap = [ 'b1:9093', # first\n  \"b2:9093\", ]\n\
                    protected = true\n[profile.\"a b\".client]\n\"security.protocol\" = \"a\\\"\\\\\"\n";
        let entries = read(text).unwrap();
        let shown: Vec<_> = entries
            .iter()
            .map(|entry| format!("{} {:?}", entry.path.join("|"), entry.value))
            .collect();
        assert_eq!(
            shown,
            [
                "current Text(\"dev\")",
                "profile|prod|bootstrap List([Text(\"b1:9093\"), Text(\"b2:9093\")])",
                "profile|prod|protected Word(\"true\")",
                "profile|a b|client|security.protocol Text(\"a\\\"\\\\\")",
            ]
        );
    }

    #[test]
    fn what_is_not_understood_is_told_by_its_line() {
        for (text, line, expected) in [
            ("a = 1\nb", 2, "'='"),
            ("a = 'x", 1, "a closing quote"),
            ("[a", 1, "']'"),
            ("a = [1 2]", 1, "',' or ']'"),
            ("a = 1 2", 1, "the end of the line"),
            ("= 1", 1, "a key"),
            ("a = \"\\u1234\"", 1, "one of \\\" \\\\ \\n \\t"),
        ] {
            assert_eq!(read(text), Err(Error { line, expected }), "{text}");
        }
    }

    #[test]
    fn quoted_text_is_read_back() {
        let text = "a\"b\\c\nd\te";
        let entries = read(&format!("k = {}", quoted(text))).unwrap();
        assert_eq!(entries.first().unwrap().value, Value::Text(text.to_owned()));
    }
}
