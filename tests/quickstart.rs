//! `kaffa quickstart`: what a newcomer runs first.

use std::fs;
use std::process::{Command, Output};

use tempfile::tempdir;

fn quickstart(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kaffa"))
        .arg("quickstart")
        .args(words)
        .output()
        .unwrap()
}

#[test]
fn a_file_goes_in_and_comes_out_again() {
    let dir = tempdir().unwrap();
    let file = dir.path().join("access.log");
    let lines = "GET /page/0 200\r\n".repeat(5000);
    fs::write(&file, lines + "last line without an end \u{1f600}").unwrap();
    let output = quickstart(&[file.to_str().unwrap()]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{told}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for part in [
        "GET /page/0 200\n",
        "and 4998 lines more",
        "5001 lines went in and came out",
        "--shift-by 5001",
    ] {
        assert!(told.contains(part), "{part:?} is not in:\n{told}");
    }
}

#[test]
fn files_that_cannot_be_sent_are_refused() {
    let dir = tempdir().unwrap();
    let empty = dir.path().join("empty");
    fs::write(&empty, "").unwrap();
    for (file, why) in [
        (empty.as_path(), "empty"),
        (dir.path(), "directory"),
        (&dir.path().join("no"), "No such file"),
    ] {
        let output = quickstart(&[file.to_str().unwrap()]);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(told.contains(why), "{told}");
    }
}
