//! The layers of `src/`, enforced: each names only the layers below it, and touches the outside world only where its
//! row says so. Text after a file's first `#[cfg(test)]` is exempt, and so are `tests.rs` and the build script.

use std::fs;
use std::path::Path;

use crate::support::rust_files;

struct Layer {
    /// Path under `src/`; the longest match wins, so `broker/group` is not `broker`.
    path: &'static str,
    /// Layers it may name, besides itself.
    may_use: &'static [&'static str],
    /// Text that must not occur in it.
    never: &'static [&'static str],
}

/// What only the command line may touch.
const CLI_ONLY: &[&str] = &[
    "anyhow::",
    "clap::",
    "comfy_table::",
    "indicatif::",
    "chrono::",
    "std::env",
    "std::process",
    "println!",
];

/// What a pure layer must be given instead of reaching for it.
const PURE: &[&str] = &[
    "tokio::",
    "std::fs",
    "std::net",
    "Instant::now",
    "SystemTime::now",
    "rand::",
    "new_v4",
];

const BASE: &[&str] = &["protocol", "properties"];

const DECIDER: &[&str] = &["broker/metadata", "protocol", "properties"];

const LAYERS: &[Layer] = &[
    Layer {
        path: "properties",
        may_use: &[],
        never: PURE,
    },
    Layer {
        path: "protocol",
        may_use: &["properties"],
        never: PURE,
    },
    Layer {
        path: "storage/disk",
        may_use: &[],
        never: &["tokio::", "std::net"],
    },
    Layer {
        path: "storage/faulty_disk",
        may_use: &["storage", "storage/disk"],
        never: &["tokio::", "std::net"],
    },
    Layer {
        path: "storage",
        may_use: &[
            "storage/disk",
            "storage/faulty_disk",
            "protocol",
            "properties",
        ],
        never: &["tokio::", "std::net", "std::fs"],
    },
    Layer {
        path: "net",
        may_use: BASE,
        never: &["std::fs"],
    },
    Layer {
        path: "client",
        may_use: &["net", "protocol", "properties"],
        never: &["std::fs"],
    },
    Layer {
        path: "broker/metadata",
        may_use: BASE,
        never: PURE,
    },
    Layer {
        path: "broker/controller",
        may_use: DECIDER,
        never: PURE,
    },
    Layer {
        path: "broker/group",
        may_use: DECIDER,
        never: PURE,
    },
    Layer {
        path: "broker/transaction",
        may_use: DECIDER,
        never: PURE,
    },
    Layer {
        path: "broker",
        may_use: &[
            "broker/metadata",
            "broker/controller",
            "broker/group",
            "broker/transaction",
            "net",
            "storage",
            "storage/disk",
            "protocol",
            "properties",
        ],
        never: &["std::fs"],
    },
    Layer {
        path: "cli",
        may_use: &[
            "broker",
            "client",
            "storage",
            "storage/disk",
            "net",
            "protocol",
            "properties",
        ],
        never: &["println!", "process::exit"],
    },
    // A process whose reader has stalled cannot return from main.
    Layer {
        path: "cli/interrupt",
        may_use: &[],
        never: &["println!"],
    },
];

#[test]
fn every_module_stays_in_its_layer() {
    let mut faults = Vec::new();
    for file in rust_files(Path::new("src")) {
        let module = file
            .strip_prefix("src")
            .unwrap()
            .with_extension("")
            .display()
            .to_string();
        let is_build_script = module.starts_with("protocol/messages/");
        if module == "lib"
            || module.starts_with("bin/")
            || module.ends_with("/tests")
            || is_build_script
        {
            continue;
        }
        let Some(layer) = layer_of(&module) else {
            faults.push(format!("{}: belongs to no layer", file.display()));
            continue;
        };
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let cli_only = if layer.path.starts_with("cli") {
            &[]
        } else {
            CLI_ONLY
        };
        for word in layer
            .never
            .iter()
            .chain(cli_only)
            .filter(|word| code.contains(**word))
        {
            faults.push(format!("{}: names {word}", file.display()));
        }
        for used in imports(code).iter().filter_map(|path| layer_of(path)) {
            if used.path != layer.path && !layer.may_use.contains(&used.path) {
                faults.push(format!(
                    "{}: {} must not use {}",
                    file.display(),
                    layer.path,
                    used.path
                ));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

fn layer_of(module: &str) -> Option<&'static Layer> {
    let within = |layer: &&Layer| {
        module
            .strip_prefix(layer.path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    LAYERS
        .iter()
        .filter(within)
        .max_by_key(|layer| layer.path.len())
}

/// Every path named after `crate::`, as `a/b/C`; `crate::{a, b::C}` yields both.
fn imports(code: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for (at, root) in code.match_indices("crate::") {
        expand("", &code[at + root.len()..], &mut paths);
    }
    paths
}

/// Reads one path or `{}` group at the start of `text`; returns what is left after it.
fn expand<'t>(prefix: &str, text: &'t str, paths: &mut Vec<String>) -> &'t str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
            match rest.strip_prefix('}') {
                Some(after) => return after,
                None if rest.is_empty() => return rest,
                None => rest = expand(prefix, rest, paths),
            }
        }
    }
    let end = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    if end == 0 {
        return &text[text.chars().next().map_or(0, char::len_utf8)..];
    }
    let path = format!("{prefix}{}", &text[..end]);
    if let Some(rest) = text[end..].strip_prefix("::") {
        return expand(&format!("{path}/"), rest, paths);
    }
    paths.push(path);
    &text[end..]
}

#[test]
fn a_group_of_imports_is_read_path_by_path() {
    let code = "use crate::{protocol::{ApiKey, wire::Decoder}, storage::Log};\nuse crate::net::Connection;";
    let expected = [
        "protocol/ApiKey",
        "protocol/wire/Decoder",
        "storage/Log",
        "net/Connection",
    ];
    assert_eq!(imports(code), expected);
}
