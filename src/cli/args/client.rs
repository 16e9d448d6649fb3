//! How a tool finds its cluster: `--bootstrap-server`, property files and `key=value` words.

use std::{fs::File, io};

use clap::Args;

use crate::{
    cli::failure::Failure,
    properties::{self, Properties},
};

/// Which cluster, and how to talk to it.
#[derive(Debug, Clone, Default, Args)]
pub struct Connection {
    /// Brokers to ask for the rest of the cluster, separated by commas.
    #[arg(
        long,
        value_name = "HOST:PORT,...",
        env = "KAFKA_BOOTSTRAP_SERVERS",
        hide_env_values = true
    )]
    pub bootstrap_server: Option<String>,
    /// File of client properties.
    #[arg(long, value_name = "FILE")]
    pub command_config: Option<String>,
}

impl Connection {
    /// The client properties: those of the file, and where to begin.
    ///
    /// # Errors
    /// [`read_file`].
    pub fn properties(&self) -> anyhow::Result<Properties> {
        let mut properties = match &self.command_config {
            Some(path) => read_file(path)?,
            None => Properties::default(),
        };
        if let Some(servers) = &self.bootstrap_server {
            properties.set("bootstrap.servers", servers);
        }
        Ok(properties)
    }
}

/// Reads a file of Java properties.
///
/// # Errors
/// [`Failure`] when there is no such file, or it cannot be read as one.
pub fn read_file(path: &str) -> anyhow::Result<Properties> {
    let file = File::open(path).map_err(|error| {
        let why = match error.kind() {
            io::ErrorKind::NotFound => "no such file".to_owned(),
            _ => error.to_string(),
        };
        Failure::new(path).with_message(format!("cannot read properties from '{path}': {why}"))
    })?;
    Ok(Properties::read(file).map_err(|error: properties::Error| {
        let text = format!(
            "cannot read properties from '{path}': {:#}",
            anyhow::Error::from(error)
        );
        Failure::new(text)
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
    fn a_missing_file_is_told_by_its_path_to_scripts() {
        let error = read_file("/no/such/file").unwrap_err();
        let failure = error.downcast_ref::<Failure>().unwrap();
        assert_eq!(failure.plain, "/no/such/file");
        assert_eq!(
            failure.message,
            "cannot read properties from '/no/such/file': no such file"
        );
    }
}
