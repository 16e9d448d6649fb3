//! `kafka-consumer-groups` at a terminal.

use super::prepare;
use crate::support::cluster::bootstrap;
use crate::support::terminal::{Terminal, screen};

/// What differs from run to run: delays, and how far samples are apart.
const TIMES: &[(&str, &str)] = &[
    (r"<?\d+(\.\d)? s behind", "N s behind"),
    (r" {0,2}<?\d+(\.\d)? s›", "  N s›"),
    (r"\d\.\d s apart", "N s apart"),
    (
        r"console-consumer-[0-9a-f-]{36}",
        "console-consumer-XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX",
    ),
];

/// Topic `orders` with five records in two of three partitions, of which group `etl` has read some and `done` all.
fn orders(address: &str) {
    prepare(
        address,
        "kafka-topics --bootstrap-server $B --create --topic orders --partitions 3
         send() { printf '%s\\n' $1 | kafka-console-producer --bootstrap-server $B --topic orders --sync \
           --reader-property parse.key=true --reader-property key.separator=:; }
         reset() { kafka-consumer-groups --bootstrap-server $B --reset-offsets --execute \"$@\"; }
         send 'a:1 b:2 c:3 d:4 e:5'
         reset --group etl --topic orders:1,2 --to-earliest
         reset --group done --topic orders --to-latest",
    );
}

#[test]
fn groups_are_described_with_lag_in_records_and_time() {
    let address = bootstrap();
    orders(&address);
    let describe = "kafka-consumer-groups --bootstrap-server $B --describe";
    screen(
        "groups-describe",
        &address,
        &format!("{describe} --group etl"),
        TIMES,
    );
    let still = format!("{describe} --all-groups --no-sample");
    screen("groups-describe-all", &address, &still, TIMES);
    screen(
        "groups-describe-by",
        &address,
        &format!("{still} --by group"),
        &[(r" {0,2}\d+(\.\d)? s ", "  N s ")],
    );
    screen(
        "groups-describe-lag",
        &address,
        &format!("{still} --lag '>2'"),
        TIMES,
    );
    screen(
        "groups-state",
        &address,
        &format!("{describe} --all-groups --state"),
        &[],
    );
    let ascii = format!("LC_ALL=C NO_COLOR=1 {describe} --group etl --no-sample");
    screen(
        "groups-describe-ascii",
        &address,
        &ascii,
        &[(r"<?\d\.\d s", "N s")],
    );
    screen(
        "groups-did-you-mean",
        &address,
        &format!("{describe} --group ettl"),
        &[],
    );
}

#[test]
fn members_are_shown_with_what_they_read() {
    let address = bootstrap();
    orders(&address);
    let line = "kafka-console-consumer --bootstrap-server $B --topic orders --group live >/dev/null 2>&1 &
        consumer=$!
        until kafka-consumer-groups --bootstrap-server $B --describe --group live --members --verbose 2>/dev/null | grep -q orders:
        do :; done
        kafka-consumer-groups --bootstrap-server $B --describe --group live --members; kill $consumer; wait";
    screen("groups-members", &address, line, TIMES);
}

#[test]
fn a_watch_leaves_its_last_frame() {
    let address = bootstrap();
    orders(&address);
    let line = "trap '' INT; kafka-consumer-groups --bootstrap-server $B --describe --group etl --watch=100ms; echo \"exit $?\"";
    let mut terminal = Terminal::start(100, &address, line);
    terminal.wait_for("3  ███  ");
    terminal.press("\x03");
    terminal.wait_for("exit 130");
    terminal.finish();
    let picture = terminal.picture();
    assert_eq!(picture.matches("COMMITTED").count(), 1, "{picture}");
    assert!(picture.contains("0 / 0 ="), "{picture}");
}
