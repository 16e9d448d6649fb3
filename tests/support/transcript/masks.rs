//! What of a tool's output is compared: not what differs from run to run, nor what a JVM logs.

use std::path::Path;

use regex::{Captures, Regex};

/// What replaces the parts of output that differ from run to run.
pub(super) struct Masks {
    port: String,
    dir: String,
    uuid: Regex,
    topic_id: Regex,
    timestamp: Regex,
    random_group: Regex,
    unordered: Regex,
    table: Regex,
}

impl Masks {
    pub(super) fn new(port: &str, dir: &Path) -> Self {
        let regex = |text| Regex::new(text).unwrap();
        Self {
            port: port.to_owned(),
            dir: dir.display().to_string(),
            uuid: regex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
            topic_id: regex(r#"(TopicId: |"topicId":")[A-Za-z0-9_-]{22}"#),
            timestamp: regex(
                r#"((?:CreateTime|LogAppendTime|[a-zA-Z]*Timestamp(?:Ms)?"?)[:=])\d{13}"#,
            ),
            random_group: regex(r"(console-consumer-)\d{1,5}\b"),
            unordered: regex(r"\[[a-z-]+\](?:, \[[a-z-]+\])+"),
            table: regex(r"^(\* )?Option( \(\* = required\))? +Description"),
        }
    }

    /// The lines of a stream, masked and marked; nothing after an option table.
    pub(super) fn lines(&self, bytes: &[u8], stream: char) -> Vec<String> {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = Vec::new();
        for line in text.split_inclusive('\n') {
            let (line, mark) = match line.strip_suffix('\n') {
                Some(line) => (line, '|'),
                None => (line, '\\'),
            };
            if self.table.is_match(line) {
                lines.push(format!("{stream}|<option table>"));
                break;
            }
            lines.push(format!("{stream}{mark}{}", self.mask(line)));
        }
        lines
    }

    fn mask(&self, line: &str) -> String {
        let (port, hidden) = (&self.port, "P".repeat(self.port.len()));
        let line = line.replace(&self.dir, "<dir>");
        let line = line.replace(&format!("localhost:{port}"), &format!("127.0.0.1:{port}"));
        let line = line.replace(&format!(":{port}"), &format!(":{hidden}"));
        let line = self
            .uuid
            .replace_all(&line, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
        let line = self
            .topic_id
            .replace_all(&line, "${1}xxxxxxxxxxxxxxxxxxxxxx");
        let line = self.timestamp.replace_all(&line, "${1}nnnnnnnnnnnnn");
        let line = self.random_group.replace_all(&line, "${1}N");
        let sorted = |set: &Captures<'_>| {
            let mut parts: Vec<&str> = set[0].split(", ").collect();
            parts.sort_unstable();
            parts.join(", ")
        };
        self.unordered.replace_all(&line, sorted).into_owned()
    }
}

/// The lines of stderr that are neither log lines nor belong to a stack trace.
pub(super) fn without_logs(stderr: Vec<String>) -> Vec<String> {
    let regex = |text| Regex::new(text).unwrap();
    let log = regex(r"^\[[-0-9]{10} [:0-9]{8},\d{3}\] [A-Z]+ ");
    let frame = regex(r"^(\s+at |Caused by: |\s+\.\.\. \d+ more|\s+Suppressed: )");
    let class = regex(
        r#"^(Exception in thread "main" )?(?:(?:[a-z]\w*\.)+[A-Z][\w$]*(?:Exception|Error): )+"#,
    );
    let exception = regex(r"^(?:[a-z]\w*\.)+[A-Z]\w*(?:Exception|Error)(?:$|:)");
    let (mut is_log, mut before) = (false, None::<String>);
    let is_said = |line: &String| {
        let line = line.get(2..).unwrap_or_default();
        if frame.is_match(line) {
            before = Some(String::new());
            return false;
        }
        is_log = log.is_match(line) || (is_log && exception.is_match(line));
        let text = class.replace(line, "").into_owned();
        // A message once more under its Java name, and what a log line's layout puts after a trace.
        let is_again = class.is_match(line) && before.as_ref() == Some(&text);
        let is_tail = before.as_deref() == Some("")
            && (line.is_empty() || line.starts_with(" (org.apache.kafka."));
        let is_advice = line.starts_with("The consumer rebalance protocol (KIP-848)");
        let is_noise = is_log || is_again || is_tail || is_advice;
        before = Some(if is_noise { String::new() } else { text });
        !is_noise
    };
    let mut is_said = is_said;
    stderr.into_iter().filter(|line| is_said(line)).collect()
}
