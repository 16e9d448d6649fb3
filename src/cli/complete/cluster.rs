//! What the cluster of a command line knows, asked of it or kept from the last time.

use std::{
    fmt::Write as _,
    fs::{self, DirBuilder},
    hash::{DefaultHasher, Hash, Hasher},
    os::unix::fs::DirBuilderExt,
    path::PathBuf,
    time::Duration,
};

use super::Candidate;
use crate::{
    cli::{
        args::{client, output::Output},
        files,
        printer::table::count,
        target::{self, Target},
    },
    client::Admin,
};

/// How long a cluster may take: a key press may take 300 ms in all.
const ASKED_MAX: Duration = Duration::from_millis(250);
/// For how long an answer stands in for a question.
const FRESH: Duration = Duration::from_secs(10);
/// For how long it does where the cluster does not answer in time.
const USABLE: Duration = Duration::from_hours(24);

/// Names that a cluster knows.
pub(super) enum Names {
    Topics,
    Groups,
    /// The partitions of a topic.
    Partitions(String),
}

/// The names, each with a few words about it; those of the last answer if the cluster does not give one. `tool` and
/// `options` say which cluster.
pub(super) async fn names(tool: &str, options: &[String], names: &Names) -> Option<Vec<Candidate>> {
    let environment = |name: &str| std::env::var(name).ok();
    let output = Output {
        profile: target::value(options, "profile"),
        ..Output::default()
    };
    let target = Target::find(tool, options, &output, &environment).ok()?;
    let (server, _) = target.server.as_ref()?;
    let question = match names {
        Names::Topics => "topics".to_owned(),
        Names::Groups => "groups".to_owned(),
        Names::Partitions(topic) => format!("partitions of {topic}"),
    };
    let profile = target.profile.as_ref().map(|(name, _)| name);
    let kept = Kept::of(format!("{question} {server} {profile:?} {:?}", target.file));
    if let Some(found) = kept.as_ref().and_then(|kept| kept.read(FRESH)) {
        return Some(found);
    }
    let answer = tokio::time::timeout(ASKED_MAX, ask(&target, server, names));
    let Some(mut found) = answer.await.ok().flatten() else {
        return kept?.read(USABLE);
    };
    // A line is a name: here, and for the shells.
    found.retain(|(name, about)| {
        !name.contains(char::is_control) && !about.contains(char::is_control)
    });
    found.sort_unstable();
    if let Some(kept) = kept {
        kept.write(&found);
    }
    Some(found)
}

async fn ask(target: &Target, server: &str, names: &Names) -> Option<Vec<Candidate>> {
    let mut properties = client::over(&target.defaults(), target.file.as_deref()).ok()?;
    properties.set("bootstrap.servers", server);
    let (config, _unknown) = client::config(&properties).ok()?;
    let admin = Admin::connect(config).await.ok()?;
    Some(match names {
        Names::Topics => {
            let topics = admin.describe_all_topics().await.ok()?.into_iter();
            topics
                .filter_map(|(name, topic)| {
                    Some((name, count(topic.ok()?.partitions.len(), "partition")))
                })
                .collect()
        }
        Names::Groups => {
            let groups = admin.list_groups(&[], &[]).await.ok()?.into_iter();
            groups.map(|group| (group.id, group.state)).collect()
        }
        Names::Partitions(topic) => {
            let topics = admin.describe_topics(std::slice::from_ref(topic)).await;
            let partitions = topics.ok()?.into_values().next()?.ok()?.partitions;
            let leader = |id| format!("leader {id}");
            let about = |id: Option<i32>| id.map_or("no leader".to_owned(), leader);
            partitions
                .into_iter()
                .map(|it| (it.id.to_string(), about(it.leader)))
                .collect()
        }
    })
}

/// The last answer to a question: a file for this user only, of a line for each name and the question at the end.
struct Kept {
    path: PathBuf,
    question: String,
}

impl Kept {
    fn of(question: String) -> Option<Self> {
        let environment = |name: &str| std::env::var(name).ok();
        let dir = files::directory(&environment, "XDG_CACHE_HOME", ".cache")?.join("completion");
        let mut hasher = DefaultHasher::new();
        question.hash(&mut hasher);
        let path = dir.join(format!("{:016x}", hasher.finish()));
        Some(Self { path, question })
    }

    /// The names, unless they are older than `age_max` or not whole.
    fn read(&self, age_max: Duration) -> Option<Vec<Candidate>> {
        let written = fs::metadata(&self.path).ok()?.modified().ok()?;
        if written.elapsed().ok()? > age_max {
            return None;
        }
        let text = fs::read_to_string(&self.path).ok()?;
        let lines = text.strip_suffix(&self.question)?.lines();
        lines
            .map(|line| {
                let (name, about) = line.split_once('\t')?;
                Some((name.to_owned(), about.to_owned()))
            })
            .collect()
    }

    /// Keeps them, if that is possible.
    fn write(&self, names: &[Candidate]) {
        let mut text = String::new();
        for (name, about) in names {
            writeln!(text, "{name}\t{about}").ok();
        }
        text.push_str(&self.question);
        let mut dir = DirBuilder::new();
        let dir = dir.recursive(true).mode(0o700);
        if self
            .path
            .parent()
            .is_some_and(|path| dir.create(path).is_ok())
        {
            files::replace(&self.path, text.as_bytes()).ok();
        }
    }
}
