use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// What Kafka 4.3.1's assignors made of random groups:
/// `assignor|topic=partitions,…|member/instance/topics/owned/generation;…|member:assigned;…`.
const JAVA_CASES: &[&str] = &[
    "range|t0=3,t1=3|mc0//t0,t1,t2//-1;mq1//t0,t1,t2//-1;mz2//t0,t1,t2//-1|mc0:t0-0,t1-0;mq1:t0-1,t1-1;mz2:t0-2,t1-2",
    "range|t0=3,t1=4,t2=2|mr0//t0,t2//-1;mj1//t0,t1//-1;mx2//t2//-1;mx3//t1//-1|mj1:t0-0,t0-1,t1-0,t1-1;mr0:t0-2,t2-0;mx2:t2-1;mx3:t1-2,t1-3",
    "range|t0=6,t1=6|mp0//t0,t1/t0-3,t1-4/3;mg1//t0,t1/t0-4,t1-0,t1-2/3;mk2//t0,t1/t0-1/4;md3/i7x3/t0,t1//4|md3:t0-0,t0-1,t1-0,t1-1;mg1:t0-2,t0-3,t1-2,t1-3;mk2:t0-4,t1-4;mp0:t0-5,t1-5",
    "range|t0=2,t1=0|mr0//t0,t1/t0-0/4;me1//t1,t2//3;mx2/i98x2/t0//4;ms3/i63x3/t0//3|me1:;mr0:;ms3:t0-0;mx2:t0-1",
    "roundrobin|t0=3,t1=3|mc0//t0,t1,t2//-1;mq1//t0,t1,t2//-1;mz2//t0,t1,t2//-1|mc0:t0-0,t1-0;mq1:t0-1,t1-1;mz2:t0-2,t1-2",
    "roundrobin|t0=3,t1=4,t2=2|mr0//t0,t2//-1;mj1//t0,t1//-1;mx2//t2//-1;mx3//t1//-1|mj1:t0-0,t0-2,t1-1,t1-3;mr0:t0-1,t2-0;mx2:t2-1;mx3:t1-0,t1-2",
    "roundrobin|t0=6,t1=6|mp0//t0,t1/t0-3,t1-4/3;mg1//t0,t1/t0-4,t1-0,t1-2/3;mk2//t0,t1/t0-1/4;md3/i7x3/t0,t1//4|md3:t0-0,t0-4,t1-2;mg1:t0-1,t0-5,t1-3;mk2:t0-2,t1-0,t1-4;mp0:t0-3,t1-1,t1-5",
    "roundrobin|t0=2,t1=0|mr0//t0,t1/t0-0/4;me1//t1,t2//3;mx2/i98x2/t0//4;ms3/i63x3/t0//3|me1:;mr0:;ms3:t0-0;mx2:t0-1",
    "sticky|t0=3,t1=3|mc0//t0,t1,t2//-1;mq1//t0,t1,t2//-1;mz2//t0,t1,t2//-1|mc0:t0-0,t1-0;mq1:t0-1,t1-1;mz2:t0-2,t1-2",
    "sticky|t0=8|mt0/i92x0/t0//-1;mq1/i92x1/t0//-1;mg2/i16x2/t0//-1|mg2:t0-0,t0-3,t0-6;mq1:t0-1,t0-4,t0-7;mt0:t0-2,t0-5",
    "cooperative-sticky|t0=3,t1=3|mc0//t0,t1,t2//-1;mq1//t0,t1,t2//-1;mz2//t0,t1,t2//-1|mc0:t0-0,t1-0;mq1:t0-1,t1-1;mz2:t0-2,t1-2",
    "cooperative-sticky|t0=8|mt0/i92x0/t0//-1;mq1/i92x1/t0//-1;mg2/i16x2/t0//-1|mg2:t0-0,t0-3,t0-6;mq1:t0-1,t0-4,t0-7;mt0:t0-2,t0-5",
];

/// Reads a case as [`JAVA_CASES`] has it.
fn parse(line: &str) -> (Assignor, PartitionCounts, Vec<Member>, Assignment) {
    let fields: Vec<&str> = line.split('|').collect();
    let counts = list(fields[1], ',').map(|pair| {
        let (topic, count) = pair.split_once('=').unwrap();
        (topic.to_owned(), count.parse().unwrap())
    });
    let members = list(fields[2], ';').map(|member| {
        let parts: Vec<&str> = member.split('/').collect();
        Member {
            id: parts[0].to_owned(),
            instance_id: Some(parts[1].to_owned()).filter(|id| !id.is_empty()),
            topics: list(parts[2], ',').map(str::to_owned).collect(),
            owned: partitions(parts[3]),
            generation: parts[4].parse().unwrap(),
        }
    });
    let assignment = list(fields[3], ';').map(|assigned| {
        let (member, assigned) = assigned.split_once(':').unwrap();
        (member.to_owned(), partitions(assigned))
    });
    (
        fields[0].parse().unwrap(),
        counts.collect(),
        members.collect(),
        assignment.collect(),
    )
}

fn list(text: &str, separator: char) -> impl Iterator<Item = &str> {
    text.split(separator).filter(|item| !item.is_empty())
}

fn partitions(text: &str) -> Vec<TopicPartition> {
    list(text, ',')
        .map(|name| {
            let (topic, partition) = name.rsplit_once('-').unwrap();
            TopicPartition::new(topic, partition.parse().unwrap())
        })
        .collect()
}

#[test]
fn results_are_those_of_the_java_assignors() {
    for case in JAVA_CASES {
        let (assignor, counts, members, expected) = parse(case);
        assert_eq!(assignor.assign(&members, &counts), expected, "{case}");
    }
}

#[test]
fn the_java_class_names_are_understood() {
    for assignor in Assignor::ALL {
        assert_eq!(assignor.name().parse(), Ok(assignor));
    }
    let java = "org.apache.kafka.clients.consumer.CooperativeStickyAssignor";
    assert_eq!(java.parse(), Ok(Assignor::CooperativeSticky));
    assert!("uniform".parse::<Assignor>().is_err());
}

#[test]
fn a_static_member_keeps_its_range_under_a_new_member_id() {
    let counts = PartitionCounts::from([("t".to_owned(), 2)]);
    let member = |id: &str, instance: &str| Member {
        id: id.to_owned(),
        instance_id: Some(instance.to_owned()),
        topics: vec!["t".to_owned()],
        ..Member::default()
    };
    let before = Assignor::Range.assign(&[member("a", "x"), member("b", "y")], &counts);
    let after = Assignor::Range.assign(&[member("c", "x"), member("b", "y")], &counts);
    assert_eq!(before["a"], after["c"]);
    assert_eq!(before["b"], after["b"]);
}

#[test]
fn the_later_generation_owns_and_two_claims_of_one_generation_cancel_out() {
    let line = "sticky|t=4|a//t/t-0,t-1/5;b//t/t-0,t-2/4;c//t/t-1/5;d//t//5|";
    let (assignor, counts, members, _) = parse(line);
    let assignment = assignor.assign(&members, &counts);
    assert_eq!(assignment["a"], partitions("t-0"));
    assert_eq!(assignment["b"], partitions("t-2"));
}

#[test]
fn balance_reaches_over_members_between() {
    // `a` can only pass on to `b`, and `b` only to `c`.
    let line = "sticky|t=2,u=2|a//t/t-0,t-1/1;b//t,u/u-0,u-1/1;c//u//1|";
    let (assignor, counts, members, _) = parse(line);
    let sizes = assignor.assign(&members, &counts);
    assert_eq!(sizes.values().map(Vec::len).collect::<Vec<_>>(), [1, 2, 1]);
}

#[test]
fn a_partition_that_moves_is_handed_over_in_the_second_round() {
    let line = "cooperative-sticky|t=4|a//t/t-0,t-1,t-2,t-3/1;b//t//1|";
    let (assignor, counts, mut members, _) = parse(line);
    let first = assignor.assign(&members, &counts);
    assert_eq!(first["a"], partitions("t-0,t-1"));
    assert_eq!(first["b"], []);
    for member in &mut members {
        member.owned.clone_from(&first[&member.id]);
    }
    let second = assignor.assign(&members, &counts);
    assert_eq!(second["a"], partitions("t-0,t-1"));
    assert_eq!(second["b"], partitions("t-2,t-3"));
}

/// Groups of up to eight members, up to four topics, and ownership claims of all sorts.
fn groups() -> impl Strategy<Value = (PartitionCounts, Vec<Member>)> {
    let topic = || prop::sample::select(vec!["t0", "t1", "t2", "t3"]);
    let member = (
        prop::collection::btree_set(topic(), 0..4),
        prop::collection::vec((topic(), 0..12), 0..6),
        -1..3,
        prop::option::of(0..100),
    );
    let counts = prop::collection::btree_map(topic().prop_map(str::to_owned), 0..10, 0..5);
    (counts, prop::collection::vec(member, 1..8)).prop_map(|(counts, members)| {
        let member = |(index, (topics, owned, generation, instance))| {
            let (topics, owned): (BTreeSet<&str>, Vec<(&str, i32)>) = (topics, owned);
            let instance: Option<i32> = instance;
            Member {
                id: format!("m{index}"),
                instance_id: instance.map(|instance| format!("i{instance}-{index}")),
                topics: topics.into_iter().map(str::to_owned).collect(),
                owned: owned
                    .into_iter()
                    .map(|(t, p)| TopicPartition::new(t, p))
                    .collect(),
                generation,
            }
        };
        (
            counts,
            members.into_iter().enumerate().map(member).collect(),
        )
    })
}

/// As [`groups`], but everyone subscribes to everything and owns a share of what exists, as in real life.
fn equal_groups() -> impl Strategy<Value = (PartitionCounts, Vec<Member>)> {
    groups().prop_map(|(counts, mut members)| {
        let mut taken = BTreeSet::new();
        for member in &mut members {
            member.topics = counts.keys().cloned().collect();
            member.generation = 1;
            member.owned.retain(|p| {
                counts
                    .get(&p.topic)
                    .is_some_and(|count| p.partition < *count)
                    && taken.insert(p.clone())
            });
        }
        (counts, members)
    })
}

/// Which member each partition went to.
fn owners(assignment: &Assignment) -> BTreeMap<&TopicPartition, &str> {
    let mut owners = BTreeMap::new();
    for (member, assigned) in assignment {
        for partition in assigned {
            assert!(
                owners.insert(partition, member.as_str()).is_none(),
                "{partition} twice"
            );
        }
    }
    owners
}

proptest! {
    #[test]
    fn every_subscribed_partition_goes_to_exactly_one_subscriber((counts, members) in groups()) {
        for assignor in [Assignor::Range, Assignor::RoundRobin, Assignor::Sticky] {
            let assignment = assignor.assign(&members, &counts);
            let owners = owners(&assignment);
            prop_assert_eq!(assignment.len(), members.len());
            for (topic, count) in &counts {
                let subscribers: Vec<_> = members.iter().filter(|m| m.topics.contains(topic)).collect();
                for partition in 0..*count {
                    let owner = owners.get(&TopicPartition::new(topic, partition));
                    prop_assert_eq!(owner.is_some(), !subscribers.is_empty());
                    prop_assert!(owner.is_none_or(|owner| subscribers.iter().any(|m| m.id == *owner)));
                }
            }
        }
    }

    #[test]
    fn no_single_move_would_balance_a_sticky_assignment_better((counts, members) in groups()) {
        let assignment = Assignor::Sticky.assign(&members, &counts);
        for (partition, owner) in owners(&assignment) {
            for other in members.iter().filter(|m| m.topics.contains(&partition.topic)) {
                prop_assert!(assignment[owner].len() <= assignment[&other.id].len() + 1);
            }
        }
    }

    #[test]
    fn a_sticky_assignment_is_kept_when_nothing_changed((counts, members) in groups()) {
        let first = Assignor::Sticky.assign(&members, &counts);
        let again: Vec<Member> = members
            .into_iter()
            .map(|m| Member { owned: first[&m.id].clone(), generation: 7, ..m })
            .collect();
        prop_assert_eq!(Assignor::Sticky.assign(&again, &counts), first);
    }

    #[test]
    fn equal_members_keep_what_fits_their_share((counts, members) in equal_groups()) {
        let assignment = Assignor::Sticky.assign(&members, &counts);
        let total: usize = assignment.values().map(Vec::len).sum();
        let (share, extra) = (total / members.len(), total % members.len());
        let above = members.iter().filter(|m| m.owned.len() > share).count().min(extra);
        let expected: usize = members.iter().map(|m| m.owned.len().min(share)).sum::<usize>() + above;
        let kept: usize = members
            .iter()
            .map(|m| assignment[&m.id].iter().filter(|p| m.owned.contains(p)).count())
            .sum();
        prop_assert_eq!(kept, expected);
    }

    #[test]
    fn a_cooperative_assignment_never_gives_what_another_still_owns((counts, members) in groups()) {
        let assignment = Assignor::CooperativeSticky.assign(&members, &counts);
        owners(&assignment);
        for member in &members {
            for partition in assignment[&member.id].iter().filter(|p| !member.owned.contains(p)) {
                prop_assert!(members.iter().all(|other| !other.owned.contains(partition)));
            }
        }
    }

    #[test]
    fn cooperative_members_reach_the_sticky_assignment_in_two_rounds((counts, members) in equal_groups()) {
        let mut members = members;
        let goal = Assignor::Sticky.assign(&members, &counts);
        for _ in 0..2 {
            let round = Assignor::CooperativeSticky.assign(&members, &counts);
            for member in &mut members {
                member.owned.clone_from(&round[&member.id]);
            }
        }
        let reached: Vec<usize> = members.iter().map(|m| m.owned.len()).collect();
        prop_assert_eq!(reached.iter().sum::<usize>(), goal.values().map(Vec::len).sum::<usize>());
        prop_assert!(reached.iter().max().unwrap() - reached.iter().min().unwrap() <= 1);
    }
}
