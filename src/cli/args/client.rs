//! How a tool finds its cluster: `--bootstrap-server`, property files and `key=value` words.

use std::{fs::File, io};

use clap::Args;

use crate::{
    cli::{
        failure::{self, Failure, Usage},
        printer::Printer,
    },
    client::{self, Admin, config::ClientConfig},
    net,
    properties::{self, Properties},
};

/// Which cluster, and how to talk to it.
#[derive(Debug, Clone, Default, Args)]
pub struct Connection {
    /// Brokers to ask for the rest of the cluster, separated by commas.
    #[arg(long, value_name = "HOST:PORT,...")]
    pub bootstrap_server: Option<String>,
    /// File of client properties.
    #[arg(long, value_name = "FILE")]
    pub command_config: Option<String>,
    /// What counts where the file says nothing.
    #[arg(skip)]
    pub defaults: Properties,
}

impl Connection {
    /// The client properties: those of the file, and where to begin.
    ///
    /// # Errors
    /// [`read_file`].
    pub fn properties(&self) -> anyhow::Result<Properties> {
        let mut properties = over(&self.defaults, self.command_config.as_deref())?;
        if let Some(servers) = &self.bootstrap_server {
            properties.set("bootstrap.servers", servers);
        }
        Ok(properties)
    }
}

/// What a list of servers looks like.
pub const SERVERS: &str =
    "servers are written --bootstrap-server HOST:PORT, several with commas between them";

/// What a client makes of properties that cannot be used.
pub fn unusable(error: &properties::Error) -> Failure {
    let failure = Failure::new(error.to_string(), about(error));
    let properties::Error::Invalid { key, value, reason } = error else {
        return failure;
    };
    let key = match key.as_str() {
        "bootstrap.servers" => "--bootstrap-server",
        key => key,
    };
    failure.told(failure::wrong_value(key, value, reason))
}

/// What helps with such properties.
pub fn about(error: &properties::Error) -> &'static str {
    match error {
        properties::Error::Invalid { key, .. } if key == "bootstrap.servers" => SERVERS,
        _ => PROPERTIES,
    }
}

/// Where client properties come from.
const PROPERTIES: &str = "properties come from --command-config FILE, --command-property KEY=VALUE and the profile; all of them: --explain";

/// What Apache's tools say of servers that cannot be ones, or whose names nobody knows.
pub const NO_ADMIN: &str = "Failed to create new KafkaAdminClient";

/// What an admin client makes of these properties, and the keys without effect.
///
/// # Errors
/// [`Failure`] for properties that cannot be used.
pub fn config(properties: &Properties) -> Result<(ClientConfig, Vec<String>), Failure> {
    ClientConfig::from_properties(properties).map_err(|error| match &error {
        properties::Error::Invalid { key, .. } if key == "bootstrap.servers" => {
            unusable(&error).with_plain(NO_ADMIN)
        }
        _ => unusable(&error),
    })
}

/// Warns of properties of a client, of the line reader or of a formatter that change nothing here.
pub fn warn_unused(out: &mut Printer<'_>, of: &str, keys: &[String]) {
    if !keys.is_empty() {
        let text = format!("{of} properties without effect here: {}", keys.join(", "));
        out.warning(&text, "org.apache.kafka.common.config.AbstractConfig");
    }
}

/// Connects to a cluster. `call` is what Apache's tool calls first, which it names when nobody answers.
///
/// # Errors
/// [`Failure`] when no broker answers.
pub async fn admin(config: ClientConfig, call: &str) -> Result<Admin, Failure> {
    let is_unknown = |failure: &net::Error| matches!(failure, net::Error::Resolve { .. });
    Admin::connect(config).await.map_err(|error| match &error {
        client::Error::Unreachable { failures, .. } if failures.iter().all(is_unknown) => {
            Failure::from(&error).with_plain(NO_ADMIN)
        }
        _ => failure::no_answer(&error, call),
    })
}

/// Checks a list of `host:port` as the console producer does (`ToolsUtils.validateBootstrapServer`).
///
/// # Errors
/// [`Usage`] when there is none, or one of them is not a host and a port.
pub fn check_servers(servers: Option<&str>) -> Result<(), Usage> {
    let servers = servers.unwrap_or_default();
    if servers.trim().is_empty() {
        let usage = Usage::new("Error while validating the bootstrap address\n");
        return Err(usage.with_message("no --bootstrap-server is given", SERVERS));
    }
    if servers.split(',').all(is_server) {
        return Ok(());
    }
    let usage = Usage::new("Please provide valid host:port like host1:9091,host2:9092\n");
    Err(usage.with_message(format!("'{servers}' is no list of HOST:PORT"), SERVERS))
}

/// `[scheme://]host:port`; an IPv6 address may stand in brackets.
fn is_server(text: &str) -> bool {
    let address = text.split_once("://").map_or(text, |(_, address)| address);
    let is_host = |b: u8| b.is_ascii_alphanumeric() || b"-%._:[]".contains(&b);
    let is_number = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    address
        .rsplit_once(':')
        .is_some_and(|(host, port)| host.bytes().all(is_host) && is_number(port))
}

/// The properties of a file, if there is one, over those that count without it.
///
/// # Errors
/// [`read_file`].
pub fn over(defaults: &Properties, file: Option<&str>) -> anyhow::Result<Properties> {
    let mut properties = defaults.clone();
    if let Some(path) = file {
        properties.extend(read_file(path)?);
    }
    Ok(properties)
}

/// What is in a file of properties.
pub const PROPERTIES_FORM: &str =
    "a file of properties has a line key=value for each, such as client.id=reports";

/// Reads a file of Java properties.
///
/// # Errors
/// [`Failure`] when there is no such file, or it cannot be read as one.
pub fn read_file(path: &str) -> anyhow::Result<Properties> {
    let file = File::open(path).map_err(|error| {
        let (class, why) = match error.kind() {
            io::ErrorKind::NotFound => ("NoSuchFileException", "no such file".to_owned()),
            _ => ("FileSystemException", error.to_string()),
        };
        Failure::new(format!("java.nio.file.{class}: {path}"), PROPERTIES_FORM)
            .with_message(format!("cannot read properties from '{path}': {why}"))
    })?;
    Ok(Properties::read(file).map_err(|error: properties::Error| {
        let text = format!(
            "cannot read properties from '{path}': {:#}",
            anyhow::Error::from(error)
        );
        Failure::new(text, PROPERTIES_FORM)
    })?)
}

/// Reads `key=value` words: split at the first `=`; a key alone has an empty value.
pub fn read_words(words: &[String]) -> Properties {
    words
        .iter()
        .map(|word| word.split_once('=').unwrap_or((word.as_str(), "")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_split_at_the_first_equals_sign() {
        let words = ["a=b=c".to_owned(), "key".to_owned(), "empty=".to_owned()];
        let read: Vec<_> = read_words(&words)
            .iter()
            .map(|(key, value)| format!("{key}|{value}"))
            .collect();
        assert_eq!(read, ["a|b=c", "empty|", "key|"]);
    }

    #[test]
    fn servers_are_a_host_and_a_port_each() {
        let said = |servers| {
            check_servers(servers)
                .map_err(|usage| usage.to_string())
                .err()
                .unwrap_or_default()
        };
        assert_eq!(said(Some("a:1,PLAINTEXT://b:2,[::1]:3")), "");
        assert_eq!(said(None), "Error while validating the bootstrap address\n");
        assert_eq!(
            said(Some(" ")),
            "Error while validating the bootstrap address\n"
        );
        assert_eq!(
            said(Some("localhost")),
            "Please provide valid host:port like host1:9091,host2:9092\n"
        );
        assert_eq!(
            said(Some(" a:1")),
            "Please provide valid host:port like host1:9091,host2:9092\n"
        );
        assert_eq!(
            said(Some("a:1,b")),
            "Please provide valid host:port like host1:9091,host2:9092\n"
        );
    }

    #[test]
    fn a_missing_file_is_told_by_its_path_to_scripts() {
        let error = read_file("/no/such/file").unwrap_err();
        let failure = error.downcast_ref::<Failure>().unwrap();
        assert_eq!(
            failure.plain,
            "java.nio.file.NoSuchFileException: /no/such/file"
        );
        assert_eq!(
            failure.message,
            "cannot read properties from '/no/such/file': no such file"
        );
    }
}
