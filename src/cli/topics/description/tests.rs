use serde_json::json;

use super::*;
use crate::cli::printer::{Look, colour, look::tests::rich};

fn orders() -> Topic {
    let partition = |number, isr: &[i32]| Partition {
        number,
        leader: Some(Leader {
            id: 1,
            is_alive: true,
        }),
        replicas: vec![1, 2],
        isr: isr.to_vec(),
        elr: Some(vec![]),
        last_known_elr: Some(vec![]),
        reassignment: None,
        extras: None,
    };
    Topic {
        name: "orders".into(),
        id: "Nkv7K4MdQ7yoB-QypvL12g".parse().unwrap(),
        configs: vec![
            ("min.insync.replicas".into(), "1".into()),
            ("retention.ms".into(), "60000".into()),
        ],
        min_isr: Some(1),
        partitions: vec![partition(0, &[1, 2]), partition(1, &[1])],
    }
}

#[test]
fn plain_lines_are_those_of_the_original() {
    let mut topic = orders();
    topic.partitions[1].leader = None;
    topic.partitions[1].elr = None;
    topic.partitions[1].reassignment = Some(Box::new(Reassignment {
        adding: vec![3],
        removing: vec![],
    }));
    assert_eq!(
        topic.plain_header(),
        "Topic: orders\tTopicId: Nkv7K4MdQ7yoB-QypvL12g\tPartitionCount: 2\tReplicationFactor: 2\tConfigs: min.insync.replicas=1,retention.ms=60000\n"
    );
    assert_eq!(
        topic.plain_partitions(),
        "\tTopic: orders\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1,2\tElr: \tLastKnownElr: \n\
         \tTopic: orders\tPartition: 1\tLeader: none\tReplicas: 1,2\tIsr: 1\tAdding Replicas: 3\tRemoving Replicas: \tElr: N/A\tLastKnownElr: \n"
    );
    topic.id = Uuid::ZERO;
    topic.configs.clear();
    assert_eq!(
        topic.plain_header(),
        "Topic: orders\tPartitionCount: 2\tReplicationFactor: 2\tConfigs: \n"
    );
}

/// A partition of `records` records of 1 kB, written evenly in the hour before [`NOW`].
fn extras(records: i64) -> Extras {
    let listed = |offset, timestamp| {
        Some(ListedOffset {
            offset: Some(offset),
            timestamp: Some(timestamp),
            leader_epoch: 0,
        })
    };
    Extras {
        start: Some(100),
        end: Some(100 + records),
        oldest: listed(100, NOW - 3_600_000),
        newest: listed(99 + records, NOW - 2_000),
        recent: listed(100 + records - records / 60, NOW - 60_000),
        size_bytes: Some(records.unsigned_abs() * 1000),
        disk_bytes: Some(records.unsigned_abs() * 2000),
    }
}

/// 2026-11-20T16:12:03Z
const NOW: i64 = 1_795_191_123_000;

fn seen(topic: &Topic, look: &Look) -> String {
    colour::paint(&topic.rich(NOW, look), false)
}

#[test]
fn people_see_how_much_there_is_how_old_it_is_and_what_is_wrong() {
    let mut topic = orders();
    topic.partitions[0].extras = Some(Box::new(extras(600_000)));
    topic.partitions[1].extras = Some(Box::new(extras(300_000)));
    let text = seen(&topic, &rich());
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "orders   2 partitions × 2 replicas   min.insync 1   id Nkv7K4MdQ7yoB-QypvL12g",
            "  records  900,000 (upper bound: end − start)",
            "           size 1.80 GB on disk, 900 MB per copy"
        ]
    );
    assert!(
        lines[3].starts_with("  time     oldest 1h ago (2026-11-20 "),
        "{}",
        lines[3]
    );
    assert!(text.contains("newest 2.0 s ago   in 250 rec/s\n"), "{text}");
    assert_eq!(
        lines[4..],
        [
            "  config   min.insync.replicas=1   retention.ms=60000 (1m)",
            "",
            "  PARTITION  LEADER  REPLICAS  IN SYNC      END  RECORDS  SIZE (one copy)",
            "          0       1  1 2       1 2      600,100  600,000   600 MB ██████████",
            "          1       1  1 2       1        300,100  300,000   300 MB █████",
            "  ! partition 1: under-replicated, broker 2 is not in sync",
        ]
    );
}

#[test]
fn what_comes_late_is_an_ellipsis_and_narrow_terminals_get_fewer_columns() {
    let look = Look {
        width: 50,
        unicode: false,
        ..rich()
    };
    let text = seen(&orders(), &look);
    assert!(text.contains("  records  …"), "{text}");
    assert!(
        text.contains("  PARTITION  LEADER  REPLICAS  IN SYNC  RECORDS\n"),
        "{text}"
    );
    assert!(
        text.contains("          1       1  1 2       1            ...\n"),
        "{text}"
    );
    assert!(
        text.lines()
            .filter(|line| !line.contains('!'))
            .all(|line| line.chars().count() <= 50),
        "{text}"
    );
}

#[test]
fn an_empty_topic_has_no_oldest_record() {
    let none = Some(ListedOffset {
        offset: None,
        timestamp: None,
        leader_epoch: -1,
    });
    let mut topic = orders();
    for partition in &mut topic.partitions {
        partition.extras = Some(Box::new(Extras {
            oldest: none,
            newest: none,
            recent: none,
            ..extras(0)
        }));
    }
    assert!(seen(&topic, &rich()).contains("oldest –   newest –   in 0 rec/s"));
}

#[test]
fn the_same_trouble_is_told_once() {
    let mut topic = orders();
    topic.partitions.iter_mut().for_each(|it| it.leader = None);
    let told = topic.rich(NOW, &rich());
    assert!(
        told.contains(&colour::Colour::Red.mark("! partitions 0-1: no leader")),
        "{told}"
    );
    assert!(colour::paint(&told, true).contains("\x1b[31mnone\x1b[0m"));
}

#[test]
fn programs_get_all_of_it() {
    let value = orders().json();
    assert_eq!(value["partitions"][1]["isr"], json!([1]));
    assert_eq!(value["configs"]["retention.ms"], "60000");
}

#[test]
fn filters_leave_the_partitions_they_ask_for() {
    let left = |filters| {
        let mut topic = orders();
        topic.keep(filters);
        topic
            .partitions
            .iter()
            .map(|partition| partition.number)
            .collect::<Vec<_>>()
    };
    let none = Filters::default();
    assert_eq!(
        left(Filters {
            under_replicated: true,
            ..none
        }),
        [1]
    );
    assert_eq!(
        left(Filters {
            unavailable: true,
            ..none
        }),
        [0; 0]
    );
    assert_eq!(
        left(Filters {
            at_min_isr: true,
            ..none
        }),
        [1]
    );
    assert_eq!(
        left(Filters {
            under_min_isr: true,
            ..none
        }),
        [0; 0]
    );
}

#[test]
fn settings_come_in_the_order_of_a_java_hash_map() {
    let names = [
        "segment.bytes",
        "retention.ms",
        "cleanup.policy",
        "min.insync.replicas",
        "compression.type",
    ];
    let mut entries: Vec<_> = names
        .iter()
        .map(|name| ((*name).to_owned(), String::new()))
        .collect();
    java_hash_order(&mut entries, 36);
    let order: Vec<_> = entries.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        order,
        [
            "compression.type",
            "min.insync.replicas",
            "cleanup.policy",
            "segment.bytes",
            "retention.ms"
        ]
    );
}
