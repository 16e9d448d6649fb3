//! The producer's properties, from options, property words, a file and the tool's own defaults.

use std::str::FromStr;

use super::ConsoleProducer;
use crate::{
    cli::{
        args::client,
        failure::{self, Failure},
    },
    properties::Properties,
};

/// Values that `acks` may have, in Kafka's order.
const ACKS: [&str; 4] = ["all", "-1", "0", "1"];
/// Values that `compression.type` may have, in Kafka's order.
const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];

impl ConsoleProducer {
    fn config_file(&self) -> Option<&str> {
        let renamed = self.command_config.as_deref();
        renamed.or(self.producer_config.as_deref())
    }

    /// An option that was given wins over a property, a property over the file, the file over the option's default. Where
    /// to connect and how to compress are always the tool's to say, as in the original.
    ///
    /// # Errors
    /// [`Failure`] for a file that cannot be read and a number that is none; [`crate::properties::Error`] for a value that the
    /// producer does not know.
    pub(super) fn settings(&self) -> anyhow::Result<Properties> {
        let mut settings = client::over(&self.defaults, self.config_file())?;
        settings.extend(client::read_words(&self.producer_property));
        settings.extend(client::read_words(&self.command_property));
        settings.set(
            "bootstrap.servers",
            self.bootstrap_server.clone().unwrap_or_default(),
        );
        settings.set(
            "compression.type",
            match self.compression_codec.as_deref() {
                Some("") => "gzip",
                given => given.unwrap_or("none"),
            },
        );
        settings.set_default("client.id", "console-producer");
        let acks = self.request_required_acks.as_ref();
        merge(&mut settings, "acks", acks.cloned(), "-1");
        self.merge_numbers(&mut settings)?;
        settings.one_of("acks", &ACKS)?;
        settings.one_of("compression.type", &CODECS)?;
        Ok(settings)
    }

    fn merge_numbers(&self, settings: &mut Properties) -> Result<(), Failure> {
        let mut int = |key, option, text: &Option<String>, otherwise| {
            let number = number::<i32>(option, text.as_ref())?;
            merge(settings, key, number, otherwise);
            Ok::<(), Failure>(())
        };
        int(
            "retries",
            "message-send-max-retries",
            &self.message_send_max_retries,
            "3",
        )?;
        int(
            "request.timeout.ms",
            "request-timeout-ms",
            &self.request_timeout_ms,
            "1500",
        )?;
        // The system chooses better than the original's default of 102400.
        if self.socket_buffer_size.is_some() {
            let size = &self.socket_buffer_size;
            int("send.buffer.bytes", "socket-buffer-size", size, "-1")?;
        }
        int("batch.size", "batch-size", &self.batch_size, "16384")?;
        if self.max_partition_memory_bytes.is_some() {
            int(
                "batch.size",
                "max-partition-memory-bytes",
                &self.max_partition_memory_bytes,
                "16384",
            )?;
        }
        let mut long = |key, option, text: &Option<String>, otherwise| {
            let number = number::<i64>(option, text.as_ref())?;
            merge(settings, key, number, otherwise);
            Ok::<(), Failure>(())
        };
        long("linger.ms", "timeout", &self.timeout, "1000")?;
        long(
            "retry.backoff.ms",
            "retry-backoff-ms",
            &self.retry_backoff_ms,
            "100",
        )?;
        long(
            "metadata.max.age.ms",
            "metadata-expiry-ms",
            &self.metadata_expiry_ms,
            "300000",
        )?;
        long("max.block.ms", "max-block-ms", &self.max_block_ms, "60000")?;
        long(
            "buffer.memory",
            "max-memory-bytes",
            &self.max_memory_bytes,
            "33554432",
        )
    }
}

fn number<T: FromStr>(option: &str, text: Option<&String>) -> Result<Option<T>, Failure> {
    let Some(text) = text else { return Ok(None) };
    match text.parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(failure::cannot_parse(option, text)),
    }
}

/// What was typed replaces a property; a default only fills a gap.
fn merge(settings: &mut Properties, key: &str, given: Option<impl ToString>, otherwise: &str) {
    match given {
        Some(value) => settings.set(key, value.to_string()),
        None => settings.set_default(key, otherwise),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_wins_over_a_property_which_wins_over_a_default() {
        let tool = ConsoleProducer {
            batch_size: Some("1000".into()),
            command_property: vec![
                "batch.size=2000".into(),
                "linger.ms=5".into(),
                "compression.type=zstd".into(),
            ],
            ..ConsoleProducer::default()
        };
        let settings = tool.settings().unwrap();
        assert_eq!(settings.get("batch.size"), Some("1000"));
        assert_eq!(settings.get("linger.ms"), Some("5"));
        assert_eq!(settings.get("request.timeout.ms"), Some("1500"));
        assert_eq!(settings.get("compression.type"), Some("none"));
        assert_eq!(settings.get("client.id"), Some("console-producer"));
    }

    #[test]
    fn bad_values_are_told_in_kafkas_words() {
        let said = |tool: ConsoleProducer| failure::explain(&tool.settings().unwrap_err()).plain;
        let size = ConsoleProducer {
            batch_size: Some("abc".into()),
            ..ConsoleProducer::default()
        };
        assert_eq!(
            said(size),
            "Cannot parse argument 'abc' of option batch-size"
        );
        let acks = ConsoleProducer {
            request_required_acks: Some("7".into()),
            ..ConsoleProducer::default()
        };
        assert_eq!(
            said(acks),
            "Invalid value 7 for configuration acks: String must be one of: all, -1, 0, 1"
        );
        let codec = ConsoleProducer {
            compression_codec: Some("rar".into()),
            ..ConsoleProducer::default()
        };
        assert_eq!(
            said(codec),
            "Invalid value rar for configuration compression.type: String must be one of: none, gzip, snappy, lz4, zstd"
        );
    }
}
