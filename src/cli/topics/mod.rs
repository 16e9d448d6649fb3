//! `kafka-topics`: lists, creates, describes, alters and deletes topics.

mod alter;
pub mod assignment;
pub mod check;
mod create;
mod delete;
mod describe;
pub mod description;
pub mod extras;
pub mod selection;
mod settle;

use std::time::Duration;

use clap::Parser;

use self::check::Action;
use super::{
    Original, Tool,
    args::client::{self, Connection},
    explain::{Plan, step},
    failure::{self, Failure, Refused},
    printer::{Mode, OutputError, Printer},
};
use crate::properties::Properties;

/// Where the original logs.
const LOGGER: &str = "org.apache.kafka.tools.TopicCommand";

const EXAMPLES: &str = "\
kafka-topics --bootstrap-server localhost:9092 --create --topic orders --partitions 6
kafka-topics --bootstrap-server localhost:9092 --describe --topic orders
kafka-topics --bootstrap-server localhost:9092 --list --exclude-internal";

const NOTES: &str = "\
Where --topic selects existing topics it is a regular expression for the whole name; a comma means \"or\".";

/// Create, list, describe, alter and delete topics.
#[derive(Debug, Clone, Default, Parser)]
#[command(after_help = NOTES)]
pub struct Topics {
    /// Create the topic, with --partitions, --replication-factor, --replica-assignment and --config.
    #[arg(long, help_heading = "Actions")]
    pub create: bool,
    /// Print the names of topics, one per line.
    #[arg(long, help_heading = "Actions")]
    pub list: bool,
    /// Print partitions, leaders, replicas and settings of topics.
    #[arg(long, help_heading = "Actions")]
    pub describe: bool,
    /// Give topics more partitions.
    #[arg(long, help_heading = "Actions")]
    pub alter: bool,
    /// Delete topics and all of their records.
    #[arg(long, help_heading = "Actions")]
    pub delete: bool,
    /// Which cluster.
    #[command(flatten)]
    pub connection: Connection,
    /// The topic to create, or a regular expression for the names of existing ones.
    #[arg(long, value_name = "TOPIC")]
    pub topic: Option<String>,
    /// The topic to describe, by its id; wins over --topic.
    #[arg(long, value_name = "ID")]
    pub topic_id: Option<String>,
    /// How many partitions a new topic has [default: as the broker is set], or an existing one gets.
    #[arg(long, value_name = "N")]
    pub partitions: Option<String>,
    /// On how many brokers a new topic's partitions are kept [default: as the broker is set].
    #[arg(long, value_name = "N")]
    pub replication_factor: Option<String>,
    /// Broker ids of every replica: a colon between replicas of a partition, a comma between partitions.
    #[arg(long, value_name = "ID:ID,...")]
    pub replica_assignment: Option<String>,
    /// A setting of the new topic; may be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    pub config: Vec<String>,
    /// Without effect since Kafka 4.0; settings are removed with kafka-configs.
    #[arg(long, value_name = "NAME")]
    pub delete_config: Vec<String>,
    /// Do nothing, successfully, when there is no such topic.
    #[arg(long)]
    pub if_exists: bool,
    /// Do nothing, successfully, when the topic exists.
    #[arg(long)]
    pub if_not_exists: bool,
    /// Leave out the topics that Kafka keeps for itself.
    #[arg(long)]
    pub exclude_internal: bool,
    /// Only partitions with fewer replicas in sync than they have.
    #[arg(long, help_heading = "Filters of --describe")]
    pub under_replicated_partitions: bool,
    /// Only partitions without a live leader.
    #[arg(long, help_heading = "Filters of --describe")]
    pub unavailable_partitions: bool,
    /// Only partitions with fewer replicas in sync than min.insync.replicas.
    #[arg(long, help_heading = "Filters of --describe")]
    pub under_min_isr_partitions: bool,
    /// Only partitions with exactly min.insync.replicas in sync.
    #[arg(long, help_heading = "Filters of --describe")]
    pub at_min_isr_partitions: bool,
    /// Only topics with settings that differ from the defaults, without their partitions.
    #[arg(long, help_heading = "Filters of --describe")]
    pub topics_with_overrides: bool,
    /// How many partitions to ask for in one request [default: 2000].
    #[arg(long, value_name = "N", help_heading = "Filters of --describe")]
    pub partition_size_limit_per_response: Option<String>,
}

impl Tool for Topics {
    const ORIGINAL: Original = Original {
        about: "Create, list, describe, alter and delete topics",
        examples: EXAMPLES,
        summary: "Create, delete, describe, or change a topic.",
        parser_errors_show_usage: false,
        patience: Duration::ZERO,
    };

    fn check(&self, out: &mut Printer<'_>) -> anyhow::Result<()> {
        check::check(self, out)
    }

    fn plan(&self) -> anyhow::Result<Plan> {
        let topics = self.topic.as_deref().unwrap_or("all topics");
        let find = step("Metadata", topics, "any broker", "Describe on Topic");
        let change = |api, needs| step(api, topics, "the controller", needs);
        let steps = match self.action()? {
            Action::List => vec![find],
            Action::Describe => vec![
                find,
                step(
                    "DescribeConfigs",
                    topics,
                    "any broker",
                    "DescribeConfigs on Topic",
                ),
            ],
            Action::Create => vec![change("CreateTopics", "Create on Topic or Cluster")],
            Action::Alter => vec![find, change("CreatePartitions", "Alter on Topic")],
            Action::Delete => vec![find, change("DeleteTopics", "Delete on Topic")],
        };
        let properties = self.connection.properties()?;
        Ok(Plan { steps, properties })
    }

    fn set_defaults(&mut self, defaults: Properties) {
        self.connection.defaults = defaults;
    }

    fn destroys(&self) -> bool {
        self.alter || self.delete
    }

    async fn run(self, out: &mut Printer<'_>) -> anyhow::Result<()> {
        let action = self.action()?;
        let refused = |error: anyhow::Error| Refused(failure::explain(&error));
        let properties = self.connection.properties().map_err(refused)?;
        let (config, unused) = client::config(&properties).map_err(Refused)?;
        client::warn_unused(out, "client", &unused);
        let call = if action == Action::Create {
            "createTopics"
        } else {
            "listTopics"
        };
        let admin = client::admin(config, call).await;
        let admin = admin.map_err(|failure| match failure.plain.as_str() {
            client::NO_ADMIN => anyhow::Error::from(Refused(failure)),
            _ => failure.into(),
        })?;
        match action {
            Action::List => self.list(&admin, out).await,
            Action::Create => self.create(&admin, out).await,
            Action::Describe => self.describe(&admin, out).await,
            Action::Alter => self.alter(&admin, out).await,
            Action::Delete => self.delete(&admin, out).await,
        }
    }

    /// On stdout, and on stderr for whoever reads stdout with a program.
    fn fail(error: &anyhow::Error, out: &mut Printer<'_>) -> Result<(), OutputError> {
        let failure = failure::explain(error);
        if out.look.mode == Mode::Plain {
            out.line(format_args!(
                "Error while executing topic command : {}",
                failure.plain
            ))?;
            out.log("ERROR", &failure.plain, LOGGER);
            out.cause(&failure);
        } else {
            out.failure(&failure);
        }
        Ok(())
    }
}

/// A number option that the original converts when it reads it.
fn number(option: &str, text: Option<&String>) -> Result<Option<i32>, Failure> {
    let Some(text) = text else { return Ok(None) };
    match text.parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(failure::cannot_parse(option, text)),
    }
}
