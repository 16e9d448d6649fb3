//! Looking at groups twice, for the trend, or again and again.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{
    Group, behind,
    offsets::summary,
    trend,
    view::{By, View},
};
use crate::{
    cli::{
        consumer_groups::gather,
        printer::{Look, Printer},
    },
    client::Admin,
};

/// Between the two looks that tell a trend.
const APART: Duration = Duration::from_secs(1);

/// Shows groups at once, and again after a second look, or until told to stop.
///
/// # Errors
/// What a broker refuses.
pub(super) async fn show(
    admin: &Admin,
    groups: &[Group],
    view: &View,
    out: &mut Printer<'_>,
) -> anyhow::Result<()> {
    let ids: Vec<_> = groups.iter().map(|group| group.group.clone()).collect();
    let mut groups = groups.to_vec();
    let mut looked = Instant::now();
    let wait = view.watch.unwrap_or(APART);
    let looks_again =
        out.look.is_live && (view.samples || view.watch.is_some()) && !groups.is_empty();
    complete(admin, &mut groups, view).await;
    let first = screen(&groups, view, looks_again, &out.look);
    let fits = out.redraw(&first, view.watch.is_some())?;
    let mut goes_on = looks_again;
    while goes_on {
        sleep(wait.saturating_sub(looked.elapsed())).await;
        let mut next = gather::groups(admin, &ids, true).await?;
        let apart_ms = i64::try_from(looked.elapsed().as_millis()).unwrap_or(i64::MAX);
        looked = Instant::now();
        trend::compare(&mut next, &groups, apart_ms);
        complete(admin, &mut next, view).await;
        groups = next;
        out.look.measure();
        goes_on = view.watch.is_some();
        if fits || goes_on {
            out.redraw(&screen(&groups, view, goes_on, &out.look), goes_on)?;
        } else {
            // What has scrolled away cannot be drawn again.
            for group in &groups {
                out.rich(&group.heading(false, &out.look.clone()))?;
            }
        }
    }
    Ok(())
}

async fn complete(admin: &Admin, groups: &mut [Group], view: &View) {
    behind::fill(admin, groups).await;
    if view.watch.is_some() {
        trend::remember(groups);
    }
}

fn screen(groups: &[Group], view: &View, is_sampling: bool, look: &Look) -> String {
    if view.by == Some(By::Group) {
        return summary(&groups.iter().collect::<Vec<_>>(), By::Group, view, look);
    }
    let concerned = groups.iter().filter(|group| view.concerns(group));
    let screens: Vec<_> = concerned
        .map(|group| group.rich(view, is_sampling, look))
        .collect();
    if screens.is_empty() && !groups.is_empty() {
        return "no partition has such a lag\n".to_owned();
    }
    screens.join("\n")
}
