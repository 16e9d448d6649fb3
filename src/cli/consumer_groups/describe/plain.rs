//! Groups as the original prints them.

use super::{super::cell, Group, Member, Progress};
use crate::cli::printer::plain::{self, Width};

impl Group {
    /// What the original says on stderr about the state, before it shows anything.
    pub fn remark(&self) -> Option<String> {
        let group = &self.group;
        match self.state.as_str() {
            "Empty" => Some(format!("Consumer group '{group}' has no active members.")),
            "PreparingRebalance" | "CompletingRebalance" | "Assigning" | "Reconciling" => {
                Some(format!("Warning: Consumer group '{group}' is rebalancing."))
            }
            _ => None,
        }
    }

    /// The table of offsets as the original prints it, after an empty line; nothing if there are none.
    pub fn plain_offsets(&self, verbose: bool) -> String {
        if self.offsets.is_empty() {
            return String::new();
        }
        let least = Width::Widest(15);
        let mut columns = vec![
            ("GROUP", least),
            ("TOPIC", least),
            ("PARTITION", Width::Fixed(10)),
            ("CURRENT-OFFSET", Width::Fixed(15)),
            ("LOG-END-OFFSET", Width::Fixed(15)),
            ("LAG", Width::Fixed(15)),
            ("CONSUMER-ID", least),
            ("HOST", least),
            ("CLIENT-ID", Width::Free),
        ];
        if verbose {
            columns.insert(3, ("LEADER-EPOCH", Width::Fixed(15)));
        }
        let rows: Vec<_> = self
            .offsets
            .iter()
            .map(|progress| self.offset_row(progress, verbose))
            .collect();
        format!("\n{}", plain::table(&columns, &rows))
    }

    fn offset_row(&self, progress: &Progress, verbose: bool) -> Vec<String> {
        let member = self.member_of(progress);
        let mut row = vec![
            self.group.clone(),
            progress.topic.clone(),
            progress.partition.to_string(),
            cell(progress.committed),
            cell(progress.end),
            cell(progress.lag()),
            cell(member.map(|member| &member.id)),
            cell(member.map(|member| &member.host)),
            cell(member.map(|member| &member.client_id)),
        ];
        if verbose {
            row.insert(3, cell(progress.leader_epoch));
        }
        row
    }

    /// The table of members as the original prints it, heading and all even if there are none.
    pub fn plain_members(&self, verbose: bool) -> String {
        let least = Width::Widest(15);
        let has_static = self
            .members
            .iter()
            .any(|member| member.instance_id.is_some());
        let mut columns = vec![("GROUP", least), ("CONSUMER-ID", least)];
        if has_static {
            columns.push(("GROUP-INSTANCE-ID", Width::Widest(17)));
        }
        columns.extend([
            ("HOST", least),
            ("CLIENT-ID", least),
            ("#PARTITIONS", Width::Fixed(15)),
        ]);
        if verbose {
            columns.extend([
                ("CURRENT-EPOCH", Width::Fixed(15)),
                ("CURRENT-ASSIGNMENT", Width::Widest(20)),
                ("TARGET-EPOCH", Width::Fixed(15)),
                ("TARGET-ASSIGNMENT", Width::Widest(20)),
            ]);
        } else {
            columns.push(("", Width::Free));
        }
        let rows: Vec<_> = self
            .members
            .iter()
            .map(|member| self.member_row(member, has_static, verbose))
            .collect();
        format!("\n{}", plain::table(&columns, &rows))
    }

    fn member_row(&self, member: &Member, has_static: bool, verbose: bool) -> Vec<String> {
        let mut row = vec![self.group.clone(), member.id.clone()];
        row.extend(has_static.then(|| member.instance_id.clone().unwrap_or_default()));
        let partitions: usize = member
            .assignment
            .iter()
            .map(|(_, partitions)| partitions.len())
            .sum();
        row.extend([
            member.host.clone(),
            member.client_id.clone(),
            partitions.to_string(),
        ]);
        let target = member.target.as_ref();
        if verbose {
            row.extend([
                cell(target.map(|target| target.member_epoch)),
                assignment(&member.assignment),
                cell(target.map(|target| target.epoch)),
                target.map_or("-".to_owned(), |target| assignment(&target.assignment)),
            ]);
        } else {
            row.push(String::new());
        }
        row
    }

    /// The line about the state as the original prints it, under its heading.
    pub fn plain_state(&self, verbose: bool) -> String {
        let mut columns = vec![
            ("GROUP", Width::Widest(15)),
            ("COORDINATOR (ID)", Width::Widest(25)),
            ("ASSIGNMENT-STRATEGY", Width::Fixed(20)),
            ("STATE", Width::Fixed(20)),
        ];
        let assignor = Some(&self.assignor).filter(|assignor| !assignor.is_empty());
        let mut row = vec![
            self.group.clone(),
            format!("{}  ({})", self.coordinator, self.coordinator_id),
            cell(assignor),
            self.state.clone(),
        ];
        if verbose {
            columns.extend([
                ("GROUP-EPOCH", Width::Fixed(15)),
                ("TARGET-ASSIGNMENT-EPOCH", Width::Fixed(25)),
            ]);
            row.extend([
                cell(self.epochs.map(|epochs| epochs.0)),
                cell(self.epochs.map(|epochs| epochs.1)),
            ]);
        }
        columns.push(("#MEMBERS", Width::Free));
        row.push(self.members.len().to_string());
        format!("\n{}", plain::table(&columns, &[row]))
    }
}

/// `a:0,1;b:2`, or a dash for nothing.
pub(super) fn assignment(topics: &[(String, Vec<i32>)]) -> String {
    if topics.is_empty() {
        return "-".to_owned();
    }
    let topic = |(topic, partitions): &(String, Vec<i32>)| {
        let partitions: Vec<_> = partitions.iter().map(ToString::to_string).collect();
        format!("{topic}:{}", partitions.join(","))
    };
    topics.iter().map(topic).collect::<Vec<_>>().join(";")
}
