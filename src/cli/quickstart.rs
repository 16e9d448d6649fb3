//! `kaffa quickstart [FILE]`: the whole job in one process. A broker is started, and every step is one of the tools doing
//! what it always does, over a real socket; what came out of the topic is compared with what went in.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, bail};
use clap::{Command, CommandFactory as _, Parser};

use super::broker::{self, ephemeral_dir, print_line};
use super::console_consumer::ConsoleConsumer;
use super::console_producer::ConsoleProducer;
use super::consumer_groups::ConsumerGroups;
use super::printer::{Look, Printer, Stdio};
use super::topics::Topics;
use super::{Output, Tool, parse_tool};
use crate::broker::Broker;
use crate::broker::config::{BrokerConfig, DEVELOPMENT};

/// Lines of output that are shown of a file that went through.
const LINES_SHOWN: u64 = 3;
/// Lines of the sample.
const SAMPLE_LINES: u32 = 1000;

/// Runs a broker, sends a file through it and reads it back with a consumer group: every step shown as you would type it.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  kaffa quickstart
  kaffa quickstart access.log")]
pub struct Quickstart {
    /// The file to send, a record per line [default: a sample of 1,000 orders].
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

/// `kaffa quickstart`, called by `name` with these words after it.
pub fn run(name: &str, words: &[OsString]) -> ExitCode {
    let parsed = broker::parse(command(name), words);
    match parsed.and_then(|parsed| parsed.map_or(Ok(()), Quickstart::run)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(io::stderr(), "error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// The options of `kaffa quickstart`.
pub fn command(name: &str) -> Command {
    Quickstart::command()
        .name(name.to_owned())
        .bin_name(name)
        .version(super::KAFKA_VERSION)
}

impl Quickstart {
    fn run(self) -> anyhow::Result<()> {
        let dir = ephemeral_dir()?;
        let done = self.run_in(&dir);
        std::fs::remove_dir_all(&dir)
            .with_context(|| format!("cannot remove {}", dir.display()))?;
        done
    }

    fn run_in(self, dir: &Path) -> anyhow::Result<()> {
        let (file, shown) = match self.file {
            Some(file) => (file.clone(), file.display().to_string()),
            None => (write_sample(dir)?, "sample.ndjson".to_owned()),
        };
        let lines = count_lines(&file)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("start a runtime")?;
        runtime.block_on(async {
            let data = dir.join("data").display().to_string();
            let properties = DEVELOPMENT.iter().copied();
            let own = [
                ("listeners", "PLAINTEXT://127.0.0.1:0"),
                ("log.dirs", data.as_str()),
            ];
            let config = BrokerConfig::from_properties(properties.chain(own))
                .context("configure the broker")?;
            let broker = Broker::start(config)
                .await
                .context("cannot start the broker")?;
            let address = broker
                .addresses()
                .first()
                .context("the broker listens nowhere")?
                .to_string();
            print_line(&format!(
                "A broker listens on {address}; it goes when this ends."
            ));
            let told = Tour {
                address,
                file,
                shown,
                lines,
            }
            .walk()
            .await;
            broker.shutdown().await.context("cannot stop the broker")?;
            told
        })
    }
}

/// What the steps are about.
struct Tour {
    address: String,
    file: PathBuf,
    /// How the file is called on screen.
    shown: String,
    lines: u64,
}

impl Tour {
    async fn walk(&self) -> anyhow::Result<()> {
        self.step::<Topics>("kafka-topics", "--create --topic quickstart")
            .await?;
        self.send_file().await?;
        self.step::<Topics>("kafka-topics", "--describe --topic quickstart")
            .await?;
        self.read_back().await?;
        self.groups("--describe --group quickstart").await?;
        self.groups(
            "--reset-offsets --group quickstart --topic quickstart --to-earliest --execute",
        )
        .await?;
        self.groups("--describe --group quickstart").await?;
        let back = format!(
            "--reset-offsets --group quickstart --topic quickstart --shift-by {} --execute",
            self.lines
        );
        self.groups(&back).await?;
        print_line(&format!(
            "
{} lines went in and came out, the same bytes in the same order.

To keep a broker running:
  kaffa broker
and in another terminal:
  kaffa topics --bootstrap-server 127.0.0.1:9092 --create --topic orders",
            self.lines
        ));
        Ok(())
    }

    async fn groups(&self, options: &str) -> anyhow::Result<()> {
        self.step::<ConsumerGroups>("kafka-consumer-groups", options)
            .await
    }

    /// Prints the command and reads it as its tool would.
    fn announce<T: Tool>(&self, tool: &str, options: &str, rest: &str) -> anyhow::Result<T> {
        let options = format!("--bootstrap-server {} {options}", self.address);
        print_line(&format!("\n$ {tool} {options}{rest}"));
        let words: Vec<String> = options.split_whitespace().map(str::to_owned).collect();
        parse_tool::<T>(tool, &words)
    }

    async fn step<T: Tool>(&self, name: &str, options: &str) -> anyhow::Result<()> {
        let tool = self.announce::<T>(name, options, "")?;
        let mut out = Printer::standard(look(name))?;
        tool.check(&mut out)?;
        let ended = tool.run(&mut out).await;
        out.flush()?;
        ended.with_context(|| format!("{name} failed"))
    }

    async fn send_file(&self) -> anyhow::Result<()> {
        let name = "kafka-console-producer";
        let tool = self.announce::<ConsoleProducer>(
            name,
            "--topic quickstart",
            &format!(" < {}", self.shown),
        )?;
        let mut out = Printer::standard(look(name))?;
        tool.check(&mut out)?;
        let file = File::open(&self.file)
            .with_context(|| format!("cannot read {}", self.file.display()))?;
        tool.send_lines_of(&file, &mut out)
            .await
            .with_context(|| format!("{name} failed"))
    }

    /// Reads the topic to its end and compares with the file.
    async fn read_back(&self) -> anyhow::Result<()> {
        let name = "kafka-console-consumer";
        let options = format!(
            "--topic quickstart --group quickstart --from-beginning --max-messages {} --timeout-ms 30000",
            self.lines
        );
        let tool = self.announce::<ConsoleConsumer>(name, &options, "")?;
        let seen = Arc::new(Mutex::new(Comparison::with(&self.file)?));
        let mut out = Printer::new(look(name), Seen(Arc::clone(&seen)), io::stderr());
        tool.check(&mut out)?;
        tool.run(&mut out)
            .await
            .with_context(|| format!("{name} failed"))?;
        out.flush()?;
        drop(out);
        let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        if self.lines > LINES_SHOWN {
            print_line(&format!("… and {} lines more", self.lines - LINES_SHOWN));
        }
        if seen.has_differed || seen.lines != self.lines {
            bail!(
                "what came out is not what went in: {} of {} lines are the same",
                seen.lines,
                self.lines
            );
        }
        Ok(())
    }
}

/// How a tool looks here: as it would if it were called by its bare name.
fn look(name: &str) -> Look {
    let environment = |name: &str| std::env::var(name).ok();
    Look::decide(name, &Output::default(), Stdio::of_process(), &environment)
}

/// Compares a stream of lines with a file as it goes by; shows the first few.
struct Comparison {
    expected: BufReader<File>,
    /// The line that is due, with its end, and how much of it was seen.
    line: Vec<u8>,
    seen: usize,
    lines: u64,
    has_differed: bool,
}

impl Comparison {
    fn with(file: &Path) -> anyhow::Result<Self> {
        let file = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
        let expected = BufReader::with_capacity(256 * 1024, file);
        Ok(Self {
            expected,
            line: Vec::new(),
            seen: 0,
            lines: 0,
            has_differed: false,
        })
    }

    fn take(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() && !self.has_differed {
            if self.seen == self.line.len() && !self.next_line()? {
                self.has_differed = true;
                return Ok(());
            }
            let due = self.line.get(self.seen..).unwrap_or_default();
            let length = due.len().min(bytes.len());
            let (now, later) = bytes.split_at(length);
            self.has_differed = !due.starts_with(now);
            self.seen += length;
            bytes = later;
            if self.seen == self.line.len() && !self.has_differed {
                self.lines += 1;
                if self.lines <= LINES_SHOWN {
                    print_line(String::from_utf8_lossy(&self.line).trim_end());
                }
            }
        }
        Ok(())
    }

    /// The next line as the console producer takes it: without CR, and with an end even if it is the last.
    fn next_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        self.seen = 0;
        if self.expected.read_until(b'\n', &mut self.line)? == 0 {
            return Ok(false);
        }
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
            if self.line.last() == Some(&b'\r') {
                self.line.pop();
            }
        }
        self.line.push(b'\n');
        Ok(true)
    }
}

/// The stream that is compared.
struct Seen(Arc<Mutex<Comparison>>);

impl Write for Seen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn count_lines(file: &Path) -> anyhow::Result<u64> {
    let open = || format!("cannot read {}", file.display());
    if file.is_dir() {
        bail!(
            "{} is a directory; quickstart sends the lines of a file",
            file.display()
        );
    }
    let mut reader = BufReader::with_capacity(256 * 1024, File::open(file).with_context(open)?);
    let (mut lines, mut is_open) = (0, false);
    loop {
        let block = reader.fill_buf().with_context(open)?;
        let Some(last) = block.last() else { break };
        is_open = *last != b'\n';
        lines += memchr::memchr_iter(b'\n', block).count();
        let length = block.len();
        reader.consume(length);
    }
    let lines = u64::try_from(lines).unwrap_or(u64::MAX) + u64::from(is_open);
    if lines == 0 {
        bail!(
            "{} is empty; quickstart needs at least one line to send",
            file.display()
        );
    }
    Ok(lines)
}

fn write_sample(dir: &Path) -> anyhow::Result<PathBuf> {
    const ITEMS: [&str; 5] = ["espresso", "filter", "decaf", "cup", "grinder"];
    let file = dir.join("sample.ndjson");
    let orders = (1..=SAMPLE_LINES).zip(ITEMS.iter().cycle());
    let text = orders.fold(String::new(), |text, (order, item)| {
        let quantity = order % 4 + 1;
        text + &format!("{{\"order\":{order},\"item\":\"{item}\",\"quantity\":{quantity}}}\n")
    });
    std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(file: &str, stream: &[&[u8]]) -> (u64, bool) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, file).unwrap();
        let mut comparison = Comparison::with(&path).unwrap();
        for bytes in stream {
            comparison.take(bytes).unwrap();
        }
        (comparison.lines, comparison.has_differed)
    }

    #[test]
    fn a_stream_is_compared_line_by_line_however_it_is_cut() {
        assert_eq!(compare("a\nbc\r\nd", &[b"a\nb", b"c\nd\n"]), (3, false));
        assert_eq!(compare("a\nb\n", &[b"a\nx\n"]), (1, true));
        assert_eq!(compare("a\n", &[b"a\nb\n"]), (1, true));
    }

    #[test]
    fn lines_are_counted_with_and_without_an_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        for (text, lines) in [("a\nb", 2), ("a\nb\n", 2), ("\n", 1)] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(count_lines(&path).unwrap(), lines);
        }
        std::fs::write(&path, "").unwrap();
        assert!(count_lines(&path).is_err());
    }
}
