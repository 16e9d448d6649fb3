//! `meta.properties`: which cluster and which node a data directory belongs to.

use std::io;
use std::path::Path;

use super::disk::Disk;
use super::error::{At, Error};
use crate::properties::Properties;
use crate::protocol::Uuid;

const FILE_NAME: &str = "meta.properties";
const VERSION: &str = "1";

/// The identity of a data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetaProperties {
    /// The cluster.
    pub cluster_id: String,
    /// The node.
    pub node_id: i32,
    /// The directory itself; directories formatted before Kafka 3.7 have none.
    pub directory_id: Option<Uuid>,
}

impl MetaProperties {
    /// Compares what was found in the directory at `path` with what this broker is.
    pub(super) fn check(&self, expected: &Self, path: &Path) -> Result<(), Error> {
        let mismatch = |key, expected: String, found: String| Error::Mismatch {
            path: path.to_path_buf(),
            key,
            expected,
            found,
        };
        if self.cluster_id != expected.cluster_id {
            return Err(mismatch(
                "cluster.id",
                expected.cluster_id.clone(),
                self.cluster_id.clone(),
            ));
        }
        if self.node_id != expected.node_id {
            return Err(mismatch(
                "node.id",
                expected.node_id.to_string(),
                self.node_id.to_string(),
            ));
        }
        Ok(())
    }
}

/// Reads the identity of the data directory at `dir`; `None` if it has none.
///
/// # Errors
/// [`Error::Malformed`] if a property is missing or wrong; what the disk says.
pub fn read(disk: &dyn Disk, dir: &Path) -> Result<Option<MetaProperties>, Error> {
    let path = dir.join(FILE_NAME);
    let bytes = match disk.read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read.at("read", &path)?,
    };
    let properties = Properties::read(bytes.as_slice())
        .map_err(|error| Error::malformed(&path, error.to_string()))?;
    let required = |key: &str| {
        properties
            .get(key)
            .ok_or_else(|| Error::malformed(&path, format!("it has no {key}")))
    };
    let version = required("version")?;
    // Version 0 was written by brokers that had ZooKeeper.
    let node_key = if version == "0" {
        "broker.id"
    } else {
        "node.id"
    };
    let node_id = required(node_key)?.parse();
    let directory_id = properties.get("directory.id").map(str::parse).transpose();
    Ok(Some(MetaProperties {
        cluster_id: required("cluster.id")?.to_owned(),
        node_id: node_id
            .map_err(|error| Error::malformed(&path, format!("{node_key}: {error}")))?,
        directory_id: directory_id
            .map_err(|error| Error::malformed(&path, format!("directory.id: {error}")))?,
    }))
}

/// Replaces the identity of the data directory at `dir`; durable.
///
/// # Errors
/// What the disk says.
pub fn write(disk: &dyn Disk, dir: &Path, meta: &MetaProperties) -> Result<(), Error> {
    let path = dir.join(FILE_NAME);
    let mut bytes = Vec::new();
    let mut writer = java_properties::PropertiesWriter::new(&mut bytes);
    let mut put = |key, value: &str| {
        writer
            .write(key, value)
            .map_err(io::Error::other)
            .at("encode", &path)
    };
    put("version", VERSION)?;
    put("cluster.id", &meta.cluster_id)?;
    put("node.id", &meta.node_id.to_string())?;
    if let Some(directory_id) = meta.directory_id {
        put("directory.id", &directory_id.to_string())?;
    }
    writer
        .finish()
        .map_err(io::Error::other)
        .at("encode", &path)?;
    disk.replace(&path, &bytes).at("write", &path)
}
