//! Log lines in the layout of Apache's broker: `[2026-11-20 17:31:02,114] INFO message (logger)`.

use std::fmt;
use std::io;

use serde_json::json;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::printer::{Look, Mode, waiting::Over};

/// Where log lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// As `kafka-server-start.sh` does.
    Stdout,
    /// Where they do not mix with data.
    Stderr,
}

/// Begins to write log lines; `KAFFA_LOG` says which (`info` where it does not). Once per process; later calls change
/// nothing.
pub fn start(target: Target) {
    let filter =
        EnvFilter::try_from_env("KAFFA_LOG").unwrap_or_else(|_unset| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_env_filter(filter)
        .event_format(Layout);
    let started = match target {
        Target::Stdout => builder.with_writer(io::stdout).try_init(),
        Target::Stderr => builder.with_writer(stderr).try_init(),
    };
    if let Err(error) = started {
        tracing::debug!(%error, "log lines were started before");
    }
}

/// Begins to say what the client says of its own accord, on stderr, as `look` wants it said. With `KAFFA_LOG` set it
/// says what that asks for, in the layout of the log.
pub fn start_for_tool(look: &Look) {
    if std::env::var_os("KAFFA_LOG").is_some() {
        return start(Target::Stderr);
    }
    let builder = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(Level::WARN)
        .with_writer(stderr);
    let started = match look.mode {
        Mode::Plain => builder.event_format(Layout).try_init(),
        mode => builder.event_format(Warning(mode)).try_init(),
    };
    if let Err(error) = started {
        tracing::debug!(%error, "log lines were started before");
    }
}

fn stderr() -> impl io::Write {
    Over(io::stderr())
}

/// A message as [`Printer::warning`](super::printer::Printer::warning) says it.
struct Warning(Mode);

impl<S, N> FormatEvent<S, N> for Warning
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut message = String::new();
        context.format_fields(Writer::new(&mut message), event)?;
        if self.0 == Mode::Json {
            writeln!(
                out,
                "{}",
                json!({"kind": "warning", "v": 1, "message": message})
            )
        } else {
            writeln!(out, "warning: {message}")
        }
    }
}

struct Layout;

impl<S, N> FormatEvent<S, N> for Layout
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let now = chrono::Local::now().format("%Y-%m-%d %H:%M:%S,%3f");
        write!(out, "[{now}] {} ", metadata.level())?;
        context.format_fields(out.by_ref(), event)?;
        writeln!(out, " ({})", metadata.target().replace("::", "."))
    }
}
