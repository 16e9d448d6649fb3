//! Members and states for people.

use super::{Group, Member, plain::assignment};
use crate::cli::printer::{
    Look,
    colour::Colour,
    table::{self, Column, count, numbers, words},
};

impl Group {
    /// The line about the group itself.
    pub(super) fn title(&self, look: &Look) -> String {
        let state = match self.state.as_str() {
            "PreparingRebalance" | "CompletingRebalance" | "Assigning" | "Reconciling" => {
                Colour::Yellow.mark(&self.state)
            }
            _ => self.state.clone(),
        };
        let mut pieces = vec![
            Colour::Bold.mark(&self.group),
            state,
            count(self.members.len(), "member"),
        ];
        pieces.extend(Some(self.assignor.clone()).filter(|assignor| !assignor.is_empty()));
        pieces.push(format!(
            "coordinator {} ({})",
            self.coordinator, self.coordinator_id
        ));
        table::flow("", &pieces, look)
    }

    /// The group and its members.
    pub fn rich_members(&self, look: &Look) -> String {
        let has_static = self
            .members
            .iter()
            .any(|member| member.instance_id.is_some());
        let mut columns = vec![
            words("CLIENT"),
            words("HOST").expendable(1),
            numbers("PARTITIONS"),
            words("ASSIGNMENT"),
            words("MEMBER ID").expendable(3),
        ];
        if has_static {
            columns.insert(1, words("INSTANCE").expendable(2));
        }
        let row = |member: &Member| {
            let partitions: usize = member
                .assignment
                .iter()
                .map(|(_, partitions)| partitions.len())
                .sum();
            let mut row = vec![
                member.client_id.clone(),
                member.address().to_owned(),
                partitions.to_string(),
                assignment(&member.assignment).replace('-', "–"),
                member.id.clone(),
            ];
            if has_static {
                row.insert(
                    1,
                    member.instance_id.clone().unwrap_or_else(|| "–".to_owned()),
                );
            }
            row
        };
        let title = self.title(look);
        if self.members.is_empty() {
            return title + "\n";
        }
        let rows = self.members.iter().map(row).collect();
        format!("{title}\n{}\n", table::render(&columns, rows, look))
    }
}

impl Member {
    /// Where it is; Kafka writes a slash in front.
    pub(super) fn address(&self) -> &str {
        self.host.trim_start_matches('/')
    }
}

const STATES: [Column; 5] = [
    words("GROUP"),
    words("STATE"),
    numbers("MEMBERS"),
    words("ASSIGNOR").expendable(2),
    words("COORDINATOR").expendable(1),
];

/// All groups and the states they are in.
pub(super) fn states(groups: &[Group], look: &Look) -> String {
    let row = |group: &Group| {
        let assignor = if group.assignor.is_empty() {
            "–"
        } else {
            &group.assignor
        };
        vec![
            group.group.clone(),
            group.state.clone(),
            group.members.len().to_string(),
            assignor.to_owned(),
            format!("{} ({})", group.coordinator, group.coordinator_id),
        ]
    };
    table::render(&STATES, groups.iter().map(row).collect(), look)
}
