//! `kaffa profile`: names for clusters, kept in a file.

pub mod file;

use std::time::Duration;

use clap::Parser;
use serde_json::json;

use self::file::{File, Profile};
use super::{
    Original, Tool,
    args::client,
    explain::Plan,
    failure::{Failure, Refused, Usage},
    printer::{Mode, Printer, colour::Colour},
};

const NOTES: &str = "\
Profiles are kept in $XDG_CONFIG_HOME/kaffa/config.toml, or where KAFFA_CONFIG says. The current one counts where a command
names no server, and KAFFA_PROFILE chooses another; --profile NAME works with every tool.";

/// Colours that a profile's name may have.
const COLORS: [(&str, Colour); 3] = [
    ("red", Colour::Red),
    ("yellow", Colour::Yellow),
    ("green", Colour::Green),
];

/// Names for clusters.
#[derive(Debug, Clone, Default, Parser)]
#[command(after_help = NOTES)]
pub struct Profiles {
    /// Remember a cluster by a name.
    #[arg(long, hide = true)]
    add: bool,
    /// Make a profile the one that counts where no server is named.
    #[arg(long = "use", hide = true)]
    r#use: bool,
    /// Print the names of profiles, the current one with a star.
    #[arg(long, hide = true)]
    list: bool,
    /// Print what is known of a profile.
    #[arg(long, hide = true)]
    show: bool,
    /// Forget a profile.
    #[arg(long, hide = true)]
    remove: bool,
    /// The profile's name.
    #[arg(long, value_name = "NAME", hide = true)]
    name: Option<String>,
    /// Brokers of the cluster, separated by commas.
    #[arg(
        long = "bootstrap-server",
        id = "servers",
        value_name = "HOST:PORT,..."
    )]
    servers: Option<String>,
    /// A client property; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    command_property: Vec<String>,
    /// Show the cluster's name in red, yellow or green before whatever a person does with it.
    #[arg(long = "name-color", value_name = "COLOR")]
    name_color: Option<String>,
    /// Have the profile's name typed before anything is deleted or overwritten.
    #[arg(long)]
    protected: bool,
}

impl Tool for Profiles {
    const ORIGINAL: Original = Original {
        about: "Remember clusters by name",
        examples: "",
        summary: "Say what to do: kaffa profile add, use, list, show or remove.",
        parser_errors_show_usage: false,
        patience: Duration::ZERO,
    };

    fn check(&self, _out: &mut Printer<'_>) -> anyhow::Result<()> {
        let needs_name = self.add || self.r#use || self.remove;
        if needs_name && self.name.is_none() {
            return Err(Usage::new("Missing the name of the profile").into());
        }
        Ok(())
    }

    fn plan(&self) -> anyhow::Result<Plan> {
        Ok(Plan::default())
    }

    async fn run(self, out: &mut Printer<'_>) -> anyhow::Result<()> {
        let environment = |name: &str| std::env::var(name).ok();
        let mut file = File::for_change(&environment).map_err(Refused)?;
        for warning in &file.warnings {
            out.warning(warning, "kaffa.profile");
        }
        let name = self.name.clone().unwrap_or_default();
        if self.add {
            self.add(&name, &mut file)?;
        } else if self.r#use {
            file.profile(&name).map_err(Refused)?;
            file.set_current(&name);
        } else if self.remove {
            file.profile(&name).map_err(Refused)?;
            file.remove(&name);
        } else if self.show {
            let current = || file.current.clone().ok_or_else(none_current);
            let name = self.name.map_or_else(current, Ok).map_err(Refused)?;
            return show(&name, file.profile(&name).map_err(Refused)?, out);
        } else {
            return list(&file, out);
        }
        file.save().map_err(Refused)?;
        let is_current = file.current.as_ref() == Some(&name);
        out.aside(match (self.remove, is_current) {
            (true, _) => format!("{name} is forgotten"),
            (_, true) => format!("{name} counts now where no server is named"),
            (_, false) => format!(
                "{name} is for --profile {name}; to have it always: kaffa profile use {name}"
            ),
        });
        Ok(())
    }
}

impl Profiles {
    fn add(&self, name: &str, file: &mut File) -> anyhow::Result<()> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if name.is_empty() || !name.chars().all(is_plain) {
            let text = format!("'{name}' cannot be the name of a profile");
            let hint = "a name has letters, digits, '-' and '_'";
            return Err(Refused(Failure::new(text, hint)).into());
        }
        if file.profiles.contains_key(name) {
            return Err(Refused(Failure::new(
                format!("there is a profile '{name}' already"),
                format!("take it out first: kaffa profile remove {name}"),
            ))
            .into());
        }
        client::check_servers(self.servers.as_deref())?;
        if let Some(color) = &self.name_color
            && !COLORS.iter().any(|(name, _)| name == color)
        {
            let text = format!("'{color}' is no colour of names");
            let hint = "colours are red, yellow and green";
            return Err(Refused(Failure::new(text, hint)).into());
        }
        let servers = self.servers.as_deref().unwrap_or_default();
        let profile = Profile {
            bootstrap: servers.split(',').map(str::to_owned).collect(),
            color: self.name_color.clone(),
            protected: self.protected,
            behind_ms: None,
            client: client::read_words(&self.command_property),
        };
        file.add(name, &profile);
        Ok(())
    }
}

fn none_current() -> Failure {
    Failure::new(
        "no profile is current",
        "choose one: kaffa profile use NAME",
    )
}

fn list(file: &File, out: &mut Printer<'_>) -> anyhow::Result<()> {
    for (name, profile) in &file.profiles {
        let is_current = file.current.as_deref() == Some(name);
        match out.look.mode {
            Mode::Json => out.json(&json!({
                "kind": "profile", "v": 1, "name": name, "current": is_current, "bootstrap": profile.bootstrap,
            }))?,
            Mode::Plain | Mode::Rich => {
                let star = if is_current { '*' } else { ' ' };
                out.line(format_args!("{star} {name}  {}", profile.bootstrap.join(",")))?;
            }
        }
    }
    if file.profiles.is_empty() {
        out.aside("no profiles; make one: kaffa profile add NAME --bootstrap-server HOST:PORT");
    }
    Ok(())
}

fn show(name: &str, profile: &Profile, out: &mut Printer<'_>) -> anyhow::Result<()> {
    let client: serde_json::Map<_, _> = profile
        .client
        .iter()
        .map(|(key, value)| (key.to_owned(), super::explain::masked(key, value).into()))
        .collect();
    if out.look.mode == Mode::Json {
        return Ok(out.json(&json!({
            "kind": "profile", "v": 1, "name": name, "bootstrap": profile.bootstrap, "color": profile.color,
            "protected": profile.protected, "client": client,
        }))?);
    }
    out.line(format_args!("{name}  {}", profile.bootstrap.join(",")))?;
    if let Some(color) = &profile.color {
        out.line(format_args!("  {color}"))?;
    }
    if profile.protected {
        out.line("  protected")?;
    }
    for (key, value) in &client {
        out.line(format_args!(
            "  {key}={}",
            value.as_str().unwrap_or_default()
        ))?;
    }
    Ok(())
}

/// A profile's name in its colour.
pub fn painted(name: &str, profile: &Profile, wanted: bool) -> Option<String> {
    let color = profile.color.as_deref()?;
    let (_, colour) = COLORS.iter().find(|(known, _)| *known == color)?;
    Some(colour.paint(name, wanted))
}
