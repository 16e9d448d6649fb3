//! Reading typed keys out of properties, remembering which were asked for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::properties::{Error, Properties};

/// Every key that is asked for counts as known; the rest has no effect here, or is misspelt.
#[derive(Debug)]
pub(super) struct Reader<'p> {
    properties: &'p Properties,
    known: RefCell<Keys>,
}

/// Keys, each with its values where there are only some.
pub type Keys = BTreeMap<&'static str, Vec<&'static str>>;

/// The keys that `read` asks for, but those that it refuses whatever they are.
pub(super) fn keys<T>(read: impl Fn(&Reader<'_>) -> Result<T, Error>) -> Keys {
    let server = "bootstrap.servers";
    let properties = [(server, "localhost:9092")].into_iter().collect();
    let reader = Reader::new(&properties);
    read(&reader).ok();
    let mut known = reader.known.into_inner();
    known.remove(server);
    known.retain(|key, _| {
        let properties = [(server, "localhost:9092"), (key, "?")].into_iter().collect();
        let outcome = read(&Reader::new(&properties));
        !matches!(outcome, Err(Error::Invalid { reason, .. }) if reason.contains("not supported yet"))
    });
    known
}

impl<'p> Reader<'p> {
    pub(super) const fn new(properties: &'p Properties) -> Self {
        Self {
            properties,
            known: RefCell::new(Keys::new()),
        }
    }

    /// Keys that are given but that nobody has asked for.
    pub(super) fn unused(&self) -> Vec<String> {
        let known = self.known.borrow();
        self.properties
            .iter()
            .map(|(key, _value)| key)
            .filter(|key| !known.contains_key(key))
            .map(str::to_owned)
            .collect()
    }

    /// The first key of this kind.
    pub(super) fn find(&self, is_it: impl Fn(&str) -> bool) -> Option<&'p str> {
        let mut keys = self.properties.iter().map(|(key, _value)| key);
        keys.find(|key| is_it(key))
    }

    fn note(&self, key: &'static str) -> &'static str {
        self.note_values(key, &[])
    }

    /// Takes note of a key that has only these values, or mostly.
    pub(super) fn note_values(&self, key: &'static str, values: &[&'static str]) -> &'static str {
        let mut known = self.known.borrow_mut();
        known.entry(key).or_default().extend(values);
        key
    }

    /// Trimmed text; none if it is empty.
    pub(super) fn text(&self, key: &'static str) -> Option<&'p str> {
        let text = self.properties.get(self.note(key))?.trim();
        (!text.is_empty()).then_some(text)
    }

    pub(super) fn list(&self, key: &'static str) -> Option<Vec<&'p str>> {
        self.properties.list(self.note(key))
    }

    pub(super) fn boolean(&self, key: &'static str) -> Result<Option<bool>, Error> {
        self.properties
            .boolean(self.note_values(key, &["true", "false"]))
    }

    pub(super) fn one_of(
        &self,
        key: &'static str,
        choices: &[&'static str],
    ) -> Result<Option<&'p str>, Error> {
        self.properties
            .one_of(self.note_values(key, choices), choices)
    }

    pub(super) fn int(
        &self,
        key: &'static str,
        bounds: RangeInclusive<i32>,
    ) -> Result<Option<i32>, Error> {
        let Some(value) = self.properties.int(self.note(key))? else {
            return Ok(None);
        };
        check(
            key,
            i64::from(value),
            i64::from(*bounds.start())..=i64::from(*bounds.end()),
        )?;
        Ok(Some(value))
    }

    pub(super) fn long(
        &self,
        key: &'static str,
        bounds: RangeInclusive<i64>,
    ) -> Result<Option<i64>, Error> {
        let Some(value) = self.properties.long(self.note(key))? else {
            return Ok(None);
        };
        check(key, value, bounds)?;
        Ok(Some(value))
    }

    /// A number of bytes or records, from `least`.
    pub(super) fn count(
        &self,
        key: &'static str,
        least: i32,
        default: usize,
    ) -> Result<usize, Error> {
        let value = self.int(key, least..=i32::MAX)?;
        Ok(value.map_or(default, |value| usize::try_from(value).unwrap_or(0)))
    }

    /// A number of milliseconds, at least 0.
    pub(super) fn millis(&self, key: &'static str, default_ms: u64) -> Result<Duration, Error> {
        let value = self.long(key, 0..=i64::MAX)?;
        let millis = value.map_or(default_ms, |value| u64::try_from(value).unwrap_or(0));
        Ok(Duration::from_millis(millis))
    }

    /// As [`Self::millis`], for a key whose type is a 32-bit number.
    pub(super) fn int_millis(&self, key: &'static str, default_ms: u64) -> Result<Duration, Error> {
        self.int(key, 0..=i32::MAX)?;
        self.millis(key, default_ms)
    }

    /// As [`Self::millis`], -1 standing for "never".
    pub(super) fn millis_or_never(
        &self,
        key: &'static str,
        default_ms: u64,
    ) -> Result<Duration, Error> {
        let value = self.long(key, -1..=i64::MAX)?;
        let millis = value.map_or(default_ms, |value| u64::try_from(value).unwrap_or(NEVER_MS));
        Ok(Duration::from_millis(millis.min(NEVER_MS)))
    }
}

/// Long enough for "never", short enough to be added to an instant.
const NEVER_MS: u64 = 1 << 40;

fn check(key: &str, value: i64, bounds: RangeInclusive<i64>) -> Result<(), Error> {
    if value < *bounds.start() {
        let reason = format!("Value must be at least {}", bounds.start());
        return Err(Error::invalid(key, value, reason));
    }
    if value > *bounds.end() {
        let reason = format!("Value must be no more than {}", bounds.end());
        return Err(Error::invalid(key, value, reason));
    }
    Ok(())
}
