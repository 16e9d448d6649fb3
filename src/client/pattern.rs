//! Which names a regular expression of Java means.
//!
//! What the `regex` crate knows is left to it. It knows no look-around, as in `(?!test).*`, and no `\Q…\E`; patterns with
//! these are matched here, by the set of places that each part can reach: never more steps than the pattern is long
//! times the square of the name. Back-references are refused.

use std::{collections::BTreeSet, iter::Peekable, str::Chars};

use regex::Regex;

/// A regular expression for whole names.
#[derive(Debug, Clone)]
pub struct Pattern(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Plain(Regex),
    Looking(Node),
}

impl Pattern {
    /// # Errors
    /// What the `regex` crate has against `text`, if it is more than look-around and quotes.
    pub fn new(text: &str) -> Result<Self, regex::Error> {
        let plain = Regex::new(text).and_then(|_it| Regex::new(&format!("^(?:{text})$")));
        plain
            .map(|plain| Self(Kind::Plain(plain)))
            .or_else(|error| {
                let node = Parser::new(text).whole();
                node.map(|node| Self(Kind::Looking(node))).ok_or(error)
            })
    }

    /// Whether all of `name` matches.
    pub fn matches(&self, name: &str) -> bool {
        match &self.0 {
            Kind::Plain(regex) => regex.is_match(name),
            Kind::Looking(node) => {
                let letters: Vec<String> = name.chars().map(String::from).collect();
                let ends = node.ends(&letters, &BTreeSet::from([0]));
                ends.contains(&letters.len())
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Node {
    /// A letter, or one of several.
    Letter(Regex),
    Start,
    End,
    Each(Vec<Self>),
    Either(Vec<Self>),
    Repeat(Box<Self>, usize, usize),
    /// What follows does, or does not, match.
    Ahead(Box<Self>, bool),
    /// What is in front does, or does not, match.
    Behind(Box<Self>, bool),
}

impl Node {
    /// Where this can end that begins at one of `starts`.
    fn ends(&self, name: &[String], starts: &BTreeSet<usize>) -> BTreeSet<usize> {
        let all = starts.iter().copied();
        let from = |node: &Self, at| node.ends(name, &BTreeSet::from([at]));
        match self {
            Self::Letter(regex) => {
                let is_met =
                    |at: &usize| name.get(*at).is_some_and(|letter| regex.is_match(letter));
                all.filter(is_met).map(|at| at + 1).collect()
            }
            Self::Start => all.filter(|at| *at == 0).collect(),
            Self::End => all.filter(|at| *at == name.len()).collect(),
            Self::Each(nodes) => nodes
                .iter()
                .fold(starts.clone(), |starts, node| node.ends(name, &starts)),
            Self::Either(nodes) => nodes
                .iter()
                .flat_map(|node| node.ends(name, starts))
                .collect(),
            Self::Repeat(node, least, most) => repeated(node, *least, *most, name, starts),
            Self::Ahead(node, is_wanted) => all
                .filter(|at| from(node, *at).is_empty() != *is_wanted)
                .collect(),
            Self::Behind(node, is_wanted) => all
                .filter(|at| (0..=*at).any(|start| from(node, start).contains(at)) == *is_wanted)
                .collect(),
        }
    }
}

fn repeated(
    node: &Node,
    least: usize,
    most: usize,
    name: &[String],
    starts: &BTreeSet<usize>,
) -> BTreeSet<usize> {
    let mut now = starts.clone();
    for _ in 0..least {
        let next = node.ends(name, &now);
        if next == now {
            break;
        }
        now = next;
    }
    let mut reached = now.clone();
    for _ in least..most {
        now = &node.ends(name, &now) - &reached;
        if now.is_empty() {
            break;
        }
        reached.extend(&now);
    }
    reached
}

/// How deep groups may be nested.
const DEPTH_MAX: usize = 50;

/// Reads a pattern; nothing comes of what is none, or has what is not known here.
struct Parser<'t> {
    rest: Peekable<Chars<'t>>,
    /// `(?i)` and the like, for what follows.
    flags: String,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            rest: text.chars().peekable(),
            flags: String::new(),
            depth: 0,
        }
    }

    fn whole(mut self) -> Option<Node> {
        let node = self.either()?;
        self.rest.next().is_none().then_some(node)
    }

    /// Up to the end of the group.
    fn either(&mut self) -> Option<Node> {
        let mut branches = vec![Vec::new()];
        while let Some(next) = self.rest.next_if(|next| *next != ')') {
            if next == '|' {
                branches.push(Vec::new());
                continue;
            }
            let item = self.item(next)?;
            let item = self.repeat(item)?;
            branches.last_mut()?.push(item);
        }
        Some(Node::Either(branches.into_iter().map(Node::Each).collect()))
    }

    fn item(&mut self, first: char) -> Option<Node> {
        match first {
            '^' => Some(Node::Start),
            '$' => Some(Node::End),
            '(' => self.group(),
            '[' => self.class(),
            '\\' => self.escape(),
            '*' | '+' | '?' | '{' => None,
            '.' => self.letter("."),
            letter => self.letter(&regex::escape(&letter.to_string())),
        }
    }

    fn letter(&self, regex: &str) -> Option<Node> {
        let regex = Regex::new(&format!("{}^(?:{regex})$", self.flags));
        regex.ok().map(Node::Letter)
    }

    fn escape(&mut self) -> Option<Node> {
        match self.rest.next()? {
            'A' => Some(Node::Start),
            'z' | 'Z' => Some(Node::End),
            'Q' => {
                let mut quoted = String::new();
                while !quoted.ends_with("\\E") {
                    let Some(next) = self.rest.next() else { break };
                    quoted.push(next);
                }
                let letters = quoted.strip_suffix("\\E").unwrap_or(&quoted).chars();
                let letters = letters.map(|it| self.letter(&regex::escape(&it.to_string())));
                letters.collect::<Option<_>>().map(Node::Each)
            }
            'b' | 'B' => None,
            mut letter => {
                let mut text = format!("\\{letter}");
                while matches!(text.as_bytes(), [_, b'p' | b'P' | b'x'] | [_, _, b'{', ..])
                    && letter != '}'
                {
                    letter = self.rest.next()?;
                    text.push(letter);
                }
                self.letter(&text)
            }
        }
    }

    fn class(&mut self) -> Option<Node> {
        let mut text = "[".to_owned();
        let mut open = 1;
        while open > 0 {
            let next = self.rest.next()?;
            text.push(next);
            match next {
                '\\' => text.push(self.rest.next()?),
                '[' => open += 1,
                ']' => open -= 1,
                _ => {}
            }
        }
        self.letter(&text)
    }

    fn group(&mut self) -> Option<Node> {
        self.depth += 1;
        let outside = self.flags.clone();
        let mut head = String::new();
        if self.rest.next_if_eq(&'?').is_some() {
            while !head.ends_with([':', '=', '!', '>', ')']) {
                head.push(self.rest.next()?);
            }
        }
        if let Some(flags) = head.strip_suffix(')') {
            self.flag(flags)?;
            self.depth -= 1;
            return Some(Node::Each(Vec::new()));
        }
        let look: Option<fn(Box<Node>, bool) -> Node> = match head.as_str() {
            "=" | "!" => Some(Node::Ahead),
            "<=" | "<!" => Some(Node::Behind),
            "" | ">" => None,
            name if name.starts_with('<') && name.ends_with('>') => None,
            flags => {
                self.flag(flags.strip_suffix(':')?)?;
                None
            }
        };
        let node = (self.depth <= DEPTH_MAX).then(|| self.either())??;
        self.rest.next_if_eq(&')')?;
        self.flags = outside;
        self.depth -= 1;
        Some(match look {
            Some(look) => look(Box::new(node), !head.ends_with('!')),
            None => node,
        })
    }

    fn flag(&mut self, flags: &str) -> Option<()> {
        if !flags
            .chars()
            .all(|flag| matches!(flag, 'i' | 's' | 'u' | '-'))
        {
            return None;
        }
        if !flags.is_empty() {
            self.flags = format!("{}(?{flags})", self.flags);
        }
        Some(())
    }

    /// `item` as often as what follows it says.
    fn repeat(&mut self, item: Node) -> Option<Node> {
        let mut item = item;
        while let Some(sign) = self
            .rest
            .next_if(|next| matches!(next, '*' | '+' | '?' | '{'))
        {
            let (least, most) = match sign {
                '*' => (0, usize::MAX),
                '+' => (1, usize::MAX),
                '?' => (0, 1),
                _ => self.times()?,
            };
            // Whether more or less is tried first changes nothing for a whole name.
            self.rest.next_if(|next| matches!(next, '?' | '+'));
            item = Node::Repeat(Box::new(item), least, most);
        }
        Some(item)
    }

    fn times(&mut self) -> Option<(usize, usize)> {
        let mut text = String::new();
        while !text.ends_with('}') {
            text.push(self.rest.next()?);
        }
        let text = text.strip_suffix('}')?;
        let (least, most) = text.split_once(',').unwrap_or((text, text));
        let least = least.parse().ok()?;
        let most = if most.is_empty() {
            usize::MAX
        } else {
            most.parse().ok()?
        };
        (least <= most).then_some((least, most))
    }
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
            ("\\Qa.b\\E.*", "acb", "a.bc"),
            ("(?!a)\\p{Lower}{2}", "ab", "ba"),
            ("(?<!x)(?>a|ab)", "b", "ab"),
        ];
        for (pattern, other, name) in cases {
            assert!(matches(pattern, name), "{pattern} {name}");
            assert!(!matches(pattern, other), "{pattern} {other}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        let bad = [
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
        let deep = format!("(?!a){}{}", "(".repeat(10_000), ")".repeat(10_000));
        assert!(Pattern::new(&deep).is_err());
    }

    #[test]
    fn no_pattern_takes_long() {
        let name = "a".repeat(249);
        assert!(!matches("(?!b)(a*)*(a*)*(a|a)*c", &name));
        assert!(matches("(?!b)(a{0,1000000}){1000000}", &name));
    }
}
