//! Standard input to the topic: lines become records, failures are told as they come.

use std::{os::fd::AsFd, time::Duration};

use anyhow::Context;
use bytes::Bytes;
use tokio::time::{Instant, sleep};

use super::{
    ConsoleProducer,
    input::{Block, Input, lines},
    line_format::{Line, LineFormat},
    tally::{Lost, Tally},
};
use crate::{
    cli::{
        args::names,
        failure::{Failure, Reported, no_answer},
        printer::{
            Mode, Printer,
            progress::{Progress, file_size},
        },
    },
    client::{
        Admin, Cluster, Error,
        cluster::Topics,
        config::ProducerConfig,
        producer::{Header, Producer, ProducerRecord},
    },
    protocol::ErrorCode,
};

/// Where the original logs.
const LOGGER: &str = "org.apache.kafka.clients.producer.internals.ErrorLoggingCallback";
/// A topic that is being made on the fly is there by then; after this somebody should be told what is awaited.
const UNSURPRISING_WAIT: Duration = Duration::from_secs(2);
/// Between two looks for the topic.
const PAUSE: Duration = Duration::from_millis(50);

/// A run of the tool.
struct Session<'s> {
    topic: &'s str,
    format: LineFormat,
    producer: Producer,
    tally: Tally,
    is_sync: bool,
    lines: u64,
}

impl ConsoleProducer {
    /// Sends every line of `file` until its end or a signal, then waits for the last acknowledgement.
    ///
    /// # Errors
    /// [`Reported`] when records were lost; [`Failure`] for a line that cannot be read and a topic that is not there.
    pub(in crate::cli) async fn send_lines_of(
        &self,
        file: impl AsFd,
        out: &mut Printer<'_>,
    ) -> anyhow::Result<()> {
        let format = LineFormat::new(&self.reader_properties()?)?;
        let settings = self.settings()?;
        let (config, _unknown) = ProducerConfig::from_properties(&settings)?;
        let topic = self.topic.as_deref().unwrap_or_default();
        let mut input = Input::open(&file).context("read standard input")?;
        let cluster = match Cluster::connect(config.client.clone()).await {
            Ok(cluster) => cluster,
            Err(error) => {
                let why = no_answer(&error, "metadata");
                return Err(self.refuse(why, input.next().await?.as_ref(), out));
            }
        };
        let progress = Progress::new(&out.look, &format!("→ {topic}"), file_size(&file));
        let tally = Tally::new(progress);
        let count = tally.clone();
        let max_block = config.max_block;
        let mut session = Session {
            topic,
            format,
            producer: Producer::new(cluster.clone(), config, move |delivery| {
                count.delivered(delivery);
            }),
            tally,
            is_sync: self.sync,
            lines: 0,
        };
        let sent = session.send_all(&mut input, &cluster, max_block, out).await;
        session.finish(out).await?;
        sent?;
        let failed = session.tally.counts().failed;
        if failed > 0 {
            Err(Reported.into())
        } else {
            Ok(())
        }
    }
}

impl ConsoleProducer {
    /// Nothing can be sent. Without --sync the original logs that for each record; we do for the first, and stop.
    fn refuse(&self, why: Failure, block: Option<&Block>, out: &mut Printer<'_>) -> anyhow::Error {
        let first = block.and_then(|block| lines(block).next());
        match (out.look.mode, first) {
            (Mode::Plain, Some(line)) if !self.sync => {
                let topic = self.topic.as_deref().unwrap_or_default();
                log_loss(topic, &[(None, line.len())], &why, out);
                out.hints(&why);
                Reported.into()
            }
            _ => why.into(),
        }
    }
}

impl Session<'_> {
    async fn send_all(
        &mut self,
        input: &mut Input,
        cluster: &Cluster,
        wait: Duration,
        out: &mut Printer<'_>,
    ) -> anyhow::Result<()> {
        let mut is_topic_found = false;
        loop {
            if out.look.is_interactive {
                out.text(">")?;
                out.flush()?;
            }
            let stop = out.stop.clone();
            let block = tokio::select! {
                block = input.next() => block?,
                () = stop.cancelled() => return Ok(()),
            };
            let Some(block) = block else { return Ok(()) };
            if !is_topic_found {
                self.find_topic(cluster, wait, out).await?;
                is_topic_found = true;
            }
            self.send_block(&block, out).await?;
            self.tell_losses(out);
        }
    }

    /// Waits until the topic is there, as the producer itself would, but tells that it waits.
    async fn find_topic(
        &self,
        cluster: &Cluster,
        wait: Duration,
        out: &mut Printer<'_>,
    ) -> anyhow::Result<()> {
        let wanted = [self.topic.to_owned()];
        let began = Instant::now();
        let mut is_told = false;
        loop {
            let metadata = cluster.refresh(Topics::Named(&wanted), true).await?;
            let code = metadata
                .topics
                .get(self.topic)
                .map_or(ErrorCode::UnknownTopicOrPartition, |topic| topic.error);
            if code == ErrorCode::None {
                return Ok(());
            }
            if !code.is_retriable() {
                return Err(Failure::from(&Error::broker(
                    code,
                    None,
                    format!("topic '{}'", self.topic),
                ))
                .into());
            }
            if began.elapsed() > wait {
                return Err(self.missing(cluster, wait).await.into());
            }
            if began.elapsed() > UNSURPRISING_WAIT && !is_told {
                is_told = true;
                let failure = self.missing(cluster, wait).await;
                out.note(format_args!(
                    "{}; waiting for it up to {wait:?} (max.block.ms)",
                    failure.message
                ));
                out.hints(&failure);
            }
            sleep(PAUSE).await;
        }
    }

    async fn missing(&self, cluster: &Cluster, wait: Duration) -> Failure {
        let topic = self.topic;
        let failure = Failure::new(format!(
            "Topic {topic} not present in metadata after {} ms.",
            wait.as_millis()
        ))
        .with_message(format!("topic '{topic}' does not exist"));
        let topics = Admin::new(cluster.clone())
            .list_topics()
            .await
            .unwrap_or_default();
        match names::did_you_mean(topic, topics.iter().map(|topic| topic.name.as_str())) {
            Some(hint) => failure.with_hint(hint),
            None => failure.with_hint(format!(
                "make it with: kafka-topics --create --topic {topic}"
            )),
        }
    }

    async fn send_block(&mut self, block: &Block, out: &mut Printer<'_>) -> anyhow::Result<()> {
        let mut payload_bytes = 0_u64;
        for line in lines(block) {
            self.lines += 1;
            if self.format.is_value_only() {
                let value = Line {
                    value: Some(line),
                    ..Line::default()
                };
                self.send(&value, out).await?;
            } else {
                let line = self.format.read(line, self.lines)?;
                self.send(&line, out).await?;
            }
            payload_bytes =
                payload_bytes.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX));
        }
        self.tally.sent(block.len(), payload_bytes);
        Ok(())
    }

    async fn send(&mut self, line: &Line<'_>, out: &mut Printer<'_>) -> anyhow::Result<()> {
        let headers: Vec<Header> = line.headers.iter().map(owned).collect();
        let record = ProducerRecord {
            topic: self.topic,
            key: line.key,
            value: line.value,
            headers: &headers,
            ..ProducerRecord::default()
        };
        match self.producer.send(&record).await {
            Ok(_) => {}
            Err(error @ Error::RecordTooLarge { .. }) if !self.is_sync => {
                self.tally.counts().failed += 1;
                let lost = Lost {
                    first_line: self.lines,
                    count: 1,
                    sizes: vec![(line.key.map(<[u8]>::len), line.value.map_or(0, <[u8]>::len))],
                    why: Failure::from(&error),
                };
                self.tell_loss(&lost, out);
            }
            Err(error) => return Err(Failure::from(&error).into()),
        }
        if self.is_sync {
            self.producer.flush().await?;
            if let Some(lost) = self.tally.untold().pop() {
                return Err(lost.why.into());
            }
        }
        Ok(())
    }

    async fn finish(&mut self, out: &mut Printer<'_>) -> anyhow::Result<()> {
        self.producer.flush().await?;
        self.tell_losses(out);
        let counts = self.tally.counts();
        if let Some(line) =
            self.tally
                .progress()
                .finish(counts.acked_input(), counts.acked, counts.failed)
        {
            out.note(line);
        }
        Ok(())
    }

    fn tell_losses(&self, out: &mut Printer<'_>) {
        for lost in self.tally.untold() {
            self.tell_loss(&lost, out);
        }
    }

    /// The original logs every record; people are told once about each batch.
    fn tell_loss(&self, lost: &Lost, out: &mut Printer<'_>) {
        self.tally.progress().above(|| {
            if out.look.mode == Mode::Plain {
                return log_loss(self.topic, &lost.sizes, &lost.why, out);
            }
            let first = lost.first_line;
            let what = match (lost.count, lost.sizes.first()) {
                (1, Some((_, bytes))) => {
                    format!("line {first} was not written, a value of {bytes} bytes")
                }
                (1, None) => format!("line {first} was not written"),
                (count, _) => format!("{count} lines from line {first} on were not written"),
            };
            let mut failure = lost.why.clone();
            failure.message = format!("{what}: {}", failure.message);
            out.failure(&failure);
        });
    }
}

fn owned((key, value): &super::line_format::Header<'_>) -> Header {
    Header {
        key: Bytes::copy_from_slice(key),
        value: value.map(Bytes::copy_from_slice),
    }
}

/// Logs each of these records, by the bytes of its key and value, as the original does.
fn log_loss(topic: &str, sizes: &[(Option<usize>, usize)], why: &Failure, out: &mut Printer<'_>) {
    for (key, value) in sizes {
        let key = key.map_or("null".to_owned(), |key| format!("{key} bytes"));
        let text = format!(
            "Error when sending message to topic {topic} with key: {key}, value: {value} bytes with error:"
        );
        out.error(&text, LOGGER);
        out.note(&why.plain);
    }
}
