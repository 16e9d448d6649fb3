//! Kafka's checkpoint files: a version, a count, and that many lines of numbers, the first of which may follow a name.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

use super::disk::Disk;
use super::error::{At, Error};
use crate::protocol::TopicPartition;

const VERSION: &str = "0";

/// Reads the lines after version and count. A file that is not there, or empty, has none.
pub(super) fn read_lines(disk: &dyn Disk, path: &Path) -> Result<Vec<String>, Error> {
    let bytes = match disk.read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.at("read", path)?,
    };
    let text =
        String::from_utf8(bytes).map_err(|_not_utf8| Error::malformed(path, "it is not text"))?;
    let mut lines = text.lines();
    match lines.next() {
        None => return Ok(Vec::new()),
        Some(VERSION) => {}
        Some(version) => {
            return Err(Error::malformed(
                path,
                format!("line 1: unknown version {version:?}"),
            ));
        }
    }
    let count: usize = lines
        .next()
        .and_then(|line| line.trim().parse().ok())
        .ok_or_else(|| Error::malformed(path, "line 2: expected the number of entries"))?;
    let entries: Vec<_> = lines.map(str::to_owned).collect();
    if entries.len() == count {
        Ok(entries)
    } else {
        Err(Error::malformed(
            path,
            format!("{} entries, but line 2 says {count}", entries.len()),
        ))
    }
}

/// The text of a checkpoint with these entries.
pub(super) fn text(entries: impl ExactSizeIterator<Item = String>) -> String {
    let mut text = format!("{VERSION}\n{}\n", entries.len());
    for entry in entries {
        text.push_str(&entry);
        text.push('\n');
    }
    text
}

/// Reads a checkpoint of an offset per partition; none if there is no such file.
///
/// # Errors
/// [`Error::Malformed`] naming the line, or what the disk says.
pub fn read_offsets(disk: &dyn Disk, path: &Path) -> Result<BTreeMap<TopicPartition, i64>, Error> {
    let mut offsets = BTreeMap::new();
    for (index, line) in read_lines(disk, path)?.iter().enumerate() {
        let mut words = line.split(' ');
        let entry = (|| {
            let topic = words.next()?.to_owned();
            let partition = words.next()?.parse().ok()?;
            let offset = words.next()?.parse().ok()?;
            words
                .next()
                .is_none()
                .then_some((TopicPartition { topic, partition }, offset))
        })();
        let (partition, offset) = entry.ok_or_else(|| {
            let number = index.saturating_add(3);
            Error::malformed(
                path,
                format!("line {number}: expected topic, partition and offset, found {line:?}"),
            )
        })?;
        offsets.insert(partition, offset);
    }
    Ok(offsets)
}

/// Replaces a checkpoint of an offset per partition.
///
/// # Errors
/// What the disk says; the old content is then still there.
pub fn write_offsets(
    disk: &dyn Disk,
    path: &Path,
    offsets: &BTreeMap<TopicPartition, i64>,
) -> Result<(), Error> {
    let lines = offsets.iter().map(|(partition, offset)| {
        let mut line = String::new();
        // Writing to a string does not fail.
        _ = write!(line, "{} {} {offset}", partition.topic, partition.partition);
        line
    });
    disk.replace(path, text(lines).as_bytes()).at("write", path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::FaultyDisk;

    fn read(content: &str) -> Result<BTreeMap<TopicPartition, i64>, Error> {
        let disk = FaultyDisk::new();
        disk.create_dir(Path::new("/")).unwrap();
        disk.write(Path::new("/checkpoint"), content.as_bytes())
            .unwrap();
        read_offsets(&disk, Path::new("/checkpoint"))
    }

    #[test]
    fn what_is_written_is_read() {
        let disk = FaultyDisk::new();
        disk.create_dir(Path::new("/")).unwrap();
        let path = Path::new("/recovery-point-offset-checkpoint");
        assert!(read_offsets(&disk, path).unwrap().is_empty());
        let offsets = BTreeMap::from([
            (
                TopicPartition {
                    topic: "a.b-c".to_owned(),
                    partition: 10,
                },
                7,
            ),
            (
                TopicPartition {
                    topic: "t".to_owned(),
                    partition: 0,
                },
                i64::MAX,
            ),
        ]);
        write_offsets(&disk, path, &offsets).unwrap();
        assert_eq!(
            disk.read(path).unwrap(),
            b"0\n2\na.b-c 10 7\nt 0 9223372036854775807\n"
        );
        assert_eq!(read_offsets(&disk, path).unwrap(), offsets);
    }

    #[test]
    fn malformed_files_are_refused_with_the_line() {
        for (content, needle) in [
            ("1\n0\n", "line 1: unknown version \"1\""),
            ("0\n", "line 2"),
            ("0\n-1\n", "line 2"),
            ("0\n2\nt 0 1\n", "1 entries, but line 2 says 2"),
            ("0\n9999999999999\n", "0 entries"),
            (
                "0\n1\nt 0\n",
                "line 3: expected topic, partition and offset, found \"t 0\"",
            ),
            ("0\n1\nt 0 1 2\n", "line 3"),
            ("0\n1\nt x 1\n", "line 3"),
        ] {
            let error = read(content).unwrap_err().to_string();
            assert!(error.contains(needle), "{content:?}: {error}");
        }
        assert!(read("").unwrap().is_empty());
    }
}
