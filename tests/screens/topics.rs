//! `kafka-topics` at a terminal.

use super::prepare;
use crate::support::cluster::bootstrap;
use crate::support::terminal::{Terminal, screen, screen_after};

/// How long ago something was.
const AGES: &[(&str, &str)] = &[(r"<?\d+(\.\d)? s ago", "N s ago")];

/// Topics `orders`, with a record or two in each of three partitions, and `order-archive` with none.
fn orders(address: &str) {
    prepare(
        address,
        "kafka-topics --bootstrap-server $B --create --topic orders --partitions 3 --config retention.ms=604800000 \
           --config segment.bytes=1000000000
         kafka-topics --bootstrap-server $B --create --topic order-archive
         printf '%s\\n' a:1 b:2 c:3 d:4 e:5 |
           kafka-console-producer --bootstrap-server $B --topic orders --sync --reader-property parse.key=true \
             --reader-property key.separator=:",
    );
}

#[test]
fn a_topic_is_described_with_what_it_holds() {
    let address = bootstrap();
    orders(&address);
    let describe = "kafka-topics --bootstrap-server $B --describe --topic";
    screen(
        "topics-describe-one",
        &address,
        &format!("{describe} orders"),
        AGES,
    );
    screen(
        "topics-describe-several",
        &address,
        &format!("{describe} 'order.*'"),
        AGES,
    );
    let ascii = format!("LC_ALL=C NO_COLOR=1 {describe} orders");
    screen("topics-describe-ascii", &address, &ascii, AGES);
    let healthy = "kafka-topics --bootstrap-server $B --describe --under-replicated-partitions";
    screen("topics-healthy", &address, healthy, &[]);
}

#[test]
fn an_unknown_topic_is_answered_with_the_nearest_names() {
    let address = bootstrap();
    orders(&address);
    let line = "kafka-topics --bootstrap-server $B --describe --topic order";
    screen("topics-did-you-mean", &address, line, &[]);
}

#[test]
fn a_pattern_that_matches_several_topics_is_not_deleted_without_a_yes() {
    let address = bootstrap();
    let topics = "for t in a.b a-b axb; do kafka-topics --bootstrap-server $B --create --if-not-exists --topic $t 2>&1; done";
    let delete = "kafka-topics --bootstrap-server $B --delete --topic a.b";
    prepare(&address, topics);
    let list = "kafka-topics --bootstrap-server $B --list";
    let answered = |name, keys| {
        screen_after(
            name,
            &address,
            &format!("{delete}; echo \"exit $?\"; {list}"),
            &[],
            |terminal| {
                terminal.wait_for("[y/N]");
                terminal.press(keys);
            },
        );
    };
    answered("topics-delete-no", "n\n");
    answered("topics-delete-enter", "\n");
    let line = format!("{delete} --no-input");
    screen("topics-delete-no-input", &address, &line, &[]);
    let again = format!("{topics} >/dev/null; {delete}; echo \"exit $?\"; {list}");
    screen_after("topics-delete-yes", &address, &again, &[], |terminal| {
        terminal.wait_for("[y/N]");
        terminal.press("y\n");
    });
}

#[test]
fn nobody_to_ask_is_told_what_matched() {
    let address = bootstrap();
    prepare(
        &address,
        "for t in a.b a-b; do kafka-topics --bootstrap-server $B --create --topic $t >/dev/null 2>&1; done
         kafka-topics --bootstrap-server $B --delete --topic a.b </dev/null 2>said
         test \"$(cat said)\" = \"'a.b' matched 2 topics: a-b, a.b\"
         test -z \"$(kafka-topics --bootstrap-server $B --list | tr -d '\\n')\"",
    );
}

#[test]
fn a_question_can_be_interrupted() {
    let address = bootstrap();
    prepare(
        &address,
        "kafka-topics --bootstrap-server $B --create --topic orders",
    );
    let delete = "kafka-topics --bootstrap-server $B --delete --topic 'order.*'";
    let mut terminal = Terminal::start(
        100,
        &address,
        &format!("trap : INT; {delete}; echo \"exit $?\""),
    );
    terminal.wait_for("[y/N]");
    terminal.press("\x03");
    terminal.wait_for("exit 130");
    terminal.finish();
}
