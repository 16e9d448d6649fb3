//! The file of profiles: `$KAFFA_CONFIG`, else `$XDG_CONFIG_HOME/kaffa/config.toml`, else `~/.config/kaffa/config.toml`.
//! Reading takes it apart; changing it changes lines and leaves every other line as it is.

use std::{collections::BTreeMap, fs, io::ErrorKind, path::PathBuf};

use super::toml::{self, Value};
use crate::{
    cli::{args::names, failure::Failure, printer::look::Environment},
    properties::Properties,
};

/// Keys of a profile.
const KEYS: [&str; 4] = ["bootstrap", "color", "protected", "client"];

/// A cluster with a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// `host:port` of brokers.
    pub bootstrap: Vec<String>,
    /// Colour of its name: red, yellow or green.
    pub color: Option<String>,
    /// Whether its name must be typed before anything is deleted or overwritten.
    pub protected: bool,
    /// Client properties.
    pub client: Properties,
}

/// The file.
#[derive(Debug, Default)]
pub struct File {
    /// Where it is, or would be.
    pub path: PathBuf,
    text: String,
    /// The profile in use where none is named.
    pub current: Option<String>,
    /// By name.
    pub profiles: BTreeMap<String, Profile>,
    /// What is in it that has no meaning.
    pub warnings: Vec<String>,
}

impl File {
    /// Reads it. A file that is not there is empty, unless `KAFFA_CONFIG` names it.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be read or understood.
    pub fn read(environment: Environment<'_>) -> Result<Self, Failure> {
        let named = environment("KAFFA_CONFIG").filter(|path| !path.is_empty());
        match Self::open(environment)? {
            Some(file) => Ok(file),
            None if named.is_some() => {
                let path = named.unwrap_or_default();
                Err(Failure::new(format!("cannot read '{path}': no such file"))
                    .with_hint("KAFFA_CONFIG names it; kaffa profile add makes it"))
            }
            None => Ok(Self::default()),
        }
    }

    /// Reads it to change it: a missing file is empty.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn for_change(environment: Environment<'_>) -> Result<Self, Failure> {
        let path = path(environment)?;
        Ok(Self::open(environment)?.unwrap_or(Self {
            path,
            ..Self::default()
        }))
    }

    fn open(environment: Environment<'_>) -> Result<Option<Self>, Failure> {
        let Ok(path) = path(environment) else {
            return Ok(None);
        };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let text = format!("cannot read '{}': {error}", path.display());
                return Err(Failure::new(text));
            }
        };
        let mut file = Self {
            path,
            text,
            ..Self::default()
        };
        file.understand()?;
        Ok(Some(file))
    }

    fn understand(&mut self) -> Result<(), Failure> {
        let shown = self.path.display().to_string();
        let wrong = |what: String| Failure::new(format!("cannot use '{shown}': {what}"));
        for entry in toml::read(&self.text).map_err(|error| wrong(error.to_string()))? {
            let path: Vec<&str> = entry.path.iter().map(String::as_str).collect();
            let key = path.join(".");
            let mistyped = |what: &str| wrong(format!("'{key}' is not {what}"));
            match (path.as_slice(), entry.value) {
                (["current"], Value::Text(name)) => self.current = Some(name),
                (["profile", name, rest @ ..], value) => {
                    let profile = self.profiles.entry((*name).to_owned()).or_default();
                    match (rest, value) {
                        (["bootstrap"], Value::Text(server)) => profile.bootstrap = vec![server],
                        (["bootstrap"], Value::List(list)) => {
                            profile.bootstrap = list.into_iter().map(text).collect();
                        }
                        (["color"], Value::Text(color)) => profile.color = Some(color),
                        (["protected"], Value::Word(word)) => profile.protected = word == "true",
                        (["client", key @ ..], Value::Text(value) | Value::Word(value))
                            if !key.is_empty() =>
                        {
                            profile.client.set(key.join("."), value);
                        }
                        (["bootstrap" | "color" | "client", ..], _) => {
                            return Err(mistyped("a string"));
                        }
                        (["protected"], _) => return Err(mistyped("true or false")),
                        (rest, _) => self.warnings.push(unknown(&shown, &key, rest, &KEYS)),
                    }
                }
                (["current"], _) => return Err(mistyped("a string")),
                (path, _) => {
                    let warning = unknown(&shown, &key, path, &["current", "profile"]);
                    self.warnings.push(warning);
                }
            }
        }
        Ok(())
    }

    /// The profile of this name.
    ///
    /// # Errors
    /// [`Failure`] when there is none.
    pub fn profile(&self, name: &str) -> Result<&Profile, Failure> {
        self.profiles.get(name).ok_or_else(|| {
            let failure = Failure::new(format!("there is no profile '{name}'"));
            let names = self.profiles.keys().map(String::as_str);
            failure.with_hint(names::did_you_mean(name, names).unwrap_or_else(|| {
                format!("make it: kaffa profile add {name} --bootstrap-server HOST:PORT")
            }))
        })
    }

    /// Adds a profile, which becomes the current one if there is none.
    pub fn add(&mut self, name: &str, profile: &Profile) {
        if self.current.is_none() {
            self.set_current(name);
        }
        let blank = if self.text.is_empty() { "" } else { "\n" };
        let list: Vec<_> = profile
            .bootstrap
            .iter()
            .map(|text| toml::quoted(text))
            .collect();
        let mut lines = vec![
            format!("{blank}[profile.{name}]"),
            format!("bootstrap = [{}]", list.join(", ")),
        ];
        if let Some(color) = &profile.color {
            lines.push(format!("color = {}", toml::quoted(color)));
        }
        if profile.protected {
            lines.push("protected = true".to_owned());
        }
        if !profile.client.is_empty() {
            lines.push(format!("[profile.{name}.client]"));
        }
        for (key, value) in profile.client.iter() {
            lines.push(format!("{} = {}", toml::quoted(key), toml::quoted(value)));
        }
        self.text = format!("{}{}\n", self.text, lines.join("\n"));
    }

    /// Makes a profile the current one.
    pub fn set_current(&mut self, name: &str) {
        self.drop_current();
        self.text = format!("current = {}\n{}", toml::quoted(name), self.text);
        self.current = Some(name.to_owned());
    }

    /// Takes a profile out.
    pub fn remove(&mut self, name: &str) {
        if self.current.as_deref() == Some(name) {
            self.drop_current();
        }
        let mut is_its = false;
        let keep = |line: &&str| {
            if let Some(table) = toml::table(line) {
                is_its = matches!(table.as_slice(), [first, second, ..] if first == "profile" && second == name);
            }
            !is_its
        };
        self.text = self.text.split_inclusive('\n').filter(keep).collect();
    }

    fn drop_current(&mut self) {
        let mut is_top = true;
        let keep = |line: &&str| {
            is_top = is_top && toml::table(line).is_none();
            let key = line.split('=').next().unwrap_or_default().trim();
            !(is_top && matches!(key, "current" | "\"current\""))
        };
        self.text = self.text.split_inclusive('\n').filter(keep).collect();
    }

    /// Writes it: into a file beside it, which then takes its name.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be written.
    pub fn save(&self) -> Result<(), Failure> {
        let write = || {
            if let Some(dir) = self.path.parent() {
                fs::create_dir_all(dir)?;
            }
            let beside = self.path.with_extension("toml.new");
            fs::write(&beside, &self.text)?;
            fs::rename(&beside, &self.path)
        };
        let failed = |error| format!("cannot write '{}': {error}", self.path.display());
        write().map_err(|error: std::io::Error| Failure::new(failed(error)))
    }
}

fn path(environment: Environment<'_>) -> Result<PathBuf, Failure> {
    let set = |name: &str| environment(name).filter(|value| !value.is_empty());
    let config = || set("XDG_CONFIG_HOME").map(PathBuf::from);
    let home = || set("HOME").map(|home| PathBuf::from(home).join(".config"));
    let found = set("KAFFA_CONFIG").map(PathBuf::from);
    found
        .or_else(|| Some(config().or_else(home)?.join("kaffa/config.toml")))
        .ok_or_else(|| {
            Failure::new("there is no home directory to keep profiles in")
                .with_hint("name a file: KAFFA_CONFIG")
        })
}

fn text(value: Value) -> String {
    match value {
        Value::Text(text) | Value::Word(text) => text,
        Value::List(_) => String::new(),
    }
}

fn unknown(file: &str, key: &str, path: &[&str], known: &[&str]) -> String {
    let last = path.first().copied().unwrap_or_default();
    if last == "password-command" {
        return format!("{file}: '{key}' has no effect: there is no authentication yet");
    }
    let hint = names::did_you_mean(last, known.iter().copied());
    let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
    format!("{file}: unknown key '{key}'{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn understood(text: &str) -> Result<File, Failure> {
        let mut file = File {
            path: "F".into(),
            text: text.to_owned(),
            ..File::default()
        };
        file.understand().map(|()| file)
    }

    const TWO: &str = "# mine\ncurrent = \"dev\"\n\n[profile.dev]\nbootstrap = \"localhost:9092\"\n# the real one\n\
                       [profile.prod]\nbootstrap = ['a:1', 'b:2']\ncolor = \"red\"\nprotected = true\n\
                       [profile.prod.client]\n\"client.id\" = \"me\"\nretries = 3\n";

    #[test]
    fn profiles_are_read() {
        let file = understood(TWO).unwrap();
        assert_eq!(file.current.as_deref(), Some("dev"));
        let prod = file.profile("prod").unwrap();
        assert_eq!(prod.bootstrap, ["a:1", "b:2"]);
        assert!(prod.protected && prod.color.as_deref() == Some("red"));
        assert_eq!(prod.client.get("client.id"), Some("me"));
        assert_eq!(prod.client.get("retries"), Some("3"));
        let missing = file.profile("prd").unwrap_err();
        assert_eq!(missing.hints, ["did you mean: prod ?"]);
    }

    #[test]
    fn unknown_keys_are_told_with_the_nearest() {
        let file = understood("[profile.dev]\nbootstrp = 'a:1'\ncolour = 'red'\n").unwrap();
        assert_eq!(
            file.warnings,
            [
                "F: unknown key 'profile.dev.bootstrp'; did you mean: bootstrap ?",
                "F: unknown key 'profile.dev.colour'; did you mean: color ?"
            ]
        );
        let error = understood("[profile.dev]\nprotected = 'yes'\n").unwrap_err();
        assert_eq!(
            error.message,
            "cannot use 'F': 'profile.dev.protected' is not true or false"
        );
    }

    #[test]
    fn a_change_leaves_other_lines_alone() {
        let mut changed = understood(TWO).unwrap();
        changed.set_current("prod");
        changed.remove("dev");
        assert_eq!(
            changed.text,
            format!(
                "current = \"prod\"\n# mine\n\n{}",
                TWO.split_once("# the real one\n").unwrap().1
            )
        );
        let added = Profile {
            bootstrap: vec!["c:3".into()],
            protected: true,
            client: [("client.id", "x")].into_iter().collect(),
            ..Profile::default()
        };
        changed.add("new", &added);
        assert_eq!(
            understood(&changed.text).unwrap().profile("new").unwrap(),
            &added
        );
        changed.remove("prod");
        assert_eq!(understood(&changed.text).unwrap().current, None);
    }
}
