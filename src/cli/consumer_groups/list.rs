//! `--list`: the groups of a cluster, perhaps with their type and state.

use serde_json::{Value, json};

use super::ConsumerGroups;
use crate::{
    cli::{
        failure::Usage,
        printer::{
            Mode, Printer,
            plain::{self, Width},
        },
    },
    client::{Admin, admin::groups::GroupListing},
    protocol::consumer::PROTOCOL_TYPE,
};

/// States that a consumer group may be in, as Kafka writes them.
pub const STATES: [&str; 7] = [
    "PreparingRebalance",
    "CompletingRebalance",
    "Stable",
    "Dead",
    "Empty",
    "Assigning",
    "Reconciling",
];
/// Types that a consumer group may have.
pub const TYPES: [&str; 2] = ["Consumer", "Classic"];

/// What helps where no group is near.
pub const WHAT_THERE_IS: &str = "what there is: kafka-consumer-groups --list";

/// A group as `--list` shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Its id.
    pub group: String,
    /// `Classic` or `Consumer`.
    pub r#type: String,
    /// Its state, as Kafka writes it.
    pub state: String,
}

impl ConsumerGroups {
    /// Prints the groups of consumers, sorted by id.
    ///
    /// # Errors
    /// [`Usage`] for a state or type that does not exist, and what a broker refuses.
    pub(super) async fn list(&self, admin: &Admin, out: &mut Printer<'_>) -> anyhow::Result<()> {
        let states = states(
            self.state
                .as_ref()
                .and_then(Option::as_deref)
                .unwrap_or_default(),
        )?;
        let types = types(self.r#type.as_deref().unwrap_or_default())?;
        let found = admin.list_groups(&owned(&states), &owned(&types)).await?;
        let groups: Vec<_> = found.into_iter().filter_map(listed).collect();
        if out.look.mode == Mode::Json {
            return Ok(groups.iter().try_for_each(|group| out.json(&json(group)))?);
        }
        if groups.is_empty() {
            out.aside("no groups");
        }
        out.text(plain(&groups, self.r#type.is_some(), self.state.is_some()))?;
        Ok(())
    }
}

/// Ids of all groups of consumers, sorted.
///
/// # Errors
/// What a broker refuses.
pub(super) async fn all_ids(admin: &Admin) -> Result<Vec<String>, crate::client::Error> {
    let found = admin.list_groups(&[], &[]).await?;
    Ok(found
        .into_iter()
        .filter_map(listed)
        .map(|listed| listed.group)
        .collect())
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Only groups of consumers, and those that nobody has joined yet, belong here. Brokers write types in lower case; before
/// 3.8 they do not name them.
fn listed(group: GroupListing) -> Option<Listed> {
    if group.protocol_type != PROTOCOL_TYPE && !group.protocol_type.is_empty() {
        return None;
    }
    let kind = if group.kind.is_empty() {
        "Classic"
    } else {
        &group.kind
    };
    let kind = TYPES
        .iter()
        .find(|known| known.eq_ignore_ascii_case(kind))?;
    Some(Listed {
        group: group.id,
        r#type: (*kind).to_owned(),
        state: group.state,
    })
}

/// The states that a `--state` option names, in Kafka's spelling; none named means all.
///
/// # Errors
/// [`Usage`] for a state that does not exist.
pub fn states(text: &str) -> Result<Vec<&'static str>, Usage> {
    named(text, &STATES, "Invalid state list", "Valid states are")
}

/// The types that a `--type` option names, in Kafka's spelling; none named means all.
///
/// # Errors
/// [`Usage`] for a type that does not exist.
pub fn types(text: &str) -> Result<Vec<&'static str>, Usage> {
    named(text, &TYPES, "Invalid types list", "Valid types are")
}

fn named(
    text: &str,
    all: &[&'static str],
    invalid: &str,
    valid: &str,
) -> Result<Vec<&'static str>, Usage> {
    // As Java splits: nothing comes after the last separator.
    let listed = text.trim_end_matches(',');
    if listed.is_empty() {
        return Ok(Vec::new());
    }
    let find = |name: &str| {
        all.iter()
            .find(|known| known.eq_ignore_ascii_case(name.trim()))
            .copied()
    };
    let names: Option<Vec<_>> = listed.split(',').map(find).collect();
    let all_names = all.join(", ");
    names.ok_or_else(|| {
        Usage::new(format!("{invalid} '{text}'. {valid}: {all_names}"))
            .told(format!("'{text}' is none of {all_names}"))
    })
}

/// Ids, one per line; with headings and columns if type or state are asked for.
pub fn plain(groups: &[Listed], with_type: bool, with_state: bool) -> String {
    if !with_type && !with_state {
        return groups
            .iter()
            .flat_map(|listed| [listed.group.as_str(), "\n"])
            .collect();
    }
    let longest = groups
        .iter()
        .map(|listed| listed.group.chars().count())
        .max()
        .unwrap_or(0);
    let mut columns = vec![("GROUP", Width::Fixed(longest.max(15) + 10))];
    if with_type {
        columns.push(("TYPE", Width::Fixed(20)));
    }
    if with_state {
        columns.push(("STATE", Width::Fixed(20)));
    }
    let row = |listed: &Listed| {
        let mut cells = vec![listed.group.clone()];
        cells.extend(with_type.then(|| listed.r#type.clone()));
        cells.extend(with_state.then(|| listed.state.clone()));
        cells
    };
    let rows: Vec<_> = groups.iter().map(row).collect();
    plain::table(&columns, &rows)
}

/// A group for programs.
pub fn json(listed: &Listed) -> Value {
    json!({"kind": "consumer_group_listing", "v": 1, "group": listed.group, "type": listed.r#type, "state": listed.state})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups() -> Vec<Listed> {
        let group = |group: &str, state: &str| Listed {
            group: group.into(),
            r#type: "Classic".into(),
            state: state.into(),
        };
        vec![group("g1", "Empty"), group("live", "Stable")]
    }

    #[test]
    fn ids_alone_or_in_columns() {
        assert_eq!(plain(&groups(), false, false), "g1\nlive\n");
        assert_eq!(
            plain(&groups(), true, true),
            "GROUP                     TYPE                 STATE               \n\
             g1                        Classic              Empty               \n\
             live                      Classic              Stable              \n"
        );
        assert_eq!(plain(&[], false, false), "");
        assert_eq!(
            plain(&[], false, true),
            "GROUP                     STATE               \n"
        );
    }

    #[test]
    fn states_are_found_in_any_case() {
        assert_eq!(states("stable, EMPTY").unwrap(), ["Stable", "Empty"]);
        assert_eq!(states("").unwrap(), [""; 0]);
        assert_eq!(states(",").unwrap(), [""; 0]);
        assert_eq!(states("dead,").unwrap(), ["Dead"]);
        assert_eq!(
            types("x").unwrap_err().to_string(),
            "Invalid types list 'x'. Valid types are: Consumer, Classic"
        );
    }
}
