//! Which cluster a command line means, and who said so.
//!
//! What was typed wins: options, then the file of client properties, a profile that was named, the environment, the
//! current profile. A profile's settings never go to a server that was named without it.

use std::fmt;

use super::{
    args::{client, output::Output},
    failure::Failure,
    printer::look::Environment,
    profile::file::{File, Profile},
    short,
};
use crate::properties::Properties;

/// Where Kafka listens unless told otherwise; assumed by short commands only.
const LOCAL: &str = "localhost:9092";
/// Variables that hold the default of `--bootstrap-server`.
const VARIABLES: [&str; 2] = ["KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BOOTSTRAP"];

/// Who said what a setting is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Option,
    /// A file of client properties.
    File(String),
    /// A profile.
    Profile(String),
    /// An environment variable.
    Environment(&'static str),
    /// Nobody.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option => f.write_str("option"),
            Self::File(path) => write!(f, "file {path}"),
            Self::Profile(name) => write!(f, "profile {name}"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// What is known about the cluster before anyone has been asked.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// The brokers to begin with, and who named them.
    pub server: Option<(String, Origin)>,
    /// The profile in use.
    pub profile: Option<(String, Profile)>,
    /// The file of client properties.
    pub file: Option<String>,
    /// What is wrong with the configuration, but does not matter now.
    pub warnings: Vec<String>,
}

impl Target {
    /// Finds it for a command called by `name` with these options (`--name=value`).
    ///
    /// # Errors
    /// [`Failure`] for a profile that does not exist, or a file that cannot be read.
    pub fn find(
        name: &str,
        options: &[String],
        output: &Output,
        environment: Environment<'_>,
    ) -> Result<Self, Failure> {
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        let mut target = Self {
            file: ["command-config", "consumer.config", "producer.config"]
                .iter()
                .find_map(|name| value(options, name)),
            ..Self::default()
        };
        target.server = value(options, "bootstrap-server").map(|server| (server, Origin::Option));
        if target.server.is_none()
            && let Some(path) = &target.file
            && let Ok(properties) = client::read_file(path)
            && let Some(server) = properties.get("bootstrap.servers")
        {
            target.server = Some((server.to_owned(), Origin::File(path.clone())));
        }
        if let Some(profile) = &output.profile {
            target.take(&File::read(environment)?, profile)?;
        } else if target.server.is_none() {
            let variable = |name: &&'static str| Some((set(name)?, Origin::Environment(name)));
            target.server = VARIABLES.iter().find_map(variable);
        }
        if target.server.is_none() && target.profile.is_none() && !is_script(name) {
            let file = File::read(environment)?;
            if let Some(current) = set("KAFFA_PROFILE").or_else(|| file.current.clone()) {
                target.take(&file, &current)?;
            }
        }
        if target.server.is_none() && short::of(name).is_some() {
            target.server = Some((LOCAL.to_owned(), Origin::Default));
        }
        Ok(target)
    }

    /// Uses a profile: all of its settings, and its servers unless there are some.
    fn take(&mut self, file: &File, name: &str) -> Result<(), Failure> {
        let profile = file.profile(name)?;
        if self.server.is_none() && !profile.bootstrap.is_empty() {
            let servers = profile.bootstrap.join(",");
            self.server = Some((servers, Origin::Profile(name.to_owned())));
        }
        self.profile = Some((name.to_owned(), profile.clone()));
        self.warnings.clone_from(&file.warnings);
        Ok(())
    }

    /// The option that names the server, where the command line does not.
    pub fn option(&self) -> Option<String> {
        match &self.server {
            Some((_, Origin::Option)) | None => None,
            Some((server, _)) => Some(format!("--bootstrap-server={server}")),
        }
    }

    /// The profile's client properties.
    pub fn defaults(&self) -> Properties {
        let profile = self.profile.as_ref();
        profile.map_or_else(Properties::default, |(_, profile)| profile.client.clone())
    }
}

/// Whether a name is that of one of Apache's scripts.
fn is_script(name: &str) -> bool {
    name.strip_suffix(".sh").is_some()
}

/// What an option was set to, in the form that the dialect gives options.
pub fn value(options: &[String], name: &str) -> Option<String> {
    values(options, name).next().map(str::to_owned)
}

/// All values of an option.
pub fn values<'o>(options: &'o [String], name: &str) -> impl Iterator<Item = &'o str> {
    let start = format!("--{name}=");
    options
        .iter()
        .filter_map(move |option| option.strip_prefix(&start))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "current = 'dev'\n[profile.dev]\nbootstrap = 'dev:1'\n[profile.dev.client]\nk = 'dev'\n\
                          [profile.prod]\nbootstrap = 'prod:1'\n[profile.prod.client]\nk = 'prod'\n";

    /// Server, who named it, and the profile's setting.
    fn found(name: &str, options: &[&str], variables: &[(&str, &str)]) -> String {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("config.toml");
        std::fs::write(&config, CONFIG).unwrap();
        let properties = dir.path().join("client.properties");
        std::fs::write(&properties, "bootstrap.servers=file:1\n").unwrap();
        let environment = |name: &str| {
            let set = variables.iter().find(|(variable, _)| *variable == name);
            set.map(|(_, value)| (*value).to_owned())
                .or_else(|| (name == "KAFFA_CONFIG").then(|| config.display().to_string()))
        };
        let options: Vec<_> = options
            .iter()
            .map(|option| option.replace("FILE", &properties.display().to_string()))
            .collect();
        let output = Output {
            profile: value(&options, "profile"),
            ..Output::default()
        };
        match Target::find(name, &options, &output, &environment) {
            Err(failure) => failure.message,
            Ok(target) => {
                let (server, origin) = target
                    .server
                    .clone()
                    .unwrap_or((String::new(), Origin::Default));
                let defaults = target.defaults();
                let origin = match origin {
                    Origin::File(_) => "file".to_owned(),
                    other => other.to_string(),
                };
                format!("{server} by {origin}, {}", defaults.get("k").unwrap_or("-"))
            }
        }
    }

    #[test]
    fn what_was_typed_wins_and_profiles_are_not_mixed_in() {
        let environment = &[("KAFKA_BOOTSTRAP_SERVERS", "env:1")][..];
        for (options, variables, expected) in [
            (
                &["--bootstrap-server=a:1"][..],
                environment,
                "a:1 by option, -",
            ),
            (
                &["--bootstrap-server=a:1", "--profile=prod"],
                &[],
                "a:1 by option, prod",
            ),
            (&["--command-config=FILE"], environment, "file:1 by file, -"),
            (
                &["--command-config=FILE", "--profile=prod"],
                &[],
                "file:1 by file, prod",
            ),
            (
                &["--profile=prod"],
                environment,
                "prod:1 by profile prod, prod",
            ),
            (
                &[],
                environment,
                "env:1 by environment KAFKA_BOOTSTRAP_SERVERS, -",
            ),
            (
                &[],
                &[("KAFKA_BOOTSTRAP", "e:1")],
                "e:1 by environment KAFKA_BOOTSTRAP, -",
            ),
            (
                &[],
                &[("KAFFA_PROFILE", "prod")],
                "prod:1 by profile prod, prod",
            ),
            (&[], &[], "dev:1 by profile dev, dev"),
            (&["--profile=x"], &[], "there is no profile 'x'"),
        ] {
            assert_eq!(found("kafka-topics", options, variables), expected);
        }
        let script = |options, variables| found("kafka-topics.sh", options, variables);
        assert_eq!(script(&[], &[("KAFFA_PROFILE", "prod")]), " by default, -");
        assert_eq!(
            script(&["--profile=prod"], &[]),
            "prod:1 by profile prod, prod"
        );
    }

    #[test]
    fn only_short_commands_assume_a_local_broker() {
        let nothing = |_: &str| None;
        let server = |name| {
            let target = Target::find(name, &[], &Output::default(), &nothing).unwrap();
            target.server.map(|(server, _)| server)
        };
        assert_eq!(server("kaffa topics").as_deref(), Some(LOCAL));
        assert_eq!(server("kafka-topics"), None);
        assert_eq!(server("kaffa console-producer"), None);
    }
}
