//! Options of ours that every tool has: how things look, who answers questions, which cluster, how long.

use clap::{Args, ValueEnum};

/// Heading in `--help` of everything that Apache's tools do not have.
pub const BEYOND: &str = "Beyond Apache Kafka";

/// How things look.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = BEYOND)]
pub struct Output {
    /// What stdout looks like: Apache's bytes, a table or JSON [default: a table at a terminal, else plain].
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub output: Option<Format>,
    /// When to use colour.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    pub color: Choice,
    /// When to show progress on stderr; json says an object a second.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    pub progress: Progress,
    /// Answer yes to every question.
    #[arg(long)]
    pub yes: bool,
    /// Never ask: fail where there is a question.
    #[arg(long)]
    pub no_input: bool,
    /// Use the cluster of this profile; see kaffa profile.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Give up after this time, whatever is being done: 500ms, 5s, 2m [default: never].
    #[arg(long, value_name = "DURATION")]
    pub deadline: Option<String>,
    /// Print what would be sent to whom, and where each setting comes from; do nothing.
    #[arg(long)]
    pub explain: bool,
    /// Say nothing on stderr but what failed.
    #[arg(long)]
    pub quiet: bool,
}

impl Output {
    /// What `--output` says among words that cannot be understood: a program can read the complaint, too.
    pub fn among(words: &[String]) -> Self {
        let apart = words.iter().zip(words.iter().skip(1));
        let apart = apart.filter(|(name, _)| matches!(name.as_str(), "--output" | "-output"));
        let apart = apart.map(|(_, value)| value.as_str());
        let attached = words.iter().map(|word| word.trim_start_matches('-'));
        let attached = attached.filter_map(|word| word.strip_prefix("output="));
        let mut formats = apart
            .chain(attached)
            .map(|text| Format::from_str(text, false));
        Self {
            output: formats.find_map(Result::ok),
            ..Self::default()
        }
    }
}

/// A format of stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables at a terminal, plain elsewhere.
    Auto,
    /// The bytes of Apache's tools.
    Plain,
    /// Tables for people.
    Table,
    /// One JSON document per line.
    Json,
}

/// Whether to do something that is nice at a terminal only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// At a terminal.
    #[default]
    Auto,
    /// Also elsewhere.
    Always,
    /// Not even there.
    Never,
}

/// Whether to show progress.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Progress {
    /// At a terminal.
    #[default]
    Auto,
    /// Also elsewhere.
    Always,
    /// Not even there.
    Never,
    /// As JSON, one object a second and a last one.
    Json,
}
