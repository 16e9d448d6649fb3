//! `kaffa broker` and `kafka-server-start`: run a broker in this process until it is told to stop.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use clap::{Command, Parser};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use tokio::time::Instant;

use super::interrupt::Signals;
use super::{files, log_lines, manual};
use crate::broker::Broker;
use crate::broker::config::{BrokerConfig, DEVELOPMENT};
use crate::properties::Properties;

/// Runs a Kafka broker: no configuration file and no formatting step needed.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  kaffa broker                                a broker on localhost:9092; data is kept
  kaffa broker --port 0 --ephemeral           any free port; nothing is kept
  kaffa broker --config server.properties     as Apache Kafka's broker would be configured")]
pub struct BrokerCommand {
    /// Address to listen on. Anything but a loopback address lets other hosts in: there is no authentication.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: String,
    /// Port to listen on; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 9092)]
    port: u16,
    /// Where topics are kept; made and formatted if it is not there [default: the user's data directory].
    #[arg(long, value_name = "DIR", conflicts_with = "ephemeral")]
    data_dir: Option<PathBuf>,
    /// Keep topics in a directory that disappears with the broker.
    #[arg(long)]
    ephemeral: bool,
    /// A server.properties file of Apache Kafka; the options above win where they are given.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Set one key of the configuration; wins over the file.
    #[arg(long = "override", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// Read fetched records into memory and write them to the socket, instead of letting the kernel send them from the file;
    /// for comparing the two.
    #[arg(long)]
    no_zero_copy: bool,
    /// Print one line of JSON on stdout once clients can connect, and nothing else there.
    #[arg(long)]
    ready_json: bool,
}

/// Starts a broker as Apache's `kafka-server-start.sh` does.
#[derive(Debug, Parser)]
#[command(
    override_usage = "kafka-server-start server.properties [--override KEY=VALUE]...",
    after_help = "Examples:
  kafka-server-start server.properties
  kafka-server-start server.properties --override log.dirs=/data --override num.partitions=6"
)]
pub struct ServerStart {
    /// The configuration.
    #[arg(value_name = "server.properties")]
    properties: PathBuf,
    /// Set one key of the configuration; wins over the file.
    #[arg(long = "override", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
}

/// What both commands come down to.
struct Plan {
    config: BrokerConfig,
    face: Face,
    /// Removed at the end.
    ephemeral: Option<PathBuf>,
}

/// How the process tells that it is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Face {
    /// A few lines for a person.
    Banner,
    /// A line of JSON.
    Json,
    /// Apache's log lines on stdout.
    Apache,
}

/// The process of `kafka-server-start`.
pub fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let name = super::called_by(words.next());
    run_server_start(&name, &words.collect::<Vec<_>>())
}

/// `kaffa broker`, called by `name` with these words after it.
pub fn run_broker(name: &str, words: &[OsString]) -> ExitCode {
    conclude(
        parse(command(name), words).and_then(|parsed| parsed.map(BrokerCommand::plan).transpose()),
    )
}

/// `kafka-server-start`, called by `name` with these words after it.
pub fn run_server_start(name: &str, words: &[OsString]) -> ExitCode {
    if words.is_empty() {
        print_line(&format!(
            "USAGE: {name} [-daemon] server.properties [--override property=value]*"
        ));
        return ExitCode::FAILURE;
    }
    conclude(
        parse(server_start_command(name), words)
            .and_then(|parsed| parsed.map(ServerStart::plan).transpose()),
    )
}

/// The options of `kaffa broker`.
pub fn command(name: &str) -> Command {
    named::<BrokerCommand>(name)
}

/// The options of `kafka-server-start`.
pub fn server_start_command(name: &str) -> Command {
    named::<ServerStart>(name)
}

fn named<T: Parser>(name: &str) -> Command {
    T::command()
        .name(name.to_owned())
        .bin_name(name)
        .version(super::KAFKA_VERSION)
}

/// Reads the words; `None` where they asked for help or a version, which is printed.
pub(super) fn parse<T: Parser>(command: Command, words: &[OsString]) -> anyhow::Result<Option<T>> {
    if words.iter().any(|word| word == "--help") && manual::is_json_wanted(words) {
        print_line(&manual::json(&command).to_string());
        return Ok(None);
    }
    match command.no_binary_name(true).try_get_matches_from(words) {
        Ok(matches) => Ok(Some(T::from_arg_matches(&matches)?)),
        Err(error) if !error.use_stderr() => {
            error.print().context("print the help")?;
            Ok(None)
        }
        Err(error) => Err(anyhow!(
            "{}",
            error.to_string().trim_start_matches("error: ").trim_end()
        )),
    }
}

fn conclude(plan: anyhow::Result<Option<Plan>>) -> ExitCode {
    let done = match plan {
        Ok(None) => Ok(()),
        Ok(Some(plan)) => run(plan),
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let hint = hint(&error).map_or_else(String::new, |hint| format!("\n  {hint}"));
            drop(writeln!(std::io::stderr(), "error: {error:#}{hint}"));
            ExitCode::FAILURE
        }
    }
}

/// What to do where the system refused something, and its own words do not say.
fn hint(error: &anyhow::Error) -> Option<&'static str> {
    let refused = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<std::io::Error>())?;
    match refused.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Some("make room there, then start again: what was acknowledged is safe")
        }
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => Some(
            "a directory that can be written to: --data-dir DIR, or log.dirs in the configuration",
        ),
        _ => None,
    }
}

impl BrokerCommand {
    fn plan(self) -> anyhow::Result<Plan> {
        let mut properties: BTreeMap<String, String> = owned(DEVELOPMENT);
        if let Some(file) = &self.config {
            properties = read_properties(file)?;
        }
        let face = if self.ready_json {
            Face::Json
        } else {
            Face::Banner
        };
        if self.config.is_none() || self.port != 9092 || self.host != "127.0.0.1" {
            let host = if self.host.contains(':') {
                format!("[{}]", self.host)
            } else {
                self.host.clone()
            };
            properties.insert(
                "listeners".to_owned(),
                format!("PLAINTEXT://{host}:{}", self.port),
            );
        }
        let ephemeral = self.ephemeral.then(ephemeral_dir).transpose()?;
        let chosen = ephemeral.clone().or(self.data_dir);
        let data_dir = if chosen.is_none() && self.config.is_none() {
            Some(default_data_dir()?)
        } else {
            chosen
        };
        if let Some(dir) = data_dir {
            properties.remove("log.dir");
            properties.remove("metadata.log.dir");
            properties.insert("log.dirs".to_owned(), dir.display().to_string());
        }
        apply_overrides(&mut properties, &self.overrides)?;
        let config = BrokerConfig {
            zero_copy: !self.no_zero_copy,
            ..configured(&properties)?
        };
        Ok(Plan {
            config,
            face,
            ephemeral,
        })
    }
}

impl ServerStart {
    fn plan(self) -> anyhow::Result<Plan> {
        let mut properties = read_properties(&self.properties)?;
        apply_overrides(&mut properties, &self.overrides)?;
        Ok(Plan {
            config: configured(&properties)?,
            face: Face::Apache,
            ephemeral: None,
        })
    }
}

fn owned(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn read_properties(file: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let opened =
        std::fs::File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    let read =
        Properties::read(opened).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(read
        .iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect())
}

fn apply_overrides(
    properties: &mut BTreeMap<String, String>,
    overrides: &[String],
) -> anyhow::Result<()> {
    for pair in overrides {
        let Some((key, value)) = pair.split_once('=') else {
            bail!("--override takes KEY=VALUE, not '{pair}'");
        };
        properties.insert(key.trim().to_owned(), value.to_owned());
    }
    Ok(())
}

fn configured(properties: &BTreeMap<String, String>) -> anyhow::Result<BrokerConfig> {
    let pairs = properties
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()));
    BrokerConfig::from_properties(pairs).context("cannot use this configuration")
}

/// `$XDG_DATA_HOME/kaffa/broker`, or the same under `~/.local/share`.
fn default_data_dir() -> anyhow::Result<PathBuf> {
    let environment = |name: &str| std::env::var(name).ok();
    let base = files::directory(&environment, "XDG_DATA_HOME", ".local/share").context(
        "no home directory to keep data in; say where with --data-dir, or use --ephemeral",
    )?;
    Ok(base.join("broker"))
}

/// A new directory that whoever asks has to remove.
pub(super) fn ephemeral_dir() -> anyhow::Result<PathBuf> {
    let dir = std::env::temp_dir().join(format!("kaffa-{}", uuid::Uuid::new_v4().simple()));
    std::fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    Ok(dir)
}

fn run(plan: Plan) -> anyhow::Result<()> {
    let began = Instant::now();
    log_lines::start(if plan.face == Face::Apache {
        log_lines::Target::Stdout
    } else {
        log_lines::Target::Stderr
    });
    raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let served = runtime.block_on(serve(plan.config, plan.face, began));
    drop(runtime);
    if let Some(dir) = plan.ephemeral {
        std::fs::remove_dir_all(&dir)
            .with_context(|| format!("cannot remove {}", dir.display()))?;
    }
    served
}

/// Takes as many file descriptors as the system allows: a broker holds one for each segment and each connection.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, wanted) {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
}

async fn serve(config: BrokerConfig, face: Face, began: Instant) -> anyhow::Result<()> {
    let mut signals = Signals::catch().context("cannot catch signals")?;
    warn_about(&config);
    let node_id = config.node_id;
    let dirs: Vec<String> = config
        .log_dirs
        .iter()
        .map(|dir| dir.display().to_string())
        .collect();
    let broker = Broker::start(config)
        .await
        .context("cannot start the broker")?;
    let ready = began.elapsed();
    let addresses: Vec<String> = broker.addresses().iter().map(ToString::to_string).collect();
    match face {
        Face::Json => print_line(
            &json!({
                "kind": "ready", "v": 1, "addresses": addresses, "cluster_id": broker.cluster_id(), "node_id": node_id,
                "pid": std::process::id(), "ready_ms": ready.as_millis(), "data_dirs": dirs,
            })
            .to_string(),
        ),
        Face::Banner => print_banner(&addresses, &broker.cluster_id(), node_id, &dirs, ready),
        Face::Apache => tracing::info!(target: "kafka.server.KafkaRaftServer", "[KafkaRaftServer nodeId={node_id}] Kafka Server started"),
    }
    signals.next().await;
    tokio::select! {
        done = broker.shutdown() => done.context("cannot stop cleanly"),
        _ = signals.next() => bail!("stopped before everything was written; the next start checks the logs"),
    }
}

fn warn_about(config: &BrokerConfig) {
    if !config.notices.unknown.is_empty() {
        tracing::warn!(
            "these keys are not known and have no effect: {}",
            config.notices.unknown.join(", ")
        );
    }
    if !config.notices.without_effect.is_empty() {
        tracing::warn!(
            "these keys have no effect here: {}",
            config.notices.without_effect.join(", ")
        );
    }
}

fn print_banner(
    addresses: &[String],
    cluster_id: &str,
    node_id: i32,
    dirs: &[String],
    ready: std::time::Duration,
) {
    let first = addresses.first().map_or("", String::as_str);
    print_line(&format!(
        "  kaffa {}   Kafka protocol {}   pid {}
  node     {node_id}   cluster {cluster_id}
  listen   {}
  data     {}
  ready in {} ms

  try      kafka-topics --bootstrap-server {first} --list
  stop     Ctrl-C flushes and leaves; twice forces",
        env!("CARGO_PKG_VERSION"),
        super::KAFKA_VERSION,
        std::process::id(),
        addresses.join("   "),
        dirs.join("   "),
        ready.as_millis(),
    ));
}

/// A line on stdout; that nobody reads it is no reason to stop a broker.
pub(super) fn print_line(line: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        tracing::debug!("nobody reads stdout");
    }
}
