//! Where the broker listens, and under which address it is known: `listeners`, `advertised.listeners` and the map from
//! listener names to security protocols.

use super::settings::Settings;
use crate::protocol::config::{InvalidConfig, elements};

/// One socket that clients and brokers connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Its name, such as `PLAINTEXT`; upper case.
    pub name: String,
    /// Where it is bound; an empty host stands for every interface, port 0 for any free one.
    pub bind: HostPort,
    /// What others are told to connect to; `None` for where it is bound.
    pub advertised: Option<HostPort>,
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    /// Name or address, without the brackets of IPv6.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

const FORM: &str = "expected NAME://HOST:PORT, several of them separated by commas";

/// The listeners of the broker role; those of the controller role are left out, as the controller is in this process.
pub(super) fn read(settings: &Settings<'_>) -> Result<Vec<Listener>, InvalidConfig> {
    let text = settings.text("listeners")?;
    let bound = endpoints("listeners", &text)?;
    let advertised = match settings.optional_text("advertised.listeners")? {
        Some(text) => endpoints("advertised.listeners", &text)?,
        None => Vec::new(),
    };
    check_advertised(&bound, &advertised)?;
    let controllers = names(
        &settings
            .optional_text("controller.listener.names")?
            .unwrap_or_default(),
    );
    let protocols = Protocols::read(settings)?;
    let mut listeners: Vec<Listener> = Vec::new();
    for (name, bind) in bound {
        if controllers.contains(&name) {
            continue;
        }
        protocols.check(&name, &text)?;
        if listeners.iter().any(|listener| listener.name == name) {
            return Err(refuse(
                "listeners",
                &text,
                "each listener must have a different name",
            ));
        }
        let advertised = advertised
            .iter()
            .find(|(other, _)| *other == name)
            .map(|(_, address)| address.clone());
        listeners.push(Listener {
            name,
            bind,
            advertised,
        });
    }
    let between_brokers = settings.optional_text("inter.broker.listener.name")?;
    if let Some(name) =
        between_brokers.filter(|name| !listeners.iter().any(|listener| *name == listener.name))
    {
        return Err(refuse(
            "inter.broker.listener.name",
            &name,
            "expected the name of one of the listeners",
        ));
    }
    if listeners.is_empty() {
        return Err(refuse(
            "listeners",
            &text,
            "there must be one that is not in controller.listener.names",
        ));
    }
    Ok(listeners)
}

fn check_advertised(
    bound: &[(String, HostPort)],
    advertised: &[(String, HostPort)],
) -> Result<(), InvalidConfig> {
    for (name, address) in advertised {
        let value = format!("{name}://{}:{}", address.host, address.port);
        if !bound.iter().any(|(other, _)| other == name) {
            let reason = "its name must be that of one of the listeners";
            return Err(refuse("advertised.listeners", &value, reason));
        }
        if address.host == "0.0.0.0" || address.host == "::" {
            let reason = "clients cannot connect to this meta-address; name a host or an address";
            return Err(refuse("advertised.listeners", &value, reason));
        }
    }
    Ok(())
}

fn endpoints(key: &str, text: &str) -> Result<Vec<(String, HostPort)>, InvalidConfig> {
    elements(text)
        .map(|element| endpoint(element).ok_or_else(|| refuse(key, text, FORM)))
        .collect()
}

/// Reads `NAME://HOST:PORT`, `NAME://:PORT` or `NAME://[ADDRESS]:PORT`.
fn endpoint(text: &str) -> Option<(String, HostPort)> {
    let (name, address) = text.split_once("://")?;
    let (host, port) = address.rsplit_once(':')?;
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    let is_host = |c: char| c.is_ascii_alphanumeric() || "-%._:".contains(c);
    if name.is_empty() || !host.chars().all(is_host) {
        return None;
    }
    Some((
        name.to_uppercase(),
        HostPort {
            host: host.to_owned(),
            port: port.parse().ok()?,
        },
    ))
}

fn names(text: &str) -> Vec<String> {
    elements(text).map(str::to_uppercase).collect()
}

/// Which security protocol each listener name stands for.
struct Protocols {
    text: String,
    pairs: Vec<(String, String)>,
}

impl Protocols {
    fn read(settings: &Settings<'_>) -> Result<Self, InvalidConfig> {
        const KEY: &str = "listener.security.protocol.map";
        let text = settings.text(KEY)?;
        let pair = |element: &str| {
            element
                .split_once(':')
                .map(|(name, protocol)| (name.to_uppercase(), protocol.to_uppercase()))
        };
        let pairs: Option<Vec<_>> = elements(&text).map(pair).collect();
        let reason = "expected NAME:PROTOCOL, several of them separated by commas";
        let pairs = pairs.ok_or_else(|| refuse(KEY, &text, reason))?;
        Ok(Self { text, pairs })
    }

    fn check(&self, name: &str, listeners: &str) -> Result<(), InvalidConfig> {
        let Some((_, protocol)) = self.pairs.iter().find(|(other, _)| other == name) else {
            let reason = format!("no security protocol is defined for listener {name}");
            return Err(refuse("listener.security.protocol.map", &self.text, reason));
        };
        if protocol == "PLAINTEXT" {
            return Ok(());
        }
        let reason = format!(
            "listener {name} is of security protocol {protocol}, and only PLAINTEXT is supported yet"
        );
        Err(refuse("listeners", listeners, reason))
    }
}

fn refuse(key: &str, value: &str, reason: impl Into<String>) -> InvalidConfig {
    InvalidConfig::Value {
        name: key.to_owned(),
        value: value.to_owned(),
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn listeners(given: &[(&str, &str)]) -> Result<Vec<Listener>, String> {
        let given: BTreeMap<String, String> = given
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        read(&Settings::new(&given)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_controllers_listener_is_left_out_and_addresses_are_paired_by_name() {
        let found = listeners(&[
            (
                "listeners",
                "PLAINTEXT://:9092,CONTROLLER://:9093,extra://[::1]:0",
            ),
            (
                "advertised.listeners",
                "PLAINTEXT://localhost:19092,CONTROLLER://localhost:9093",
            ),
            ("controller.listener.names", "CONTROLLER"),
            (
                "listener.security.protocol.map",
                "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,EXTRA:PLAINTEXT",
            ),
        ])
        .unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].bind.host.as_str(), found[0].bind.port),
            ("", 9092)
        );
        assert_eq!(
            found[0].advertised,
            Some(HostPort {
                host: "localhost".to_owned(),
                port: 19092
            })
        );
        assert_eq!(
            (
                found[1].name.as_str(),
                found[1].bind.host.as_str(),
                found[1].bind.port
            ),
            ("EXTRA", "::1", 0)
        );
        assert_eq!(found[1].advertised, None);
    }

    #[test]
    fn what_cannot_work_is_refused_with_the_key_and_the_expected_form() {
        for (given, words) in [
            (("listeners", "9092"), "expected NAME://HOST:PORT"),
            (
                ("listeners", "PLAINTEXT://:99999"),
                "expected NAME://HOST:PORT",
            ),
            (
                ("listeners", "A://:1"),
                "no security protocol is defined for listener A",
            ),
            (
                ("listeners", "SSL://:9093"),
                "only PLAINTEXT is supported yet",
            ),
            (
                ("listeners", "PLAINTEXT://:1,PLAINTEXT://:2"),
                "a different name",
            ),
            (("listeners", ""), "there must be one"),
            (
                ("advertised.listeners", "PLAINTEXT://0.0.0.0:9092"),
                "meta-address",
            ),
            (
                ("advertised.listeners", "OTHER://h:9092"),
                "one of the listeners",
            ),
            (
                ("inter.broker.listener.name", "OTHER"),
                "one of the listeners",
            ),
            (
                ("listener.security.protocol.map", "x"),
                "expected NAME:PROTOCOL",
            ),
        ] {
            let refusal = listeners(&[given]).unwrap_err();
            assert!(
                refusal.starts_with("Invalid value ") && refusal.contains(words),
                "{refusal}"
            );
        }
    }
}
