//! Files of ours in the user's directories.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::printer::look::Environment;

/// `$VARIABLE/kaffa`, or `~/OTHERWISE/kaffa`; none without a home.
pub fn directory(environment: Environment<'_>, variable: &str, otherwise: &str) -> Option<PathBuf> {
    let set = |name: &str| environment(name).filter(|value| !value.is_empty());
    let named = set(variable).map(PathBuf::from);
    let base = named.or_else(|| Some(PathBuf::from(set("HOME")?).join(otherwise)))?;
    Some(base.join("kaffa"))
}

/// Writes a file, all of it or not at all: into one beside it, which then takes its name.
///
/// # Errors
/// When one of the two fails.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    fs::write(&beside, bytes)?;
    fs::rename(&beside, path)
}
