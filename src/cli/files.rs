//! Files of ours in the user's directories.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process,
};

use super::printer::look::Environment;

/// `$VARIABLE/kaffa`, or `~/OTHERWISE/kaffa`; none without a home.
pub fn directory(environment: Environment<'_>, variable: &str, otherwise: &str) -> Option<PathBuf> {
    let set = |name: &str| environment(name).filter(|value| !value.is_empty());
    let named = set(variable).map(PathBuf::from);
    let base = named.or_else(|| Some(PathBuf::from(set("HOME")?).join(otherwise)))?;
    Some(base.join("kaffa"))
}

/// Writes a file, all of it or not at all: into one beside it, which then takes its name. The one beside is of this process
/// alone, as others may write the same file at the same time: one of them is the last.
///
/// # Errors
/// When one of the two fails.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", process::id()));
    let replaced = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if replaced.is_err() {
        // It may not even be there.
        fs::remove_file(&beside).ok();
    }
    replaced
}
