//! Where a broker listens, as a person or a broker wrote it down.

use std::fmt;
use std::str::FromStr;

/// A host and a port. The host is kept as it was written and shown so in errors.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// A name or an IP address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Address {
    /// The address of `port` on `host`.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
        }
    }
}

/// `host:port`, an IPv6 address in brackets.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Text that is not `host:port`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an address: expected HOST:PORT")]
pub struct InvalidAddress(pub String);

/// Reads `host:port`, `[ipv6]:port` or either behind `protocol://`, as Kafka's `Utils.getHost` and `getPort` do; `:port`
/// is on this machine.
impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let invalid = || InvalidAddress(text.to_owned());
        let trimmed = text.trim();
        let rest = trimmed
            .split_once("://")
            .map_or(trimmed, |(_protocol, rest)| rest);
        let (host, port) = rest.rsplit_once(':').ok_or_else(invalid)?;
        if host.is_empty() {
            return Ok(Self::new(
                "localhost",
                port.parse().ok().ok_or_else(invalid)?,
            ));
        }
        let host = host
            .strip_prefix('[')
            .and_then(|inner| inner.strip_suffix(']'))
            .unwrap_or(host);
        let is_host = |c: char| c.is_ascii_alphanumeric() || "-._%:".contains(c);
        if host.is_empty() || !host.chars().all(is_host) {
            return Err(invalid());
        }
        let port = port.parse().ok().ok_or_else(invalid)?;
        Ok(Self::new(host, port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_read_and_shown_as_written() {
        for (text, host, port) in [
            ("localhost:9092", "localhost", 9092),
            ("PLAINTEXT://Broker-1.example:9", "Broker-1.example", 9),
            ("[::1]:9092", "::1", 9092),
            ("::1:9092", "::1", 9092),
            (":9092", "localhost", 9092),
            ("10.0.0.1:65535", "10.0.0.1", 65535),
        ] {
            assert_eq!(text.parse(), Ok(Address::new(host, port)), "{text}");
        }
        assert_eq!(Address::new("::1", 9).to_string(), "[::1]:9");
        assert_eq!(Address::new("B", 9).to_string(), "B:9");
    }

    #[test]
    fn text_without_a_usable_host_or_port_is_refused() {
        for text in [
            "",
            "localhost",
            ":",
            ":x",
            "[]:9092",
            "localhost:",
            "a:99999",
            "a b:1",
            "a:-1",
            "http://x",
            "é:1",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
