//! The file of profiles: `$KAFFA_CONFIG`, else `$XDG_CONFIG_HOME/kaffa/config.toml`, else `~/.config/kaffa/config.toml`.
//! Changing it leaves comments and everything else in it as they are.

use std::{collections::BTreeMap, fs, io::ErrorKind, path::PathBuf};

use toml_edit::{Array, DocumentMut, Item, Table, TableLike, TomlError, value};

use crate::{
    cli::{args::names, failure::Failure, files, printer::look::Environment, time},
    properties::Properties,
};

/// How to have the profiles somewhere else.
const ELSEWHERE: &str = "another file is named by KAFFA_CONFIG";

/// Keys of a profile.
const KEYS: [&str; 5] = ["bootstrap", "color", "protected", "behind", "client"];

/// A cluster with a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// `host:port` of brokers.
    pub bootstrap: Vec<String>,
    /// Colour of its name: red, yellow or green.
    pub color: Option<String>,
    /// Whether its name must be typed before anything is deleted or overwritten.
    pub protected: bool,
    /// From how many ms on a group that is behind is yellow, and from how many red.
    pub behind_ms: Option<[i64; 2]>,
    /// Client properties.
    pub client: Properties,
}

/// The file.
#[derive(Debug, Default)]
pub struct File {
    /// Where it is, or would be.
    pub path: PathBuf,
    document: DocumentMut,
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
                Err(Failure::new(
                    format!("cannot read '{path}': no such file"),
                    "KAFFA_CONFIG names it; kaffa profile add makes it",
                ))
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
                return Err(Failure::new(text, ELSEWHERE));
            }
        };
        let mut file = Self {
            path,
            ..Self::default()
        };
        file.understand(&text)?;
        Ok(Some(file))
    }

    fn understand(&mut self, text: &str) -> Result<(), Failure> {
        let shown = self.path.display().to_string();
        let wrong = |what| Failure::new(format!("cannot use '{shown}': {what}"), ELSEWHERE);
        let document: DocumentMut = text
            .parse()
            .map_err(|error: TomlError| wrong(error.to_string().trim_end().to_owned()))?;
        for (key, item) in document.iter() {
            let mistyped = |what: &str| wrong(format!("'{key}' is not {what}"));
            match key {
                "current" => {
                    let name = item.as_str().ok_or_else(|| mistyped("a string"))?;
                    self.current = Some(name.to_owned());
                }
                "profile" => {
                    let profiles = item.as_table_like().ok_or_else(|| mistyped("a table"))?;
                    for (name, item) in profiles.iter() {
                        let key = format!("profile.{name}");
                        let profile = self.understand_profile(&key, item).map_err(&wrong)?;
                        self.profiles.insert(name.to_owned(), profile);
                    }
                }
                _ => self.warn(key, key, &["current", "profile"]),
            }
        }
        self.document = document;
        Ok(())
    }

    /// # Errors
    /// What is wrong with it.
    fn understand_profile(&mut self, name: &str, item: &Item) -> Result<Profile, String> {
        let mut profile = Profile::default();
        let keys = item
            .as_table_like()
            .ok_or_else(|| format!("'{name}' is not a table"))?;
        for (key, item) in keys.iter() {
            let mistyped = |what: &str| format!("'{name}.{key}' is not {what}");
            let text = || item.as_str().map(str::to_owned);
            match key {
                "bootstrap" => {
                    let list = item.as_array().map_or_else(
                        || text().map(|server| vec![server]),
                        |list| {
                            list.iter()
                                .map(|it| it.as_str().map(str::to_owned))
                                .collect()
                        },
                    );
                    profile.bootstrap = list.ok_or_else(|| mistyped("a list of strings"))?;
                }
                "color" => profile.color = Some(text().ok_or_else(|| mistyped("a string"))?),
                "protected" => {
                    let is_it = item.as_bool();
                    profile.protected = is_it.ok_or_else(|| mistyped("true or false"))?;
                }
                "behind" => {
                    let durations = || mistyped("two durations, such as ['10s', '1m']");
                    profile.behind_ms = Some(read_behind(item).ok_or_else(durations)?);
                }
                "client" => {
                    let keys = item.as_table_like().ok_or_else(|| mistyped("a table"))?;
                    read_client("", keys, &mut profile.client);
                }
                _ => self.warn(&format!("{name}.{key}"), key, &KEYS),
            }
        }
        Ok(profile)
    }

    /// Takes note of a key without meaning: `key` is how to find it, `last` what it is called.
    fn warn(&mut self, key: &str, last: &str, known: &[&str]) {
        let file = self.path.display();
        self.warnings.push(if last == "password-command" {
            format!("{file}: '{key}' has no effect: there is no authentication yet")
        } else {
            let hint = names::did_you_mean(last, known.iter().copied());
            let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
            format!("{file}: unknown key '{key}'{hint}")
        });
    }

    /// The profile of this name.
    ///
    /// # Errors
    /// [`Failure`] when there is none.
    pub fn profile(&self, name: &str) -> Result<&Profile, Failure> {
        self.profiles.get(name).ok_or_else(|| {
            let names = self.profiles.keys().map(String::as_str);
            let make = || format!("make it: kaffa profile add {name} --bootstrap-server HOST:PORT");
            Failure::new(
                format!("there is no profile '{name}'"),
                names::did_you_mean(name, names).unwrap_or_else(make),
            )
        })
    }

    /// Adds a profile, which becomes the current one if there is none.
    pub fn add(&mut self, name: &str, profile: &Profile) {
        if self.current.is_none() {
            self.set_current(name);
        }
        let mut table = Table::new();
        table.insert(
            "bootstrap",
            value(profile.bootstrap.iter().collect::<Array>()),
        );
        if let Some(color) = &profile.color {
            table.insert("color", value(color));
        }
        if profile.protected {
            table.insert("protected", value(true));
        }
        if !profile.client.is_empty() {
            let client = profile.client.iter().map(|(key, text)| (key, value(text)));
            table.insert("client", Item::Table(client.collect()));
        }
        let mut profiles = Table::new();
        profiles.set_implicit(true);
        let profiles = self
            .document
            .entry("profile")
            .or_insert(Item::Table(profiles));
        if let Some(profiles) = profiles.as_table_like_mut() {
            profiles.insert(name, Item::Table(table));
        }
    }

    /// Makes a profile the current one.
    pub fn set_current(&mut self, name: &str) {
        *self.document.entry("current").or_insert(Item::None) = value(name);
        self.current = Some(name.to_owned());
    }

    /// Takes a profile out.
    pub fn remove(&mut self, name: &str) {
        if self.current.as_deref() == Some(name) {
            self.document.remove("current");
        }
        let profiles = self.document.get_mut("profile");
        if let Some(profiles) = profiles.and_then(Item::as_table_like_mut) {
            profiles.remove(name);
        }
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
            files::replace(&self.path, self.document.to_string().as_bytes())
        };
        let failed = |error| format!("cannot write '{}': {error}", self.path.display());
        write().map_err(|error: std::io::Error| Failure::new(failed(error), ELSEWHERE))
    }
}

fn path(environment: Environment<'_>) -> Result<PathBuf, Failure> {
    let named = environment("KAFFA_CONFIG").filter(|path| !path.is_empty());
    let directory = || files::directory(environment, "XDG_CONFIG_HOME", ".config");
    named
        .map(PathBuf::from)
        .or_else(|| Some(directory()?.join("config.toml")))
        .ok_or_else(|| Failure::new("there is no home directory to keep profiles in", ELSEWHERE))
}

fn read_behind(item: &Item) -> Option<[i64; 2]> {
    let durations = item.as_array()?.iter();
    let durations: Option<Vec<_>> = durations
        .map(|it| time::duration(it.as_str()?, Some(1000)).ok())
        .collect();
    durations?.try_into().ok()
}

/// Client properties: `"client.id" = 1` and `client.id = 1` are the same key.
fn read_client(prefix: &str, keys: &dyn TableLike, client: &mut Properties) {
    for (key, item) in keys.iter() {
        let key = format!("{prefix}{key}");
        match (item.as_table_like(), item.as_value()) {
            (Some(keys), _) => read_client(&format!("{key}."), keys, client),
            (None, Some(value)) => {
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                client.set(key, text.trim());
            }
            (None, None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn understood(text: &str) -> Result<File, Failure> {
        let mut file = File {
            path: "F".into(),
            ..File::default()
        };
        file.understand(text).map(|()| file)
    }

    const TWO: &str = "# mine\ncurrent = \"dev\"\n\n[profile.dev]\nbootstrap = \"localhost:9092\"\n# the real one\n\
                       [profile.prod]\nbootstrap = ['a:1', 'b:2']\ncolor = \"red\"\nprotected = true\nbehind = ['5s', '2m']\n\
                       [profile.prod.client]\n\"client.id\" = \"me\"\nretries = 3\n";

    #[test]
    fn profiles_are_read() {
        let file = understood(TWO).unwrap();
        assert_eq!(file.current.as_deref(), Some("dev"));
        let prod = file.profile("prod").unwrap();
        assert_eq!(prod.bootstrap, ["a:1", "b:2"]);
        assert_eq!(prod.behind_ms, Some([5_000, 120_000]));
        assert!(prod.protected && prod.color.as_deref() == Some("red"));
        assert_eq!(prod.client.get("client.id"), Some("me"));
        assert_eq!(prod.client.get("retries"), Some("3"));
        let missing = file.profile("prd").unwrap_err();
        assert_eq!(missing.hints(), ["did you mean: prod ?"]);
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
            changed.document.to_string(),
            format!(
                "# mine\ncurrent = \"prod\"\n# the real one\n{}",
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
            understood(&changed.document.to_string())
                .unwrap()
                .profile("new")
                .unwrap(),
            &added
        );
        changed.remove("prod");
        assert_eq!(
            understood(&changed.document.to_string()).unwrap().current,
            None
        );
    }
}
