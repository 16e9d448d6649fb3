//! What holds whatever members do, in whatever order.

use proptest::prelude::*;

use super::*;

/// One thing that happens. Members are numbered; what they do with ids and generations they learn from the answers.
#[derive(Debug, Clone)]
enum Event {
    Join {
        member: usize,
        topic: &'static str,
    },
    Sync {
        member: usize,
    },
    Heartbeat {
        member: usize,
    },
    Leave {
        member: usize,
    },
    Commit {
        member: usize,
        offset: i64,
    },
    /// The process of the member starts anew and knows nothing of before.
    Forget {
        member: usize,
    },
    Wait {
        ms: u64,
    },
    FillLog(bool),
    Restart,
}

const MEMBERS: usize = 4;

fn events() -> impl Strategy<Value = Vec<Event>> {
    let member = || 0..MEMBERS;
    let event = prop_oneof![
        6 => (member(), prop::sample::select(vec!["t", "u"])).prop_map(|(member, topic)| Event::Join { member, topic }),
        6 => member().prop_map(|member| Event::Sync { member }),
        3 => member().prop_map(|member| Event::Heartbeat { member }),
        1 => member().prop_map(|member| Event::Leave { member }),
        2 => (member(), 0..100_i64).prop_map(|(member, offset)| Event::Commit { member, offset }),
        1 => member().prop_map(|member| Event::Forget { member }),
        4 => (0..15_000_u64).prop_map(|ms| Event::Wait { ms }),
        1 => any::<bool>().prop_map(Event::FillLog),
        1 => Just(Event::Restart),
    ];
    prop::collection::vec(event, 1..120)
}

/// A member as its own process sees it. The last two are static.
#[derive(Debug, Clone, Default)]
struct Process {
    id: ByteString,
    generation: i32,
    everyone: Vec<ByteString>,
    joining: Option<Token>,
    syncing: Option<Token>,
}

impl Process {
    /// Takes in what was answered in the meantime.
    fn read(&mut self, world: &World) {
        if let Some(token) = self.joining.filter(|token| !world.is_waiting(*token)) {
            self.joining = None;
            if let Ok(response) = world.answer::<JoinGroupRequest>(token) {
                self.id = response.member_id;
                self.generation = response.generation_id;
                self.everyone = response.members.into_iter().map(|m| m.member_id).collect();
            }
        }
        if self.syncing.is_some_and(|token| !world.is_waiting(token)) {
            self.syncing = None;
        }
    }
}

fn step(world: &mut World, processes: &mut [Process], event: &Event) {
    match *event {
        Event::Join { member, topic } if processes[member].joining.is_none() => {
            let request = JoinGroupRequest {
                group_instance_id: (member >= MEMBERS / 2).then(|| format!("i{member}").into()),
                protocols: vec![protocol("range", topic)],
                ..join(&processes[member].id)
            };
            processes[member].joining = Some(world.ask(request));
        }
        Event::Sync { member } if processes[member].syncing.is_none() => {
            let process = &processes[member];
            let request = sync(&process.id, process.generation, &process.everyone);
            processes[member].syncing = Some(world.ask(request));
        }
        Event::Join { .. } | Event::Sync { .. } => {}
        Event::Heartbeat { member } => {
            let (id, generation) = (processes[member].id.clone(), processes[member].generation);
            world.heartbeat(&id, generation);
        }
        Event::Leave { member } => {
            let id = processes[member].id.clone();
            world.leave(&id);
        }
        Event::Commit { member, offset } => {
            let process = &processes[member];
            world.ask(OffsetCommitRequest {
                group_id: GROUP.into(),
                generation_id_or_member_epoch: process.generation,
                member_id: process.id.clone(),
                topics: vec![OffsetCommitRequestTopic {
                    name: "t".into(),
                    partitions: vec![OffsetCommitRequestPartition {
                        committed_offset: offset,
                        ..OffsetCommitRequestPartition::default()
                    }],
                    ..OffsetCommitRequestTopic::default()
                }],
                ..OffsetCommitRequest::default()
            });
        }
        Event::Forget { member } => processes[member] = Process::default(),
        Event::Wait { ms } => world.advance(ms),
        Event::FillLog(is_full) => world.log_is_full = is_full,
        Event::Restart => {
            // Connections break: whoever waited asks again.
            for process in &mut *processes {
                (process.joining, process.syncing) = (None, None);
            }
            world.restart();
        }
    }
    for process in processes {
        process.read(world);
    }
}

/// What a restart would make of the log.
fn replayed(world: &World) -> World {
    let mut other = World::with(world.shard.config.clone());
    other.log.clone_from(&world.log);
    other.now_ms = world.now_ms;
    other.restart();
    other
}

fn committed(world: &mut World) -> OffsetFetchResponseGroup {
    let token = world.ask(FetchOffsets(OffsetFetchRequestGroup {
        group_id: GROUP.into(),
        ..OffsetFetchRequestGroup::default()
    }));
    world.answer::<FetchOffsets>(token).unwrap()
}

proptest! {
    #[test]
    fn members_of_a_generation_agree_and_the_log_has_what_was_answered(events in events()) {
        let mut world = World::hurried();
        let mut processes = vec![Process::default(); MEMBERS];
        let mut generations: BTreeMap<(i32, ByteString), Vec<ByteString>> = BTreeMap::new();
        for event in &events {
            let answered = world.tokens;
            step(&mut world, &mut processes, event);
            if matches!(event, Event::Restart) {
                generations.clear();
            }
            for (_, answer) in world.answers.range(Token(answered)..) {
                let Ok(GroupResponse::Join(joined)) = answer else { continue };
                if joined.error_code == 0 && !joined.members.is_empty() && !joined.skip_assignment {
                    // A generation has one leader, who sees each member once.
                    let members: Vec<_> = joined.members.iter().map(|m| m.member_id.clone()).collect();
                    prop_assert!(members.contains(&joined.member_id));
                    let key = (joined.generation_id, joined.leader.clone());
                    let before = generations.entry(key).or_insert_with(|| members.clone());
                    prop_assert_eq!(before, &members);
                }
            }

            let mut other = replayed(&world);
            prop_assert_eq!(committed(&mut world), committed(&mut other));
            if world.state() == "Stable" && !world.log_is_full {
                prop_assert_eq!(world.describe(), other.describe());
            }
            prop_assert!(world.shard.next_deadline() > world.now().uptime || world.state() != "Stable");
        }
    }

    #[test]
    fn nobody_waits_for_ever(events in events()) {
        let mut world = World::hurried();
        let mut processes = vec![Process::default(); MEMBERS];
        for event in &events {
            step(&mut world, &mut processes, event);
        }
        world.log_is_full = false;
        world.advance(20 * 60 * 1000);
        prop_assert!(processes.iter().all(|p| p.joining.is_none_or(|token| !world.is_waiting(token))));
        prop_assert!(processes.iter().all(|p| p.syncing.is_none_or(|token| !world.is_waiting(token))));
        prop_assert!(["Empty", "Dead"].contains(&world.state().as_str()));
    }
}
