//! `kafka-consumer-groups` at a terminal.

use super::prepare;
use crate::support::cluster::bootstrap;
use crate::support::terminal::{Terminal, screen, screen_after};

/// What differs from run to run: delays, and how far samples are apart.
const TIMES: &[(&str, &str)] = &[
    (r"<?\d+(\.\d)? s behind", "N s behind"),
    (r" {0,2}<?\d+(\.\d)? s›", "  N s›"),
    (r"\d\.\d s apart", "N s apart"),
    (r"console-consumer-[0-9a-f-]{36}", "console-consumer-UUID"),
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
    let line = "trap : INT; kafka-consumer-groups --bootstrap-server $B --describe --group etl --watch=100ms; echo \"exit $?\"";
    let mut terminal = Terminal::start(100, &address, line);
    terminal.wait_for("3  ███  ");
    terminal.press("\x03");
    terminal.wait_for("exit 130");
    terminal.finish();
    let picture = terminal.picture();
    assert_eq!(picture.matches("COMMITTED").count(), 1, "{picture}");
    assert!(picture.contains("0 / 0 ="), "{picture}");
}

/// Instants, and the ends of file names.
const INSTANTS: &[(&str, &str)] = &[
    (
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
        "YYYY-MM-DDThh:mm:ss.mmmZ",
    ),
    (r"(\d\d:\d\d:\d\d)\.\d{3}", "$1.mmm"),
    (r"\d{8}T\d{9}Z", "STAMP"),
];

#[test]
fn a_reset_is_shown_before_it_is_done() {
    let address = bootstrap();
    orders(&address);
    let reset = "kafka-consumer-groups --bootstrap-server $B --reset-offsets";
    let back = format!("{reset} --group done --topic orders --to-datetime 'yesterday 14:00'");
    screen("groups-reset-time", &address, &back, INSTANTS);
    let forward = format!("{reset} --group etl --topic orders --to-latest --dry-run");
    screen("groups-reset-forward", &address, &forward, INSTANTS);
    let execute = format!("{reset} --group new --topic orders --to-latest --execute --no-undo");
    screen("groups-reset-execute", &address, &execute, INSTANTS);
    let unknown = format!("{reset} --group etl --topic oders --to-latest");
    screen("groups-reset-unknown", &address, &unknown, &[]);
    let wrong = format!("{reset} --group etl --topic orders --to-datetime soon");
    screen(
        "groups-reset-no-time",
        &address,
        &wrong,
        &[
            (r"\d{4}-\d\d-\d\d", "YYYY-MM-DD"),
            (r"@\d{10}", "@1234567890"),
        ],
    );
}

#[test]
fn a_reset_of_everything_asks_first() {
    let address = bootstrap();
    orders(&address);
    let line = "kafka-consumer-groups --bootstrap-server $B --reset-offsets --all-groups --all-topics --to-earliest --execute; echo \"exit $?\"";
    screen_after("groups-reset-all", &address, line, INSTANTS, |terminal| {
        terminal.wait_for("[y/N]");
        terminal.press("n\n");
    });
    let line =
        "kafka-consumer-groups --bootstrap-server $B --delete --all-groups; echo \"exit $?\"";
    screen_after("groups-delete-all", &address, line, &[], |terminal| {
        terminal.wait_for("[y/N]");
        terminal.press("n\n");
    });
}

#[test]
fn the_undo_commands_bring_back_what_was_committed() {
    let address = bootstrap();
    orders(&address);
    prepare(
        &address,
        "groups() { kafka-consumer-groups --bootstrap-server $B \"$@\"; }
         state() { groups --describe --all-groups | cut -c1-70; }
         before=$(state)
         said=$(groups --reset-offsets --group etl --topic orders --to-latest --execute --output table)
         test \"$before\" != \"$(state)\"
         commands=$(sed -n 's/^  undo: //p' <<<\"$said\")
         test $(wc -l <<<\"$commands\") = 2
         ls .local/state/kaffa/undo/etl-*.csv
         eval \"$commands\"
         test \"$before\" = \"$(state)\"
         groups --reset-offsets --group etl --topic orders:1 --to-latest --execute
         test $(ls .local/state/kaffa/undo | wc -l) = 3
         groups --reset-offsets --group etl --topic orders:1 --to-earliest --execute --undo-file mine.csv
         test $(ls .local/state/kaffa/undo | wc -l) = 3
         test \"$(cat mine.csv)\" = orders,1,2",
    );
}
