//! Log lines in the layout of Apache's broker: `[2026-11-20 17:31:02,114] INFO message (logger)`.

use std::fmt;
use std::io;

use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

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
        Target::Stderr => builder.with_writer(io::stderr).try_init(),
    };
    if let Err(error) = started {
        tracing::debug!(%error, "log lines were started before");
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
