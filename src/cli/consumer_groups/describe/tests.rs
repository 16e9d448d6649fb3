use super::*;
use crate::cli::printer::{Look, colour, look::tests::rich};

fn live() -> Group {
    Group {
        group: "live".into(),
        state: "Stable".into(),
        coordinator: "127.0.0.1:9092".into(),
        coordinator_id: 1,
        assignor: "range".into(),
        members: vec![Member {
            id: "etl-1-9f0c".into(),
            host: "/10.0.4.17".into(),
            client_id: "etl-1".into(),
            assignment: vec![("orders".into(), vec![0, 1])],
            ..Member::default()
        }],
        offsets: vec![
            Progress {
                topic: "orders".into(),
                partition: 0,
                leader_epoch: Some(0),
                committed: Some(5),
                end: Some(7),
                member: Some(0),
                ..Progress::default()
            },
            Progress {
                topic: "orders".into(),
                partition: 1,
                end: Some(1200),
                ..Progress::default()
            },
        ],
        ..Group::default()
    }
}

#[test]
fn offsets_are_printed_as_the_original_prints_them() {
    assert_eq!(
        live().plain_offsets(false),
        "\nGROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID     HOST            CLIENT-ID\n\
         live            orders          0          5               7               2               etl-1-9f0c      /10.0.4.17      etl-1\n\
         live            orders          1          -               1200            -               -               -               -\n"
    );
    assert_eq!(Group::default().plain_offsets(false), "");
    assert!(
        live()
            .plain_offsets(true)
            .contains("PARTITION  LEADER-EPOCH    CURRENT-OFFSET")
    );
}

#[test]
fn members_are_printed_as_the_original_prints_them() {
    assert_eq!(
        live().plain_members(false),
        "\nGROUP           CONSUMER-ID     HOST            CLIENT-ID       #PARTITIONS     \n\
         live            etl-1-9f0c      /10.0.4.17      etl-1           2               \n"
    );
    assert_eq!(
        live().plain_members(true),
        "\nGROUP           CONSUMER-ID     HOST            CLIENT-ID       #PARTITIONS     CURRENT-EPOCH   CURRENT-ASSIGNMENT   TARGET-EPOCH    TARGET-ASSIGNMENT   \n\
         live            etl-1-9f0c      /10.0.4.17      etl-1           2               -               orders:0,1           -               -                   \n"
    );
    assert_eq!(
        Group::default().plain_members(false),
        "\nGROUP           CONSUMER-ID     HOST            CLIENT-ID       #PARTITIONS     \n"
    );
}

#[test]
fn the_state_is_printed_as_the_original_prints_it() {
    let empty = Group {
        assignor: String::new(),
        state: "Empty".into(),
        members: vec![],
        ..live()
    };
    assert_eq!(
        empty.plain_state(false),
        "\nGROUP           COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE                #MEMBERS\n\
         live            127.0.0.1:9092  (1)       -                    Empty                0\n"
    );
    assert_eq!(
        empty.plain_state(true),
        "\nGROUP           COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE                GROUP-EPOCH     TARGET-ASSIGNMENT-EPOCH   #MEMBERS\n\
         live            127.0.0.1:9092  (1)       -                    Empty                -               -                         0\n"
    );
    assert_eq!(
        empty.remark().unwrap(),
        "Consumer group 'live' has no active members."
    );
}

fn seen(group: &Group, view: &View, is_sampling: bool) -> String {
    colour::paint(
        &group.rich(
            view,
            is_sampling,
            &Look {
                width: 100,
                ..rich()
            },
        ),
        false,
    )
}

#[test]
fn people_see_the_largest_lag_first_and_how_old_it_is() {
    let mut group = live();
    group.offsets[0].behind_ms = Some(8_949);
    assert_eq!(
        seen(&group, &View::default(), false),
        "live   Stable   1 member   range   coordinator 127.0.0.1:9092 (1)\n\
         lag 2 records, 8.9 s behind\n\n  \
         TOPIC   PARTITION  COMMITTED    END  LAG                   BEHIND  OWNER\n  \
         orders          0          5      7    2  ██████████        8.9 s  etl-1  10.0.4.17\n  \
         orders          1          –  1,200    –  never committed       –  –\n  \
         TOTAL                                  2\n  \
         ! orders/1 has no commit and no owner: a new consumer starts at its auto.offset.reset\n"
    );
}

/// `live` again, `apart_ms` later.
fn later(committed: i64, end: i64, apart_ms: i64) -> Group {
    let mut groups = [live()];
    groups[0].offsets[0].committed = Some(committed);
    groups[0].offsets[0].end = Some(end);
    trend::compare(&mut groups, &[live()], apart_ms);
    let [group] = groups;
    group
}

#[test]
fn two_looks_tell_the_trend() {
    let trend = |committed, end| {
        let text = seen(&later(committed, end, 2000), &View::default(), false);
        text.lines().nth(1).unwrap().to_owned()
    };
    assert_eq!(
        trend(5, 625),
        "lag 620 records   ▲ growing 309 rec/s   (two samples, 2.0 s apart)"
    );
    assert_eq!(
        trend(25, 27),
        "lag 2 records   = steady   (two samples, 2.0 s apart)"
    );
    let mut group = later(205, 1_207, 2000);
    group.offsets[0].pace = Some(Pace {
        written: 600,
        committed: 604,
    });
    assert!(
        seen(&group, &View::default(), false).contains("▼ draining 4 rec/s, empty in about 4m 10s")
    );
    let row = seen(&later(1005, 607, 2000), &View::default(), false);
    assert!(
        row.contains("−398  commit is past the end       –   300 / 500 ▼"),
        "{row}"
    );
}

#[test]
fn colour_follows_time_and_growth() {
    let seen = |behind_ms, mut group: Group, look: &Look| {
        group.offsets[0].behind_ms = Some(behind_ms);
        let text = colour::paint(&group.rich(&View::default(), false, look), true);
        text.lines().nth(4).unwrap().to_owned()
    };
    let row = |behind_ms, group| seen(behind_ms, group, &rich());
    let patient = Look {
        behind_ms: [30_000, 90_000],
        ..rich()
    };
    assert!(seen(20_000, live(), &patient).contains("\x1b[32m20 s"));
    assert!(seen(70_000, live(), &patient).contains("\x1b[33m1"));
    assert!(row(500, live()).contains("\x1b[32m0.5 s"));
    assert!(row(20_000, live()).contains("\x1b[33m20 s"));
    assert!(row(70_000, live()).contains("\x1b[31morders"));
    assert!(row(500, later(5, 13, 1000)).contains("\x1b[31morders"));
}

#[test]
fn rows_are_chosen_and_ordered_as_asked() {
    let options = |sort, lag: Option<&str>| view::Options {
        sort,
        lag: lag.map(str::to_owned),
        ..view::Options::default()
    };
    let mut group = live();
    group.offsets[1].committed = Some(200);
    let shown = |options: &view::Options| {
        let view = options.read().unwrap();
        view.rows(&group)
            .iter()
            .map(|progress| progress.partition)
            .collect::<Vec<_>>()
    };
    assert_eq!(shown(&options(None, None)), [1, 0]);
    assert_eq!(shown(&options(Some(view::Sort::Topic), None)), [0, 1]);
    assert_eq!(shown(&options(None, Some(">=1k"))), [1]);
    assert_eq!(shown(&options(None, Some("=2"))), [0]);
    assert_eq!(shown(&options(None, Some("<3"))), [0]);
    let wrong = options(None, Some("1000")).read().unwrap_err();
    assert_eq!(wrong.message, "'1000' is no condition for a lag");
}

#[test]
fn rows_can_stand_for_topics_members_and_groups() {
    let by = |by| {
        view::Options {
            by: Some(by),
            ..view::Options::default()
        }
        .read()
        .unwrap()
    };
    let topics = seen(&live(), &by(view::By::Topic), false);
    assert!(
        topics.contains("  orders           2    2  ██████████       –            –\n"),
        "{topics}"
    );
    let members = seen(&live(), &by(view::By::Member), false);
    assert!(
        members.contains("  etl-1  10.0.4.17           1    2"),
        "{members}"
    );
    let groups = offsets::summary(&[&live()], view::By::Group, &by(view::By::Group), &rich());
    assert!(groups.starts_with("  GROUP  PARTITIONS  LAG"), "{groups}");
}

#[test]
fn people_see_members_and_states() {
    let members = colour::paint(
        &live().rich_members(&Look {
            width: 100,
            ..rich()
        }),
        false,
    );
    assert!(
        members.contains("  etl-1   10.0.4.17           2  orders:0,1  etl-1-9f0c\n"),
        "{members}"
    );
    assert_eq!(
        others::states(&[live()], &rich()),
        "  GROUP  STATE   MEMBERS  ASSIGNOR  COORDINATOR\n  live   Stable        1  range     127.0.0.1:9092 (1)\n"
    );
}

#[test]
fn programs_get_numbers_and_nulls() {
    let value = live().json();
    assert_eq!(value["partitions"][0]["lag"], 2);
    assert_eq!(value["partitions"][1]["committed"], Value::Null);
}
