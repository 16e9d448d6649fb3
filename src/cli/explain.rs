//! `--explain`: what would be sent to whom, and who said what each setting is. Nobody is asked.

use serde_json::json;

use super::{
    args::client,
    failure::{Failure, Refused},
    printer::{Mode, Printer},
    target::{Origin, Target, values},
};
use crate::properties::Properties;

/// A request that a command would send.
#[derive(Debug)]
pub struct Step {
    /// Its name in the protocol.
    pub api: &'static str,
    /// What it is about.
    pub about: String,
    /// Which broker gets it.
    pub to: &'static str,
    /// The right that it needs.
    pub needs: &'static str,
}

/// The request `api` about something, to `to`, which needs the right `needs`.
pub fn step(
    api: &'static str,
    about: impl Into<String>,
    to: &'static str,
    needs: &'static str,
) -> Step {
    let about = about.into();
    Step {
        api,
        about,
        to,
        needs,
    }
}

/// What a tool would do.
#[derive(Debug, Default)]
pub struct Plan {
    /// In order.
    pub steps: Vec<Step>,
    /// The client's properties, as the tool has put them together.
    pub properties: Properties,
}

/// A line of the second table.
struct Setting {
    name: String,
    value: String,
    origin: Origin,
}

/// Prints a plan; `options` are those of the command line, in the dialect's form.
///
/// # Errors
/// When a file of properties cannot be read, or stdout cannot be written.
pub fn print(
    plan: &Plan,
    options: &[String],
    target: &Target,
    out: &mut Printer<'_>,
) -> anyhow::Result<()> {
    if plan.steps.is_empty() {
        return Err(Refused(Failure::new(
            "there is nothing to explain: no cluster would be asked anything",
            "without --explain the command does its work",
        ))
        .into());
    }
    let settings = settings(plan, options, target)?;
    if out.look.mode == Mode::Json {
        let requests = plan.steps.iter().map(|step| {
            json!({"api": step.api, "about": step.about, "to": step.to, "needs": step.needs})
        });
        let settings = settings.iter().map(|setting| {
            json!({"name": setting.name, "value": setting.value, "origin": setting.origin.to_string()})
        });
        let (requests, settings): (Vec<_>, Vec<_>) = (requests.collect(), settings.collect());
        let document =
            json!({"kind": "explain", "v": 1, "requests": requests, "settings": settings});
        return Ok(out.json(&document)?);
    }
    out.line("would send")?;
    for Step {
        api,
        about,
        to,
        needs,
    } in &plan.steps
    {
        let needs = if needs.is_empty() {
            String::new()
        } else {
            format!(" (needs {needs})")
        };
        out.line(format_args!("  {api}: {about}, to {to}{needs}"))?;
    }
    out.line("with")?;
    for Setting {
        name,
        value,
        origin,
    } in settings
    {
        out.line(format_args!("  {name}={value}  ({origin})"))?;
    }
    Ok(())
}

/// Options that were typed, then properties by key.
fn settings(plan: &Plan, options: &[String], target: &Target) -> anyhow::Result<Vec<Setting>> {
    let typed = options
        .iter()
        .filter(|option| !is_property(option) && *option != "--explain");
    let typed = typed.map(|option| {
        let (name, value) = option.split_once('=').unwrap_or((option, "true"));
        let origin = match (name, &target.server) {
            ("--bootstrap-server", Some((_, origin))) => origin.clone(),
            _ => Origin::Option,
        };
        let masked = match value.split_once('=') {
            Some((key, value)) => format!("{key}={}", masked(key, value)),
            None => value.to_owned(),
        };
        Setting {
            name: name.to_owned(),
            value: masked,
            origin,
        }
    });
    let mut settings: Vec<_> = typed.collect();
    let layers = layers(options, target)?;
    for (key, value) in plan
        .properties
        .iter()
        .filter(|(key, _)| *key != "bootstrap.servers")
    {
        let says = |(_, layer): &&(Origin, Properties)| layer.get(key) == Some(value);
        let origin = layers.iter().find(says);
        settings.push(Setting {
            name: key.to_owned(),
            value: masked(key, value).to_owned(),
            origin: origin.map_or(Origin::Default, |(origin, _)| origin.clone()),
        });
    }
    Ok(settings)
}

/// Options whose values are client properties.
const PROPERTIES: [&str; 3] = ["command-property", "producer-property", "consumer-property"];

fn is_property(option: &str) -> bool {
    let name = option.split('=').next().unwrap_or_default();
    PROPERTIES
        .iter()
        .any(|property| name.strip_prefix("--") == Some(property))
}

/// Who sets properties, the strongest first.
fn layers(options: &[String], target: &Target) -> anyhow::Result<Vec<(Origin, Properties)>> {
    let words = PROPERTIES.iter().flat_map(|name| values(options, name));
    let words: Vec<_> = words.map(str::to_owned).collect();
    let mut layers = vec![(Origin::Option, client::read_words(&words))];
    if let Some(path) = &target.file {
        layers.push((Origin::File(path.clone()), client::read_file(path)?));
    }
    if let Some((name, profile)) = &target.profile {
        layers.push((Origin::Profile(name.clone()), profile.client.clone()));
    }
    Ok(layers)
}

/// A value that may be shown.
pub fn masked<'v>(key: &str, value: &'v str) -> &'v str {
    let key = key.to_ascii_lowercase();
    let is_secret = [
        "password",
        "secret",
        "jaas",
        "token",
        "credential",
        "keystore.key",
    ]
    .iter()
    .any(|word| key.contains(word));
    if is_secret { "****" } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{printer::Look, profile::file::Profile};

    #[test]
    fn every_setting_is_told_with_its_origin_and_no_secret() {
        let target = Target {
            server: Some(("b:1".into(), Origin::Environment("KAFKA_BOOTSTRAP"))),
            profile: Some((
                "dev".into(),
                Profile {
                    client: [("ssl.key.password", "hush"), ("retries", "3")]
                        .into_iter()
                        .collect(),
                    ..Profile::default()
                },
            )),
            ..Target::default()
        };
        let options = [
            "--topic=t",
            "--list",
            "--explain",
            "--command-property=linger.ms=5",
            "--config=sasl.jaas.config=hush",
            "--bootstrap-server=b:1",
        ]
        .map(str::to_owned);
        let plan = Plan {
            steps: vec![step(
                "Metadata",
                "all topics",
                "any broker",
                "Describe on Topic",
            )],
            properties: [
                ("linger.ms", "5"),
                ("retries", "3"),
                ("ssl.key.password", "hush"),
                ("acks", "-1"),
            ]
            .into_iter()
            .collect(),
        };
        let mut shown = Vec::new();
        let mut out = Printer::new(Look::plain(), &mut shown, std::io::sink());
        print(&plan, &options, &target, &mut out).unwrap();
        out.flush().unwrap();
        drop(out);
        assert_eq!(
            String::from_utf8(shown).unwrap(),
            "would send\n  Metadata: all topics, to any broker (needs Describe on Topic)\nwith\n  --topic=t  (option)\n\
             \x20 --list=true  (option)\n  --config=sasl.jaas.config=****  (option)\n\
             \x20 --bootstrap-server=b:1  (environment KAFKA_BOOTSTRAP)\n  acks=-1  (default)\n  linger.ms=5  (option)\n\
             \x20 retries=3  (profile dev)\n  ssl.key.password=****  (profile dev)\n"
        );
    }
}
