//! The topic to standard output, until told to stop.

use super::{
    ConsoleConsumer, LOGGER,
    check::Start,
    formatter::{self, Formatter},
    session::{End, Session, tell_total},
};
use crate::{
    cli::{
        Tool,
        args::{client, names},
        failure::{self, Failure, Reported, no_answer},
        printer::{Mode, Printer},
    },
    client::{Pattern, config::ConsumerConfig, consumer::Consumer},
    properties::Properties,
    protocol::TopicPartition,
};

/// The time was over and what was to be read was never there.
fn gave_nothing(failure: Failure, out: &mut Printer<'_>) -> anyhow::Result<()> {
    if out.look.mode == Mode::Plain {
        out.log("ERROR", &failure.message, LOGGER);
        return Err(Reported.into());
    }
    Err(failure.into())
}

/// Records to take from the client at once: few enough to stop soon, enough not to notice.
const POLL_RECORDS: &str = "5000";

/// What the client makes of the properties.
fn config(mut settings: Properties, out: &mut Printer<'_>) -> anyhow::Result<ConsumerConfig> {
    settings.set_default("max.poll.records", POLL_RECORDS);
    if out.look.mode == Mode::Rich {
        // Whoever mistypes a name is told so, and leaves no topic of that name behind.
        settings.set_default("allow.auto.create.topics", "false");
    }
    let (config, unused) = ConsumerConfig::from_properties(&settings).map_err(|error| {
        client::unusable(&error).with_plain("Failed to construct kafka consumer")
    })?;
    client::warn_unused(out, "client", &unused);
    Ok(config)
}

impl ConsoleConsumer {
    /// Prints records until there were enough, none came for too long, the reader went away or a signal came.
    ///
    /// # Errors
    /// [`Failure`] for a record that cannot be printed, and what a broker refuses.
    pub(super) async fn consume(&self, out: &mut Printer<'_>) -> anyhow::Result<()> {
        let settings = self.settings()?;
        let properties = self.formatter_properties()?;
        let formatter = Formatter::new(self.formatter.as_deref(), &properties)?;
        client::warn_unused(out, "formatter", &formatter::unused(&properties));
        let config = config(settings, out)?;
        let isolation_level = config.isolation_level;
        let stop = out.stop.clone();
        let connected = tokio::select! {
            connected = Consumer::connect(config) => connected,
            () = stop.cancelled() => return Ok(()),
        };
        let mut consumer = match connected {
            Ok(consumer) => consumer,
            Err(error) => {
                Self::fail(&no_answer(&error, "metadata").into(), out)?;
                tell_total(0, true, out);
                return Err(Reported.into());
            }
        };
        let mut session = Session::new(self, formatter, out)?;
        let ended = match self.limit() {
            Ok(limit) => {
                session.left = limit;
                session.read(&mut consumer, isolation_level, out).await
            }
            Err(failure) => Err(failure.into()),
        };
        session.finish_progress();
        // What is printed is not to wait for a last commit.
        let ended = ended.and_then(|end| {
            out.flush()?;
            Ok(end)
        });
        let missing = match &ended {
            Ok(End::Idle) if session.printed == 0 => self.missing(consumer.cluster()).await,
            _ => Ok(None),
        };
        let closed = consumer.close().await;
        let told = session.conclude(ended, out)?;
        if told {
            closed?;
        }
        missing?.map_or(Ok(()), |failure| gave_nothing(failure, out))
    }

    /// `--max-messages`; -1 means no limit, less than that nothing.
    fn limit(&self) -> Result<Option<u64>, Failure> {
        let Some(text) = &self.max_messages else {
            return Ok(None);
        };
        match text.parse::<i32>() {
            Ok(-1) => Ok(None),
            Ok(limit) => Ok(Some(limit.try_into().unwrap_or(0))),
            Err(_) => Err(failure::cannot_parse("max-messages", text)),
        }
    }

    pub(super) fn begin(&self, consumer: &mut Consumer) -> anyhow::Result<()> {
        let topic = self.topic.clone().unwrap_or_default();
        let nameless = match self.include.as_deref() {
            None if topic.is_empty() => {
                Some("Topic collection to subscribe to cannot contain null or empty topic")
            }
            Some("") => Some("Topic pattern to subscribe to cannot be empty"),
            _ => None,
        };
        if let Some(plain) = nameless {
            let failure = Failure::new(plain, names::LIST_TOPICS);
            return Err(failure
                .with_message("a topic without a name cannot be read")
                .into());
        }
        if let Some(number) = self.wanted_partition()? {
            let partition = TopicPartition::new(topic, number);
            consumer.assign(std::slice::from_ref(&partition));
            match self.start()? {
                Start::Earliest => consumer.seek_to_beginning(&partition),
                Start::Latest => consumer.seek_to_end(&partition),
                Start::Offset(offset) => consumer.seek(&partition, offset),
            };
        } else if let Some(pattern) = &self.include {
            Pattern::new(pattern).map_err(|error| failure::invalid_pattern(pattern, &error))?;
            consumer.subscribe_pattern(pattern)?;
        } else {
            consumer.subscribe(vec![topic])?;
        }
        Ok(())
    }
}
