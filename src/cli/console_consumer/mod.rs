//! `kafka-console-consumer`: prints the records of a topic.

pub mod beyond;
mod bounded;
pub mod check;
mod consume;
pub mod coordinator_record;
pub mod deserializer;
mod filter;
pub mod formatter;
pub mod json;
mod report;
mod session;
pub mod settings;
mod table;

use std::time::Duration;

use clap::Parser;

use self::beyond::Beyond;
use super::{
    Original, Tool,
    explain::{Plan, step},
    failure,
    printer::{Mode, OutputError, Printer},
};
use crate::properties::Properties;

/// Where the original logs.
const LOGGER: &str = "org.apache.kafka.tools.consumer.ConsoleConsumer";

const EXAMPLES: &str = "\
kafka-console-consumer --bootstrap-server localhost:9092 --topic orders --from-beginning
kafka-console-consumer --bootstrap-server localhost:9092 --topic orders --group etl
kafka-console-consumer --bootstrap-server localhost:9092 --topic orders --partition 0 \\
  --offset earliest --formatter-property print.offset=true --formatter-property print.key=true
kafka-console-consumer --bootstrap-server localhost:9092 --topic orders --last 10 --output table
kafka-console-consumer --bootstrap-server localhost:9092 --topic orders --range @yesterday..@today";

const NOTES: &str = "\
Properties of the formatter: print.timestamp, print.partition, print.offset, print.headers, print.key, print.value, \
print.delivery, print.epoch (true or false), key.separator (default: tab), line.separator (newline), headers.separator \
(a comma), null.literal (null), key.deserializer, value.deserializer, headers.deserializer.

Where people read (at a terminal, --output table) a topic that is not there is waited for and not created; otherwise \
(in a pipe, plain, JSON) it is created where the broker allows it, as by Apache's tool. The property \
allow.auto.create.topics decides in either case.";

/// Print the records of a topic.
#[derive(Debug, Clone, Default, Parser)]
#[command(after_help = NOTES)]
pub struct ConsoleConsumer {
    /// The topic to read.
    #[arg(long, value_name = "TOPIC")]
    pub topic: Option<String>,
    /// Read every topic whose whole name matches this regular expression.
    #[arg(long, value_name = "REGEX")]
    pub include: Option<String>,
    /// Read only this partition of --topic, without a group.
    #[arg(long, value_name = "N")]
    pub partition: Option<String>,
    /// Where to begin in --partition: earliest, latest or an offset [default: latest].
    #[arg(long, value_name = "OFFSET")]
    pub offset: Option<String>,
    /// Begin with the oldest record, unless the group has committed how far it is.
    #[arg(long)]
    pub from_beginning: bool,
    /// Stop after so many records [default: never].
    #[arg(long, value_name = "N")]
    pub max_messages: Option<String>,
    /// Stop when no record came for so many milliseconds [default: never].
    #[arg(long, value_name = "MS")]
    pub timeout_ms: Option<String>,
    /// The group to read with; it remembers how far it is [default: a new one that remembers nothing].
    #[arg(long, value_name = "GROUP")]
    pub group: Option<String>,
    /// `read_uncommitted`, or `read_committed` to leave out what transactions did not commit [default: the former].
    #[arg(long, value_name = "LEVEL")]
    pub isolation_level: Option<String>,
    /// Brokers to ask for the rest of the cluster, separated by commas.
    #[arg(long, value_name = "HOST:PORT,...")]
    pub bootstrap_server: Option<String>,
    /// Class that says how a record is printed: `Default-`, `Logging-`, `NoOp-`, `Offsets-`, `GroupMetadata-` or
    /// `TransactionLogMessageFormatter` of `org.apache.kafka.tools.consumer`.
    #[arg(long, value_name = "CLASS")]
    pub formatter: Option<String>,
    /// A property of the formatter; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub formatter_property: Vec<String>,
    /// The older name of --formatter-property.
    #[arg(long, value_name = "KEY=VALUE")]
    pub property: Vec<String>,
    /// File of properties of the formatter; --formatter-property wins.
    #[arg(long, value_name = "FILE")]
    pub formatter_config: Option<String>,
    /// Class that reads keys [default: bytes as they are].
    #[arg(long, value_name = "CLASS")]
    pub key_deserializer: Option<String>,
    /// Class that reads values [default: bytes as they are].
    #[arg(long, value_name = "CLASS")]
    pub value_deserializer: Option<String>,
    /// A property of the consumer; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub command_property: Vec<String>,
    /// The older name of --command-property.
    #[arg(long, value_name = "KEY=VALUE")]
    pub consumer_property: Vec<String>,
    /// File of properties of the consumer; --command-property wins.
    #[arg(long, value_name = "FILE")]
    pub command_config: Option<String>,
    /// The older name of --command-config.
    #[arg(long = "consumer.config", value_name = "FILE")]
    pub consumer_config: Option<String>,
    /// Client properties that count where none of these says anything.
    #[arg(skip)]
    pub defaults: Properties,
    /// Go on after a record that cannot be printed.
    #[arg(long)]
    pub skip_message_on_error: bool,
    /// Print `shutdown_complete` at the end.
    #[arg(long)]
    pub enable_systest_events: bool,
    /// What the original does not have.
    #[command(flatten)]
    pub beyond: Beyond,
}

impl Tool for ConsoleConsumer {
    const ORIGINAL: Original = Original {
        about: "Print the records of a topic",
        examples: EXAMPLES,
        summary: "This tool helps to read data from Kafka topics and outputs it to standard output.",
        parser_errors_show_usage: true,
        patience: Duration::from_secs(5),
    };

    /// A reader that is slower than the session's time-out must not cost the membership.
    const WAITS_FOR_READER: bool = true;

    fn check(&self, out: &mut Printer<'_>) -> anyhow::Result<()> {
        check::check(self, out)
    }

    fn plan(&self) -> anyhow::Result<Plan> {
        let topics = self.topic.as_ref().or(self.include.as_ref());
        let topics = topics.cloned().unwrap_or_default();
        let properties = self.settings()?;
        let mut steps = vec![step("Metadata", &topics, "any broker", "Describe on Topic")];
        if let Some(group) = properties
            .get("group.id")
            .filter(|_| self.partition.is_none())
        {
            for api in [
                "FindCoordinator",
                "JoinGroup",
                "SyncGroup",
                "OffsetFetch",
                "Heartbeat",
            ] {
                steps.push(step(
                    api,
                    group,
                    "the coordinator of the group",
                    "Read on Group",
                ));
            }
        }
        let leader = "the leader of each partition";
        steps.push(step("ListOffsets", &topics, leader, "Describe on Topic"));
        steps.push(step("Fetch", &topics, leader, "Read on Topic"));
        Ok(Plan { steps, properties })
    }

    fn set_defaults(&mut self, defaults: Properties) {
        self.defaults = defaults;
    }

    async fn run(self, out: &mut Printer<'_>) -> anyhow::Result<()> {
        self.consume(out).await
    }

    fn fail(error: &anyhow::Error, out: &mut Printer<'_>) -> Result<(), OutputError> {
        let failure = failure::explain(error);
        if out.look.mode == Mode::Plain {
            out.log("ERROR", "Unknown error when running consumer: ", LOGGER);
            out.note(&failure.plain);
            out.cause(&failure);
        } else {
            out.failure(&failure);
        }
        Ok(())
    }
}
