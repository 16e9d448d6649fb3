//! The four tools, against what Apache Kafka's tools printed for the same command lines.

use std::os::unix::fs::symlink;

use tempfile::TempDir;

use crate::support::apache_broker::ApacheBroker;
use crate::support::broker::BrokerProcess;
use crate::support::programs::installed;
use crate::support::transcript::{Cast, check_deviations, plays_as_recorded, records};

/// A directory with our tools under their names as scripts.
fn our_tools() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in [
        "topics",
        "console-producer",
        "console-consumer",
        "consumer-groups",
    ] {
        let script = dir.path().join(format!("kafka-{name}.sh"));
        symlink(env!("CARGO_BIN_EXE_kaffa"), script).unwrap();
    }
    dir
}

fn ours_on_ours(name: &str) {
    let dir = tempfile::tempdir().unwrap();
    let broker = BrokerProcess::start(dir.path(), &[]);
    plays_as_recorded(name, Cast::OurTools, our_tools().path(), &broker.address);
}

fn ours_on_apaches(name: &str) {
    let dir = tempfile::tempdir().unwrap();
    let broker = ApacheBroker::start(&dir);
    plays_as_recorded(name, Cast::OurTools, our_tools().path(), &broker.address);
}

fn apaches_on_ours(name: &str) {
    let dir = tempfile::tempdir().unwrap();
    let broker = BrokerProcess::start(dir.path(), &[]);
    let tools = installed("apache-kafka/bin");
    plays_as_recorded(name, Cast::OurBroker, tools.as_ref(), &broker.address);
}

/// Records what is said to be recorded anew; otherwise what was recorded must still be true.
fn apaches_on_apaches(name: &str) {
    let dir = tempfile::tempdir().unwrap();
    let broker = ApacheBroker::start(&dir);
    let tools = installed("apache-kafka/bin");
    if std::env::var_os("KAFFA_RECORD").is_some() {
        records(name, tools.as_ref(), &broker.address);
    } else {
        plays_as_recorded(name, Cast::Apache, tools.as_ref(), &broker.address);
    }
}

macro_rules! transcripts {
    ($($test:ident $name:literal)* | $($more:ident $more_name:literal)*) => {
        mod our_tools_on_our_broker {
            $(#[test] fn $test() { super::ours_on_ours($name); })*
            $(#[test] fn $more() { super::ours_on_ours($more_name); })*
        }

        mod our_tools_on_apaches_broker {
            $(#[test] #[ignore = "needs Apache Kafka: tests/interop/setup apache"] fn $test() { super::ours_on_apaches($name); })*
            $(#[test] #[ignore = "needs Apache Kafka: tests/interop/setup apache"] fn $more() { super::ours_on_apaches($more_name); })*
        }

        mod apaches_tools_on_our_broker {
            $(#[test] #[ignore = "needs Apache Kafka: tests/interop/setup apache"] fn $test() { super::apaches_on_ours($name); })*
        }

        /// A second for each command: not in `.ci/run`.
        mod slow {
            mod apaches_tools_on_our_broker {
                $(#[test] #[ignore = "needs Apache Kafka and minutes"] fn $more() { super::super::apaches_on_ours($more_name); })*
            }

            mod apaches_tools_on_apaches_broker {
                $(#[test] #[ignore = "needs Apache Kafka and minutes"] fn $test() { super::super::apaches_on_apaches($name); })*
                $(#[test] #[ignore = "needs Apache Kafka and minutes"] fn $more() { super::super::apaches_on_apaches($more_name); })*
            }
        }
    };
}

// The first eight are also what `.ci/run` plays with Apache's tools on our broker.
transcripts! {
    topics_come_and_go "topics-1-life"
    topics_get_more_partitions "topics-3-alter"
    lines_become_records "producer-1-lines"
    consumers_begin_where_they_are_told "consumer-2-offsets"
    groups_are_reset "groups-2-reset"
    groups_are_deleted "groups-4-delete"
    topics_are_described "topics-4-describe"
    records_are_printed "consumer-1-print"
    |
    groups_are_described "groups-1-describe"
    topics_are_made "topics-2-create"
    wrong_usage_of_topics_is_told "topics-5-usage"
    lines_that_cannot_be_sent_are_told "producer-2-errors"
    wrong_usage_of_the_producer_is_told "producer-3-usage"
    bytes_are_kept "producer-4-bytes"
    wrong_usage_of_the_consumer_is_told "consumer-3-usage"
    internal_topics_are_printed "consumer-4-internals"
    resets_are_refused "groups-3-reset-refused"
    wrong_usage_of_groups_is_told "groups-5-usage"
    deserializers_print_what_they_read "consumer-5-deserializers"
    consumers_take_every_option "consumer-6-options"
    producers_take_every_option "producer-5-options"
    topics_take_every_option "topics-6-options"
    groups_take_every_option "groups-6-options"
    topics_take_odd_settings "topics-7-corners"
    topics_are_found_by_patterns "topics-8-patterns"
    odd_words_of_topics_are_told "topics-9-words"
    groups_are_reset_in_odd_ways "groups-7-corners"
    odd_words_of_groups_are_told "groups-8-words"
    plans_are_read "groups-9-plans"
    odd_lines_become_records "producer-6-corners"
    consumers_take_odd_values "consumer-7-corners"
    every_field_is_printed "consumer-8-print"
    a_days_work_is_done "mixed-1-work"
    brokers_that_do_not_answer_are_told "unreachable"
}

#[test]
fn every_deviation_from_apache_concerns_a_command_that_there_is() {
    check_deviations();
}
