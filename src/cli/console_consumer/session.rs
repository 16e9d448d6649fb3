//! A run of the consumer: what is read, shown and counted until it is over.

use std::{collections::BTreeMap, io::Write, sync::Arc, time::Duration};

use tokio::time::{Instant, timeout};

use super::{
    ConsoleConsumer, LOGGER,
    bounded::{Tail, Window},
    filter::Filter,
    formatter::{self, Formatter, Found},
    json,
    report::Reading,
    table::Table,
};
use crate::{
    cli::{
        failure::Failure,
        offsets::{Position, Range},
        printer::{
            Mode, OutputError, Printer, glyphs, look::Drawing, progress::Progress, table::count,
            waiting,
        },
    },
    client::{
        config::IsolationLevel,
        consumer::{Consumer, Polled, PolledBatch},
    },
    protocol::TopicPartition,
};

/// What helps where a record cannot be read at all.
const BEHIND: &str = "the records behind it: --partition P --offset N";
/// What helps where a record cannot be shown.
const SKIP: &str = "to go on without such records: --skip-message-on-error";
/// Output waits no longer than this for more to join it.
const FLUSHED_WITHIN: Duration = Duration::from_millis(100);
/// No record for this long means that none is on its way.
const LULL: Duration = Duration::from_millis(20);
/// A topic that gives nothing for this long must not look like a hang.
const UNSURPRISING_WAIT: Duration = Duration::from_secs(2);
/// One wait for records, where nothing limits it.
const WAIT_MAX: Duration = Duration::from_mins(1);

/// A run of the tool.
pub(super) struct Session<'s> {
    tool: &'s ConsoleConsumer,
    formatter: Formatter,
    /// Records still to print; none means no limit.
    pub(super) left: Option<u64>,
    filter: Option<Filter>,
    table: Option<Table>,
    tail: Option<Tail>,
    /// Where reading ends in each partition.
    ends: BTreeMap<TopicPartition, i64>,
    reading: Arc<Reading>,
    progress: Option<Progress>,
    /// Records that the filter left out.
    skipped: u64,
    idle_max: Option<Duration>,
    pub(super) printed: u64,
    last_record: Instant,
    last_flush: Instant,
    has_unflushed: bool,
    is_wait_explained: bool,
}

/// Why it is over.
pub(super) enum End {
    Enough,
    Idle,
    Stopped,
}

impl<'s> Session<'s> {
    /// Nothing read yet, and no limit.
    ///
    /// # Errors
    /// [`Failure`] for a pattern, a number or a time that is none.
    pub(super) fn new(
        tool: &'s ConsoleConsumer,
        formatter: Formatter,
        out: &Printer<'_>,
    ) -> anyhow::Result<Self> {
        let reading = Arc::default();
        let has_progress = out.look.writes_file || out.look.progress == Drawing::Json;
        Ok(Session {
            tool,
            formatter,
            left: None,
            filter: Filter::new(&tool.beyond)?,
            table: out.look.is_table.then(|| Table::new(&out.look)),
            tail: tool.beyond.wanted_last()?.map(Tail::new),
            ends: BTreeMap::new(),
            progress: has_progress.then(|| Progress::start(&out.look, Arc::clone(&reading))),
            reading,
            skipped: 0,
            idle_max: tool.timeout()?.map(Duration::from_millis),
            printed: 0,
            last_record: Instant::now(),
            last_flush: Instant::now(),
            has_unflushed: false,
            is_wait_explained: false,
        })
    }

    /// Takes the progress off the screen.
    pub(super) fn finish_progress(&mut self) {
        if let Some(progress) = &mut self.progress {
            progress.finish(&*self.reading);
        }
    }

    /// Reads what was asked for; the last records of a topic are looked for further and further back.
    pub(super) async fn read(
        &mut self,
        consumer: &mut Consumer,
        isolation_level: IsolationLevel,
        out: &mut Printer<'_>,
    ) -> anyhow::Result<End> {
        // The server has answered; records may take as long as they like.
        waiting::end();
        let last = self.tool.beyond.wanted_last()?;
        let last = last.map(|count| Range {
            from: Some(Position::End(i64::try_from(count).unwrap_or(i64::MAX))),
            to: Some(Position::End(0)),
        });
        let Some(range) = self.tool.beyond.wanted_range()?.or(last) else {
            self.tool.begin(consumer)?;
            return self.run(consumer, out).await;
        };
        let mut windows = self.tool.windows(range, consumer, isolation_level).await?;
        loop {
            self.look_at(&windows, consumer);
            let end = self.run(consumer, out).await?;
            windows = match &self.tail {
                Some(tail) if matches!(end, End::Enough) => {
                    let lacking = windows.iter().filter(|window| tail.lacks(window));
                    lacking.filter_map(Window::before).collect()
                }
                _ => return Ok(end),
            };
            if windows.is_empty() {
                self.print_tail(out)?;
                return Ok(end);
            }
        }
    }

    fn look_at(&mut self, windows: &[Window], consumer: &mut Consumer) {
        let partitions: Vec<_> = windows
            .iter()
            .map(|window| window.partition.clone())
            .collect();
        consumer.assign(&partitions);
        self.ends.clear();
        for window in windows {
            consumer.seek(&window.partition, window.from);
            consumer.resume(&window.partition);
            self.ends
                .extend(window.to.map(|to| (window.partition.clone(), to)));
        }
    }

    fn print_tail(&mut self, out: &mut Printer<'_>) -> Result<(), OutputError> {
        let Some(tail) = self.tail.take() else {
            return Ok(());
        };
        if let Some(table) = &mut self.table {
            table.begin(out.writer())?;
        }
        for text in tail.into_texts() {
            self.printed += 1;
            out.bytes(&text)?;
        }
        Ok(())
    }

    /// Whether every partition has been read up to its end. Those that have give nothing any more.
    fn is_at_end(&self, consumer: &mut Consumer) -> bool {
        let mut is_at_end = !self.ends.is_empty();
        for (partition, end) in &self.ends {
            if consumer
                .position(partition)
                .is_some_and(|position| position >= *end)
            {
                consumer.pause(partition);
            } else {
                is_at_end = false;
            }
        }
        is_at_end
    }

    fn take_note(&self, polled: &Polled, consumer: &Consumer) {
        if self.progress.is_none() {
            return;
        }
        let left = if self.ends.is_empty() {
            consumer.lag()
        } else {
            let left = self.ends.iter().map(|(partition, end)| {
                let position = consumer.position(partition).unwrap_or(*end);
                u64::try_from(end.saturating_sub(position)).unwrap_or(0)
            });
            Some(left.sum())
        };
        let bytes: usize = polled.batches.iter().map(PolledBatch::len_bytes).sum();
        let mut counts = self.reading.counts();
        counts.records = self.printed;
        counts.bytes = counts
            .bytes
            .saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        counts.left = left;
    }

    async fn run(&mut self, consumer: &mut Consumer, out: &mut Printer<'_>) -> anyhow::Result<End> {
        let stop = out.stop.clone();
        loop {
            if self.left == Some(0) || self.is_at_end(consumer) {
                return Ok(End::Enough);
            }
            let wait = self.wait();
            let polled = tokio::select! {
                biased;
                polled = consumer.poll(wait) => polled?,
                () = stop.cancelled() => return Ok(End::Stopped),
            };
            if !polled.is_empty() {
                self.last_record = Instant::now();
                self.print_all(&polled, consumer, out)?;
                self.take_note(&polled, consumer);
            }
            self.flush_if_due(polled.is_empty(), out)?;
            if polled.is_empty()
                && self
                    .idle_max
                    .is_some_and(|max| self.last_record.elapsed() >= max)
            {
                return Ok(End::Idle);
            }
            if self.last_record.elapsed() >= UNSURPRISING_WAIT && !self.is_wait_explained {
                self.is_wait_explained = true;
                self.explain_wait(consumer, out).await;
            }
        }
    }

    /// How long to wait for records before something else is due.
    fn wait(&self) -> Duration {
        if self.has_unflushed {
            return LULL;
        }
        let idle = self.last_record.elapsed();
        let until_idle = self.idle_max.map(|max| max.saturating_sub(idle));
        let until_explained =
            (!self.is_wait_explained).then(|| UNSURPRISING_WAIT.saturating_sub(idle));
        let until_end = (!self.ends.is_empty()).then_some(FLUSHED_WITHIN);
        let waits = until_idle
            .into_iter()
            .chain(until_explained)
            .chain(until_end);
        waits.fold(WAIT_MAX, Duration::min)
    }

    /// Prints a poll. What comes after the last record wanted, or after one that cannot be printed, is given back, so that
    /// it is not committed.
    fn print_all(
        &mut self,
        polled: &Polled,
        consumer: &mut Consumer,
        out: &mut Printer<'_>,
    ) -> anyhow::Result<()> {
        let mut unread = BTreeMap::new();
        let mut failure = None;
        for batch in &polled.batches {
            if let Some(offset) = self.print_batch(batch, &mut failure, out) {
                unread
                    .entry(TopicPartition::new(batch.topic(), batch.partition()))
                    .or_insert(offset);
            }
        }
        for (partition, offset) in unread {
            consumer.seek(&partition, offset);
        }
        failure.map_or(Ok(()), Err)
    }

    /// Prints a batch up to the limit or the first failure; gives the offset of the first record that is left.
    fn print_batch(
        &mut self,
        batch: &PolledBatch,
        failure: &mut Option<anyhow::Error>,
        out: &mut Printer<'_>,
    ) -> Option<i64> {
        let end = self.end_of(batch);
        for record in batch.iter() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let text = format!(
                        "cannot read a record of {}-{}: {error}",
                        batch.topic(),
                        batch.partition()
                    );
                    failure.get_or_insert(Failure::new(text, BEHIND).into());
                    return None;
                }
            };
            if failure.is_some() || self.left == Some(0) {
                return Some(record.offset);
            }
            if record.offset >= end {
                return None;
            }
            let found = Found {
                topic: batch.topic(),
                partition: batch.partition(),
                timestamp_type: batch.timestamp_type(),
                record: &record,
            };
            match self.print(&found, out) {
                Ok(false) => {
                    self.skipped += 1;
                    continue;
                }
                Ok(true) => {}
                Err(formatter::Error::Output(error)) => {
                    *failure = Some(OutputError::from(error).into());
                }
                Err(formatter::Error::Record(error)) if self.tool.skip_message_on_error => {
                    let text = format!("Error processing message, skipping this message: {error}");
                    let reason = "the command line says to skip";
                    out.error(&Failure::without_hint(text, reason), LOGGER);
                }
                Err(formatter::Error::Record(error)) => {
                    let (partition, at) = (found.partition, record.offset);
                    let message = format!(
                        "the record at offset {at} of {}-{partition} cannot be printed: {error}",
                        found.topic
                    );
                    let why = Failure::new(error.to_string(), SKIP).with_message(message);
                    *failure = Some(why.into());
                }
            }
            self.left = self.left.map(|left| left.saturating_sub(1));
            self.printed += u64::from(self.tail.is_none());
            self.has_unflushed = true;
        }
        None
    }

    /// Where reading ends in the partition of `batch`.
    fn end_of(&self, batch: &PolledBatch) -> i64 {
        if self.ends.is_empty() {
            return i64::MAX;
        }
        let partition = TopicPartition::new(batch.topic(), batch.partition());
        self.ends.get(&partition).copied().unwrap_or(i64::MAX)
    }

    /// Prints a record. `false` if it is none of those that are wanted.
    fn print(
        &mut self,
        found: &Found<'_>,
        out: &mut Printer<'_>,
    ) -> Result<bool, formatter::Error> {
        if let Some(filter) = &self.filter
            && !filter.matches(&self.formatter.shown(found.record)?)
        {
            return Ok(false);
        }
        let mode = out.look.mode;
        if let Some(mut tail) = self.tail.take() {
            let mut text = Vec::new();
            let printed = self.print_to(found, mode, &mut text);
            let record = found.record;
            tail.push(record.timestamp, (found.partition, record.offset), text);
            self.tail = Some(tail);
            printed?;
        } else {
            if let Some(table) = &mut self.table {
                table.begin(out.writer())?;
            }
            self.print_to(found, mode, out.writer())?;
        }
        Ok(true)
    }

    fn print_to(
        &self,
        found: &Found<'_>,
        mode: Mode,
        out: &mut impl Write,
    ) -> Result<(), formatter::Error> {
        match (mode, &self.table) {
            (Mode::Plain, _) => self.formatter.write(found, out),
            (Mode::Json, _) => {
                let shown = self.formatter.shown(found.record)?;
                Ok(json::write(found, &shown, out)?)
            }
            (Mode::Rich, Some(table)) => {
                let shown = self.formatter.shown(found.record)?;
                let now = chrono::Utc::now().timestamp_millis();
                Ok(table.write(found, &shown, now, out)?)
            }
            (Mode::Rich, None) => {
                let mut text = Vec::new();
                self.formatter.write(found, &mut text)?;
                Ok(out.write_all(glyphs::escaped(&text).as_bytes())?)
            }
        }
    }

    fn flush_if_due(&mut self, is_lull: bool, out: &mut Printer<'_>) -> Result<(), OutputError> {
        if self.has_unflushed && (is_lull || self.last_flush.elapsed() >= FLUSHED_WITHIN) {
            self.has_unflushed = false;
            self.last_flush = Instant::now();
            out.flush()?;
        }
        Ok(())
    }

    /// Says what is awaited: a topic that is not there, or, to a person, the end of one that is.
    async fn explain_wait(&self, consumer: &Consumer, out: &mut Printer<'_>) {
        let Some(topic) = &self.tool.topic else {
            return;
        };
        let cluster = consumer.cluster();
        // Whoever has had enough of waiting does not wait for the reason either.
        let idle = self.last_record.elapsed();
        let rest = self
            .idle_max
            .map_or(Duration::MAX, |max| max.saturating_sub(idle));
        let Ok(Ok(missing)) = timeout(rest, self.tool.missing(cluster)).await else {
            return;
        };
        if let Some(missing) = missing {
            out.note(format_args!("{missing}; waiting for it"));
            out.hints(&missing);
        } else if self.printed == 0 && self.skipped == 0 && !self.tool.from_beginning {
            let partitions = cluster.metadata().partition_count(topic).unwrap_or(0);
            let partitions = count(partitions, "partition");
            out.aside(format_args!(
                "waiting at the end of {topic} ({partitions}); --from-beginning reads what is already there"
            ));
        }
    }

    /// Says how it ended. Whether the end was one that deserves more to be said.
    pub(super) fn conclude(
        &self,
        ended: anyhow::Result<End>,
        out: &mut Printer<'_>,
    ) -> anyhow::Result<bool> {
        let ended = match ended {
            Err(error)
                if error
                    .downcast_ref::<OutputError>()
                    .is_some_and(OutputError::is_reader_gone) =>
            {
                out.note("Unable to write to standard out, closing consumer.");
                tell_total(self.printed, false, out);
                return Ok(false);
            }
            other => other,
        };
        if let (Ok(End::Idle), Mode::Plain) = (&ended, out.look.mode) {
            out.log(
                "ERROR",
                "Error processing message, terminating consumer process: ",
                LOGGER,
            );
            out.note("org.apache.kafka.common.errors.TimeoutException");
        }
        if self.tool.enable_systest_events {
            out.line("shutdown_complete")?;
        }
        out.flush()?;
        tell_total(self.printed, ended.is_err(), out);
        if self.filter.is_some() {
            let skipped = count(self.skipped, "record");
            out.note(format_args!("{skipped} did not match"));
        }
        ended.map(|_| true)
    }
}

/// In the original's words; to a person a failure says enough where nothing was printed.
pub(super) fn tell_total(printed: u64, is_failure: bool, out: &mut Printer<'_>) {
    if !is_failure || printed > 0 || out.look.mode != Mode::Rich {
        out.note(format_args!("Processed a total of {printed} messages"));
    }
}
