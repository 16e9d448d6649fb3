//! `kaffa generate DIR`: completions and man pages, from the same definitions that parse. For packagers and for the test
//! that keeps the copies in this repository true.

use std::{ffi::OsStr, fs, path::Path, process::ExitCode};

use anyhow::Context;
use clap::Command;
use clap_mangen::Man;

use super::{
    printer::{Look, Printer},
    umbrella,
};

/// Completion scripts: they ask `kaffa complete`, which knows the options and asks the cluster.
const BASH: &str = include_str!("completion.bash");
const ZSH: &str = include_str!("completion.zsh");
const FISH: &str = include_str!("completion.fish");

/// Sections that every man page has.
const MORE_SECTIONS: &str = r#".SH "EXIT STATUS"
0 when everything was done, 1 when something failed or the usage was wrong, 130 after Ctrl\-C, 143 after SIGTERM.
.SH ENVIRONMENT
.TP
\fBKAFKA_BOOTSTRAP_SERVERS\fR, \fBKAFKA_BOOTSTRAP\fR
The cluster to talk to where \-\-bootstrap\-server is not given. What was typed wins, then the file of \-\-command\-config,
then \-\-profile, then these, then the current profile.
.TP
\fBKAFFA_PROFILE\fR, \fBKAFFA_CONFIG\fR
The current profile; the file of profiles. Called by a name with .sh at the end, a tool ignores the current profile.
.TP
\fBKAFFA_OUTPUT\fR, \fBKAFFA_NO_INPUT\fR
What \-\-output and \-\-no\-input say where they are not given.
.TP
\fBKAFFA_LOG\fR
What to log on stderr: error, warn, info, debug or trace.
.TP
\fBNO_COLOR\fR, \fBFORCE_COLOR\fR, \fBCI\fR, \fBCOLUMNS\fR, \fBTERM\fR, \fBLC_ALL\fR, \fBLC_CTYPE\fR, \fBLANG\fR, \fBTZ\fR
As usual.
.SH FILES
.TP
\fI$XDG_CONFIG_HOME/kaffa/config.toml\fR, \fI~/.config/kaffa/config.toml\fR
Profiles: clusters by name. See \fBkaffa profile\fR. It need not exist. In a profile \fIbehind = ["10s", "1m"]\fR says
from when on a group that is behind is shown in yellow, and from when on in red.
.SH "DIFFERENCES FROM APACHE KAFKA"
In a pipe, and wherever the tool is called by its name with .sh at the end, output is that of Apache Kafka's tool, except:
.IP \(bu 2
A command that failed exits with 1, even where the original exits with 0.
.IP \(bu 2
Rows are sorted, where the original has the order of a hash table.
.IP \(bu 2
\-\-help goes to stdout and exits with 0. Deprecation lines go to stderr.
.IP \(bu 2
The console producer sends the bytes of a line as they are; a line ends with LF or CR LF.
.IP \(bu 2
No stack traces, no advertising lines.
.PP
At a terminal, called by its bare name, output is made for people; \-\-output plain gives Apache's.
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
            (BASH, format!("{name}.bash")),
            (ZSH, format!("_{name}")),
            (FISH, format!("{name}.fish")),
        ] {
            save(&completions.join(file), loader(shell, name).as_bytes())?;
        }
        save(&man.join(format!("{name}.1")), &man_page(command)?)?;
    }
    Ok(())
}

fn save(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(path, bytes).with_context(|| format!("write {}", path.display()))
}

/// A shell's script, for the tool's name and for its name as a script.
fn loader(shell: &str, name: &str) -> String {
    let names = if name == "kaffa" {
        name.to_owned()
    } else {
        format!("{name} {name}.sh")
    };
    // zsh loads a function from a file of its name.
    shell
        .replace("FUNCTION", &format!("_{name}"))
        .replace("NAMES", &names)
}

fn man_page(mut command: Command) -> anyhow::Result<Vec<u8>> {
    let examples = command.get_before_help().map(ToString::to_string);
    command = command.before_help(None::<&str>);
    let mut page = Vec::new();
    Man::new(command)
        .render(&mut page)
        .context("render a man page")?;
    let page = String::from_utf8(page).context("read a man page")?;
    let page = page.replace(".SH EXTRA\n", ".SH NOTES\n");
    let examples = examples.unwrap_or_default();
    let examples = examples.strip_prefix("Examples:").unwrap_or_default();
    let examples = examples.replace('\\', "\\e").replace('-', "\\-");
    let shown = match examples.trim_start() {
        "" => String::new(),
        _ => format!(".SH EXAMPLES\n.nf{examples}\n.fi\n"),
    };
    Ok((page + &shown + MORE_SECTIONS).into_bytes())
}
