//! `kafka-console-producer`: a record for every line of standard input.

pub mod beyond;
mod checkpoint;
pub mod input;
pub mod json;
mod keeper;
mod ledger;
mod line_editor;
pub mod line_format;
mod losses;
mod prompt;
mod report;
mod send;
pub mod settings;
mod tally;

use std::time::Duration;

use clap::Parser;

use self::beyond::Beyond;
use super::{
    Original, Tool,
    args::client,
    explain::{Plan, step},
    failure::{Failure, Usage},
    printer::Printer,
};
use crate::properties::Properties;

const EXAMPLES: &str = "\
kafka-console-producer --bootstrap-server localhost:9092 --topic orders < orders.ndjson
kafka-console-producer --bootstrap-server localhost:9092 --topic orders \\
  --compression-codec zstd < orders.ndjson
kafka-console-producer --bootstrap-server localhost:9092 --topic orders \\
  --reader-property parse.key=true --reader-property key.separator=:
kafka-console-producer --bootstrap-server localhost:9092 --topic orders \\
  --on-error skip < orders.ndjson";

const NOTES: &str = "\
A line ends with LF or CR LF; its bytes are sent as they are. Properties of the reader: parse.key, key.separator \
(default: tab), parse.headers, headers.delimiter (tab), headers.separator (a comma), headers.key.separator (a colon), \
null.marker, ignore.error.";

/// The line reader by its class names: since Kafka 3.9, and before.
pub const LINE_READERS: [&str; 2] = [
    "org.apache.kafka.tools.LineMessageReader",
    "kafka.tools.ConsoleProducer$LineMessageReader",
];

/// Send lines of standard input to a topic, one record each.
#[derive(Debug, Clone, Default, Parser)]
#[command(after_help = NOTES)]
pub struct ConsoleProducer {
    /// The topic to write to.
    #[arg(long, value_name = "TOPIC")]
    pub topic: Option<String>,
    /// Brokers to ask for the rest of the cluster, separated by commas.
    #[arg(long, value_name = "HOST:PORT,...")]
    pub bootstrap_server: Option<String>,
    /// Wait for each record to be acknowledged before sending the next; stop at the first that is not.
    #[arg(long)]
    pub sync: bool,
    /// none, gzip, snappy, lz4 or zstd [default: none; gzip if no codec is named].
    #[arg(long, value_name = "CODEC", num_args = 0..=1, default_missing_value = "gzip")]
    pub compression_codec: Option<String>,
    /// Bytes of records of a partition to gather before sending them [default: 16384].
    #[arg(long, value_name = "BYTES")]
    pub batch_size: Option<String>,
    /// Another name for --batch-size.
    #[arg(long, value_name = "BYTES")]
    pub max_partition_memory_bytes: Option<String>,
    /// How often to send a batch again [default: 3].
    #[arg(long, value_name = "N")]
    pub message_send_max_retries: Option<String>,
    /// Milliseconds before sending a batch again [default: 100].
    #[arg(long, value_name = "MS")]
    pub retry_backoff_ms: Option<String>,
    /// Milliseconds that a record may wait for others to share its batch [default: 1000].
    #[arg(long, value_name = "MS")]
    pub timeout: Option<String>,
    /// Who must have a record before it counts: 0 nobody, 1 the leader, all or -1 every in-sync replica [default: -1].
    #[arg(long, value_name = "ACKS")]
    pub request_required_acks: Option<String>,
    /// Milliseconds to wait for an answer [default: 1500].
    #[arg(long, value_name = "MS")]
    pub request_timeout_ms: Option<String>,
    /// Milliseconds after which to ask again who leads which partition [default: 300000].
    #[arg(long, value_name = "MS")]
    pub metadata_expiry_ms: Option<String>,
    /// Milliseconds to wait for the topic to be known and for buffers to empty [default: 60000].
    #[arg(long, value_name = "MS")]
    pub max_block_ms: Option<String>,
    /// Bytes of records that may wait to be sent [default: 33554432].
    #[arg(long, value_name = "BYTES")]
    pub max_memory_bytes: Option<String>,
    /// Bytes of a socket's send buffer [default: as the system chooses].
    #[arg(long, value_name = "BYTES")]
    pub socket_buffer_size: Option<String>,
    /// Class of the reader; only the built-in line reader exists here.
    #[arg(long, value_name = "CLASS")]
    pub line_reader: Option<String>,
    /// A property of the line reader; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub reader_property: Vec<String>,
    /// The older name of --reader-property.
    #[arg(long, value_name = "KEY=VALUE")]
    pub property: Vec<String>,
    /// File of properties of the line reader; --reader-property wins.
    #[arg(long, value_name = "FILE")]
    pub reader_config: Option<String>,
    /// A property of the producer; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub command_property: Vec<String>,
    /// The older name of --command-property.
    #[arg(long, value_name = "KEY=VALUE")]
    pub producer_property: Vec<String>,
    /// File of properties of the producer; --command-property wins.
    #[arg(long, value_name = "FILE")]
    pub command_config: Option<String>,
    /// The older name of --command-config.
    #[arg(long = "producer.config", value_name = "FILE")]
    pub producer_config: Option<String>,
    /// What the original does not have.
    #[command(flatten)]
    pub beyond: Beyond,
    /// Client properties that count where none of these says anything.
    #[arg(skip)]
    pub defaults: Properties,
}

impl Tool for ConsoleProducer {
    const ORIGINAL: Original = Original {
        about: "Send lines of standard input to a topic, one record each",
        examples: EXAMPLES,
        summary: "This tool helps to read data from standard input and publish it to Kafka.",
        parser_errors_show_usage: true,
        patience: Duration::from_secs(5),
    };

    fn check(&self, out: &mut Printer<'_>) -> anyhow::Result<()> {
        if self.topic.is_none() {
            return Err(Usage::missing("topic").into());
        }
        client::check_servers(self.bootstrap_server.as_deref())?;
        self.beyond.check(&out.look)?;
        Ok(self.check_renamed(out)?)
    }

    fn plan(&self) -> anyhow::Result<Plan> {
        let topic = self.topic.as_deref().unwrap_or_default();
        let leader = "the leader of each partition";
        let mut steps = vec![step("Metadata", topic, "any broker", "Describe on Topic")];
        let properties = self.settings()?;
        if properties.get("enable.idempotence") == Some("true") {
            steps.push(step(
                "InitProducerId",
                "a producer id",
                "any broker",
                "IdempotentWrite on Cluster",
            ));
        }
        let records = format!("a record to {topic} for every line of standard input");
        steps.push(step("Produce", records, leader, "Write on Topic"));
        Ok(Plan { steps, properties })
    }

    fn set_defaults(&mut self, defaults: Properties) {
        self.defaults = defaults;
    }

    async fn run(self, out: &mut Printer<'_>) -> anyhow::Result<()> {
        self.send_lines_of(std::io::stdin(), out).await
    }
}

impl ConsoleProducer {
    /// Old and new names of an option exclude each other; the old ones are told to be old.
    fn check_renamed(&self, out: &mut Printer<'_>) -> Result<(), Usage> {
        let renamed = [
            (
                "command-config",
                self.command_config.is_some(),
                "producer.config",
                self.producer_config.is_some(),
            ),
            (
                "command-property",
                !self.command_property.is_empty(),
                "producer-property",
                !self.producer_property.is_empty(),
            ),
            (
                "reader-property",
                !self.reader_property.is_empty(),
                "property",
                !self.property.is_empty(),
            ),
        ];
        for (new, is_new, old, is_old) in renamed {
            if is_new && is_old {
                return Err(Usage::new(format!(
                    "Options --{new} and --{old} cannot be specified together."
                ))
                .told(format!(
                    "--{old} is the old name of --{new}: give one of them"
                )));
            }
        }
        for (new, _, old, is_old) in renamed {
            if is_old {
                let text = "is deprecated and will be removed in a future version.";
                out.deprecation(&format!("Warning: --{old} {text} Use --{new} instead."));
            }
        }
        if self.max_partition_memory_bytes.is_some() {
            let text = "Warning: --max-partition-memory-bytes is deprecated and will be removed in Apache Kafka 5.0. \
                        Use --batch-size instead.";
            out.deprecation(text);
        }
        Ok(())
    }

    /// Properties of the line reader.
    fn reader_properties(&self) -> anyhow::Result<Properties> {
        if let Some(class) = &self.line_reader
            && !LINE_READERS.contains(&class.as_str())
        {
            let hint = format!("there is only {}", LINE_READERS[0]);
            return Err(Failure::new(class, hint)
                .with_message(format!("cannot read with '{class}': no such reader here"))
                .into());
        }
        let mut properties = match &self.reader_config {
            Some(path) => client::read_file(path)?,
            None => Properties::default(),
        };
        properties.extend(client::read_words(&self.property));
        properties.extend(client::read_words(&self.reader_property));
        Ok(properties)
    }
}
