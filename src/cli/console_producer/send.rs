//! Standard input to the topic: lines become records, failures are told as they come.

use std::{
    os::fd::AsFd,
    sync::{Arc, mpsc},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::{Instant, sleep, timeout};

use super::{
    ConsoleProducer,
    beyond::InputFormat,
    checkpoint::Source,
    input::{self, Block, Input, raw_lines, without_end},
    json,
    keeper::Keeper,
    ledger::{Place, to_u64},
    line_format::{self, LineFormat},
    losses::Losses,
    report::Sending,
    tally::{Lost, Tally},
};
use crate::{
    cli::{
        args::{client, names},
        failure::{Failure, Reported, no_answer},
        printer::{
            Mode, Printer,
            colour::Colour,
            look::Drawing,
            progress::Progress,
            table::{count, thousands},
            waiting,
        },
    },
    client::{
        Admin, Cluster, Error,
        cluster::Topics,
        config::ProducerConfig,
        producer::{Header, Producer, ProducerRecord, delivery::Delivery},
    },
    protocol::ErrorCode,
};

/// A topic that is being made on the fly is there by then; after this somebody should be told what is awaited.
const UNSURPRISING_WAIT: Duration = Duration::from_secs(2);
/// Between two looks for the topic.
const PAUSE: Duration = Duration::from_millis(50);
/// Blocks of input whose records may be on their way; this bounds memory.
const BLOCKS_HELD_MAX: usize = 64;
/// After a signal a block of input that cannot be sent is let go after this.
const CUT_OFF_AFTER: Duration = Duration::from_secs(1);
/// After a signal acknowledgements are awaited so long, a little less than the process may live.
const FINISHED_WITHIN: Duration = Duration::from_millis(3500);

/// What a line of JSON looks like.
const JSON_FORM: &str = r#"a record is written {"key":"k","value":"v"}, as kafka-console-consumer --output json writes it"#;

/// A run of the tool.
struct Session<'s> {
    topic: &'s str,
    reader: Reader,
    producer: Producer,
    tally: Tally,
    losses: Losses<'s>,
    is_sync: bool,
    /// The number of the next record.
    next_record: u64,
    partitions: usize,
    keeper: Option<Keeper>,
    /// Where lines went, if somebody wants to know.
    written: Option<mpsc::Receiver<String>>,
}

/// What makes a record of a line.
enum Reader {
    Lines(Box<LineFormat>),
    Json { keep_partitions: bool },
}

/// Why a line was not sent.
enum Trouble {
    /// No record can be made of it.
    Unreadable(Failure),
    /// It is too large; with the bytes of its key and value.
    TooLarge(Failure, (Option<usize>, usize)),
    /// No other can be sent either.
    End(anyhow::Error),
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
        let topic = self.topic.as_deref().unwrap_or_default();
        let reader = self.reader(out)?;
        let settings = self.settings()?;
        let (config, unused) = ProducerConfig::from_properties(&settings)?;
        client::warn_unused(out, "client", &unused);
        let on_error = self.beyond.on_error(&out.look)?;
        let source = Source::of(&file);
        let begin = self.begin(source.as_ref(), &file, out)?;
        let input = if out.look.has_editor() {
            out.aside(format_args!(
                "every line is a record for {topic}; Ctrl-D ends"
            ));
            Input::edit(&file)
        } else {
            Input::open(&file)
        };
        let mut input = input.map_err(input::Error::Read).map_err(Failure::from)?;
        let cluster = match Cluster::connect(config.client.clone()).await {
            Ok(cluster) => cluster,
            Err(error) => {
                let why = no_answer(&error, "metadata");
                // Scripts get the log line about a record, once there is one; others need not wait for that.
                let block = match out.look.mode {
                    Mode::Plain => input.next().await.map_err(Failure::from)?,
                    Mode::Rich | Mode::Json => None,
                };
                return Err(self.refuse(why, block.as_deref(), out));
            }
        };
        let tally = Tally::new(begin);
        let count = tally.clone();
        let (told, written) = mpsc::channel();
        let is_verbose = self.beyond.verbose;
        let max_block = config.max_block;
        let mut session = Session {
            topic,
            reader,
            producer: Producer::new(cluster.clone(), config, move |delivery| {
                if is_verbose && let Some(place) = place(delivery) {
                    told.send(place).ok();
                }
                count.delivered(delivery);
            }),
            written: is_verbose.then_some(written),
            losses: Losses::new(topic, on_error, tally.clone()),
            tally: tally.clone(),
            is_sync: self.sync,
            next_record: 0,
            partitions: 0,
            keeper: self.keeper(source.as_ref(), out),
        };
        let Some(first) = session
            .first_block(&mut input, &cluster, max_block, out)
            .await?
        else {
            return Ok(());
        };
        let report = Arc::new(Sending {
            heading: self.heading(source.as_ref(), session.partitions, &settings),
            tally,
            total: source.map(|source| source.size),
            is_compressed: settings.get("compression.type") != Some("none"),
        });
        if !out.look.reads_terminal {
            waiting::end();
            session.losses.progress = Some(Progress::start(&out.look, Arc::clone(&report)));
        }
        let sent = session.send_all(first, &mut input, out).await;
        session.finish(sent, &report, out).await
    }

    fn reader(&self, out: &mut Printer<'_>) -> anyhow::Result<Reader> {
        if self.beyond.input == InputFormat::Json {
            let keep_partitions = self.beyond.keep_partitions;
            return Ok(Reader::Json { keep_partitions });
        }
        let properties = self.reader_properties()?;
        client::warn_unused(out, "reader", &line_format::unused(&properties));
        Ok(Reader::Lines(Box::new(LineFormat::new(&properties)?)))
    }

    fn heading(
        &self,
        source: Option<&Source>,
        partitions: usize,
        settings: &crate::properties::Properties,
    ) -> String {
        let input = source
            .and_then(Source::name)
            .unwrap_or_else(|| "standard input".to_owned());
        let topic = self.topic.as_deref().unwrap_or_default();
        let setting = |key| settings.get(key).unwrap_or_default();
        let acks = setting("acks").replace("-1", "all");
        let codec = match setting("compression.type") {
            "none" => String::new(),
            codec => format!(", {codec}"),
        };
        let partitions = count(partitions, "partition");
        format!("{input} → {topic}   {partitions}, acks={acks}{codec}")
    }
}

/// With its thousands apart.
pub(super) fn number(count: u64) -> String {
    thousands(i64::try_from(count).unwrap_or(i64::MAX))
}

impl Session<'_> {
    /// Waits for the first lines, and then for the topic they go to.
    async fn first_block(
        &mut self,
        input: &mut Input,
        cluster: &Cluster,
        wait: Duration,
        out: &mut Printer<'_>,
    ) -> anyhow::Result<Option<Block>> {
        let block = self.next_block(input, out).await?;
        if block.is_some() {
            self.find_topic(cluster, wait, out).await?;
        }
        Ok(block)
    }

    async fn send_all(
        &mut self,
        first: Block,
        input: &mut Input,
        out: &mut Printer<'_>,
    ) -> anyhow::Result<()> {
        let stop = out.stop.clone();
        let cut_off = async {
            stop.cancelled().await;
            sleep(CUT_OFF_AFTER).await;
        };
        let mut cut_off = std::pin::pin!(cut_off);
        let mut next = Some(first);
        while let Some(block) = next {
            tokio::select! {
                sent = self.send_block(block, out) => sent?,
                () = &mut cut_off => return Ok(()),
            }
            self.losses.hear(self.is_sync, out)?;
            self.keep_checkpoint(out);
            while self.tally.counts().ledger.held() >= BLOCKS_HELD_MAX {
                tokio::select! {
                    () = self.tally.progress.notified() => {}
                    () = stop.cancelled() => return Ok(()),
                }
            }
            next = self.next_block(input, out).await?;
        }
        Ok(())
    }

    /// The next lines; nothing at the end, and when it is time to stop. Tells failures meanwhile.
    async fn next_block(
        &mut self,
        input: &mut Input,
        out: &mut Printer<'_>,
    ) -> anyhow::Result<Option<Block>> {
        let stop = out.stop.clone();
        if let Some(written) = &self.written {
            tokio::select! {
                flushed = self.producer.flush() => flushed?,
                () = stop.cancelled() => return Ok(None),
            }
            for place in written.try_iter() {
                out.note(Colour::Dim.paint(&place, out.look.colour_err));
            }
        }
        if !input.prompt() && out.look.is_interactive {
            out.text(">")?;
            out.flush()?;
        }
        let progress = Arc::clone(&self.tally.progress);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(None),
                block = input.next() => return Ok(block.map_err(Failure::from)?),
                () = progress.notified() => self.losses.hear(self.is_sync, out)?,
            }
        }
    }

    /// Waits until the topic is there, as the producer itself would, but tells that it waits.
    async fn find_topic(
        &mut self,
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
                self.partitions = metadata.partition_count(self.topic).unwrap_or(0);
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
        let plain = format!(
            "Topic {topic} not present in metadata after {} ms.",
            wait.as_millis()
        );
        let topics = Admin::new(cluster.clone())
            .list_topics()
            .await
            .unwrap_or_default();
        let names = topics.iter().map(|topic| topic.name.as_str());
        let make = format!("make it with: kafka-topics --create --topic {topic}");
        names::no_topic(topic, plain, names, make)
    }

    async fn send_block(&mut self, block: Block, out: &mut Printer<'_>) -> anyhow::Result<()> {
        let block = Arc::new(block);
        let mut at = self.tally.counts().ledger.begin(&block, self.next_record);
        let mut payload_bytes = 0_u64;
        let mut end = Ok(());
        for text in raw_lines(&block) {
            let (why, size) = match self.send_line(without_end(text), at.line).await {
                Ok(bytes) => {
                    payload_bytes = payload_bytes.saturating_add(to_u64(bytes));
                    at = at.after(text);
                    if self.is_sync {
                        end = self.flush_and_hear(out).await;
                    }
                    if end.is_ok() {
                        continue;
                    }
                    break;
                }
                Err(Trouble::End(error)) => {
                    end = Err(error);
                    break;
                }
                Err(Trouble::Unreadable(why)) => (why, None),
                Err(Trouble::TooLarge(why, size)) => (why, Some(size)),
            };
            self.tally.passed_over(at);
            let place = Place {
                at,
                text: text.to_vec(),
            };
            let lost = Lost {
                places: vec![place],
                sizes: vec![size.unwrap_or((None, without_end(text).len()))],
                why,
                is_unreadable: size.is_none(),
            };
            end = self.losses.handle(&lost, self.is_sync, out);
            if end.is_err() {
                break;
            }
            at = at.after(text);
        }
        self.tally.sent(at, self.next_record, payload_bytes);
        end
    }

    /// The bytes of key and value of the record that was made of a line.
    async fn send_line(&mut self, text: &[u8], number: u64) -> Result<usize, Trouble> {
        let (line, headers, record);
        let mut wanted = ProducerRecord {
            topic: self.topic,
            ..ProducerRecord::default()
        };
        match &self.reader {
            Reader::Lines(format) if format.is_value_only() => wanted.value = Some(text),
            Reader::Lines(format) => {
                line = format.read(text, number).map_err(Trouble::Unreadable)?;
                headers = line.headers.iter().map(owned).collect::<Vec<_>>();
                (wanted.key, wanted.value, wanted.headers) = (line.key, line.value, &headers);
            }
            Reader::Json { keep_partitions } => {
                record = self.read_json(text, *keep_partitions)?;
                wanted.partition = record.partition;
                wanted.timestamp = record.timestamp;
                wanted.key = record.key.as_deref();
                wanted.value = record.value.as_deref();
                wanted.headers = &record.headers;
            }
        }
        let sizes = (
            wanted.key.map(<[u8]>::len),
            wanted.value.map_or(0, <[u8]>::len),
        );
        match self.producer.send(&wanted).await {
            Ok(number) => {
                self.next_record = number.saturating_add(1);
                Ok(sizes.0.unwrap_or(0).saturating_add(sizes.1))
            }
            Err(error @ Error::RecordTooLarge { .. }) => {
                Err(Trouble::TooLarge(Failure::from(&error), sizes))
            }
            Err(error) => Err(Trouble::End(Failure::from(&error).into())),
        }
    }

    async fn flush_and_hear(&mut self, out: &mut Printer<'_>) -> anyhow::Result<()> {
        self.producer.flush().await?;
        self.losses.hear(true, out)
    }

    /// A record that says where it was goes there or by its key.
    fn read_json(&self, text: &[u8], keep_partitions: bool) -> Result<json::Record, Trouble> {
        let bad = |why, hint| Trouble::Unreadable(Failure::new(why, hint));
        let mut record = json::read(text).map_err(|error| bad(error.to_string(), JSON_FORM))?;
        record.partition = record.partition.filter(|_| keep_partitions);
        match record.partition {
            Some(partition) if usize::try_from(partition).is_ok_and(|at| at < self.partitions) => {
                Ok(record)
            }
            Some(partition) => {
                let (topic, count) = (self.topic, self.partitions);
                Err(bad(
                    format!("topic '{topic}' has no partition {partition}, only {count}"),
                    "without --keep-partitions a record goes by its key",
                ))
            }
            None => Ok(record),
        }
    }

    fn keep_checkpoint(&mut self, out: &mut Printer<'_>) {
        if let Some(keeper) = &mut self.keeper
            && let Err(failure) = keeper.keep_up(self.topic, &self.losses)
        {
            self.losses.above(|| out.failure(&failure));
        }
    }

    /// Waits for what is on its way, and says how it ended.
    async fn finish(
        &mut self,
        sent: anyhow::Result<()>,
        report: &Sending,
        out: &mut Printer<'_>,
    ) -> anyhow::Result<()> {
        let is_stopped = out.stop.is_cancelled();
        let (in_flight, _) = self.tally.counts().in_flight();
        if is_stopped && in_flight > 0 {
            self.losses.above(|| {
                out.aside(format_args!(
                    "finishing {} in flight",
                    count(in_flight, "record")
                ));
            });
        }
        let patience = if is_stopped || sent.is_err() {
            FINISHED_WITHIN
        } else {
            Duration::MAX
        };
        let flushed = timeout(patience, self.producer.flush()).await;
        let heard = self.losses.hear(self.is_sync, out);
        let sent = sent
            .and(heard)
            .and(flushed.unwrap_or(Ok(())).map_err(Into::into));
        let elapsed = self.losses.elapsed();
        let was_drawn = self.losses.end_progress(report);
        self.losses.sum_up(out);
        let is_complete = sent.is_ok() && !is_stopped;
        if is_complete {
            if let Some(keeper) = &self.keeper {
                keeper.forget();
            }
            if was_drawn
                || (out.look.mode == Mode::Rich
                    && out.look.progress == Drawing::Lines
                    && elapsed.is_some())
            {
                out.note(report.summary(elapsed.unwrap_or_default(), out.look.width));
            }
        }
        let sent = if is_complete {
            sent
        } else {
            self.say_stopped(sent, out)
        };
        sent?;
        if self.tally.counts().failed > 0 {
            return Err(Reported.into());
        }
        Ok(())
    }

    /// Says how far it came and how to go on. Where nobody asked for that, only the error is left to say.
    fn say_stopped(&self, sent: anyhow::Result<()>, out: &mut Printer<'_>) -> anyhow::Result<()> {
        if out.look.is_interactive || (out.look.mode == Mode::Plain && self.keeper.is_none()) {
            return sent;
        }
        let is_failure = sent.is_err();
        if let Err(error) = sent
            && !error.is::<Reported>()
        {
            out.fail(&error);
        }
        let acked = self.tally.counts().acked;
        let kept = self
            .keeper
            .as_ref()
            .map(|keeper| keeper.keep(self.topic, &self.losses).map(|()| &keeper.path));
        let resume = match kept {
            Some(Err(failure)) => {
                out.failure(&failure);
                None
            }
            Some(Ok(path)) => Some(path),
            None => None,
        };
        if out.look.mode == Mode::Json {
            out.event(
                &serde_json::json!({"kind": "stopped", "v": 1, "acked": acked, "resume": resume}),
            );
        } else {
            let resume =
                resume.map(|path| format!("  Continue with:  --resume {}", path.display()));
            out.note(format_args!(
                "stopped: {} acked.{}",
                count(acked, "record"),
                resume.unwrap_or_default()
            ));
        }
        if is_failure {
            Err(Reported.into())
        } else {
            Ok(())
        }
    }
}

/// Where a batch was written: `orders-2@7`, and to which offset where it has several records.
fn place(delivery: &Delivery<'_>) -> Option<String> {
    let (topic, partition) = (delivery.topic, delivery.partition);
    let first = delivery.outcome.ok()?.base_offset?;
    let last = first.saturating_add_unsigned(delivery.count.saturating_sub(1));
    let to = if last > first {
        format!("..{last}")
    } else {
        String::new()
    };
    Some(format!("{topic}-{partition}@{first}{to}"))
}

fn owned((key, value): &line_format::Header<'_>) -> Header {
    Header {
        key: Bytes::copy_from_slice(key),
        value: value.map(Bytes::copy_from_slice),
    }
}
