//! `kaffa generate DIR`: completions and man pages, from the same definitions that parse. For packagers and for the test
//! that keeps the copies in this repository true.

use std::{ffi::OsStr, fs, path::Path, process::ExitCode};

use anyhow::Context;
use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

use super::{
    printer::{Look, Printer},
    umbrella,
};

/// Sections that every man page has.
const MORE_SECTIONS: &str = r#".SH "EXIT STATUS"
0 when everything was done, 1 when something failed or the usage was wrong, 130 after Ctrl\-C, 143 after SIGTERM.
.SH ENVIRONMENT
.TP
\fBKAFKA_BOOTSTRAP_SERVERS\fR
The cluster to talk to where \-\-bootstrap\-server is not given.
.TP
\fBKAFFA_OUTPUT\fR
What \-\-output says where it is not given.
.TP
\fBKAFFA_NO_INPUT\fR
Not empty and not 0: as --no-input, except for a script called as NAME.sh.
.TP
\fBKAFFA_LOG\fR
What to log on stderr: error, warn, info, debug or trace.
.TP
\fBNO_COLOR\fR, \fBFORCE_COLOR\fR, \fBCI\fR, \fBCOLUMNS\fR, \fBTERM\fR
As usual.
.SH "DIFFERENCES FROM APACHE KAFKA"
In a pipe, and wherever the tool is called by its name with .sh at the end, output is that of Apache Kafka's tool, except that
rows are sorted, that a command that failed exits with 1 even where the original exits with 0, that \-\-help goes to stdout
and exits with 0, and that the console producer sends the bytes of a line as they are.
"#;

/// Writes `DIR/completions` and `DIR/man`.
pub fn main(dir: &OsStr) -> ExitCode {
    match write(Path::new(dir)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if let Ok(mut out) = Printer::standard(Look::plain()) {
                out.fail(&error);
            }
            ExitCode::FAILURE
        }
    }
}

/// # Errors
/// When a file or directory cannot be written.
fn write(dir: &Path) -> anyhow::Result<()> {
    let (completions, man) = (dir.join("completions"), dir.join("man"));
    for dir in [&completions, &man] {
        fs::create_dir_all(dir).with_context(|| format!("create {}", dir.display()))?;
    }
    let tools = umbrella::TOOLS
        .iter()
        .filter_map(|tool| Some((tool.binary?, (tool.command)(tool.binary?))));
    for (name, command) in std::iter::once(("kaffa", umbrella::command())).chain(tools) {
        for (shell, file) in [
            (Shell::Bash, format!("{name}.bash")),
            (Shell::Zsh, format!("_{name}")),
            (Shell::Fish, format!("{name}.fish")),
        ] {
            save(&completions.join(file), &completion(shell, &command, name)?)?;
        }
        save(&man.join(format!("{name}.1")), &man_page(command)?)?;
    }
    Ok(())
}

fn save(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(path, bytes).with_context(|| format!("write {}", path.display()))
}

/// The script of a shell, for the tool's name and for its name as a script.
fn completion(shell: Shell, command: &Command, name: &str) -> anyhow::Result<Vec<u8>> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command.clone(), name, &mut script);
    let mut script = String::from_utf8(script).context("read a completion script")?;
    if name == "kaffa" {
        return Ok(script.into_bytes());
    }
    match shell {
        Shell::Bash => {
            let function = script
                .split_once('(')
                .map_or(name, |(function, _)| function);
            let line = format!("complete -F {function} -o bashdefault -o default {name}.sh\n");
            script.push_str(&line);
        }
        Shell::Zsh => script = script.replacen(name, &format!("{name} {name}.sh"), 1),
        _ => script.extend(["complete -c ", name, ".sh -w ", name, "\n"]),
    }
    Ok(script.into_bytes())
}

fn man_page(command: Command) -> anyhow::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command)
        .render(&mut page)
        .context("render a man page")?;
    let page = String::from_utf8(page).context("read a man page")?;
    let page = page
        .replace(".SH EXTRA\n", ".SH EXAMPLES\n.nf\n")
        .replace(".SH VERSION\n", ".fi\n.SH VERSION\n");
    Ok((page + MORE_SECTIONS).into_bytes())
}
