complete -c kafka-consumer-groups -l validate-regex -d 'Say whether this is a regular expression that brokers understand' -r -f
complete -c kafka-consumer-groups -l bootstrap-server -d 'Brokers to ask for the rest of the cluster, separated by commas' -r -f
complete -c kafka-consumer-groups -l command-config -d 'File of client properties' -r -F
complete -c kafka-consumer-groups -l timeout -d 'Milliseconds to wait for an answer [default: 30000]' -r -f
complete -c kafka-consumer-groups -l group -d 'A group; may be repeated' -r -f
complete -c kafka-consumer-groups -l topic -d 'A topic, or some of its partitions; may be repeated' -r -f
complete -c kafka-consumer-groups -l state -d 'Print the state of groups; with --list also: only groups in these states' -r -f
complete -c kafka-consumer-groups -l type -d 'Print the type of groups; also: only groups of these types' -r -f
complete -c kafka-consumer-groups -l to-offset -d 'To this offset' -r -f
complete -c kafka-consumer-groups -l shift-by -d 'By so many records, backwards if negative' -r -f
complete -c kafka-consumer-groups -l to-datetime -d 'To the first record of this time or later' -r -f
complete -c kafka-consumer-groups -l by-duration -d 'To the first record that is no older than this' -r -f
complete -c kafka-consumer-groups -l from-file -d 'To the offsets in this file, as --export prints them' -r -F
complete -c kafka-consumer-groups -l undo-file -d 'Where --execute saves the offsets committed before [default, but not for plain output: below `$XDG_STATE_HOME/kaffa/undo`]' -r -F
complete -c kafka-consumer-groups -l sort -d 'What comes first: the largest lag or delay, or names in order [default: lag, in a table]' -r -f -a "topic\t'By topic, then partition'
partition\t'By partition, then topic'
lag\t'The largest lag'
behind\t'The longest delay'
owner\t'By what the owner calls itself'"
complete -c kafka-consumer-groups -l lag -d 'Only partitions with such a lag: \'>1000\', \'>=10k\', \'=0\'' -r -f
complete -c kafka-consumer-groups -l by -d 'One row for each of these instead of each partition, in a table' -r -f -a "topic\t'A topic'
member\t'A member'
group\t'A group'"
complete -c kafka-consumer-groups -l watch -d 'Look again and again until stopped, in a table at a terminal' -r -f
complete -c kafka-consumer-groups -l output -d 'What stdout looks like: Apache\'s bytes, a table or JSON [default: a table at a terminal, else plain]' -r -f -a "auto\t'Tables at a terminal, plain elsewhere'
plain\t'The bytes of Apache\'s tools'
table\t'Tables for people'
json\t'One JSON document per line'"
complete -c kafka-consumer-groups -l color -d 'When to use colour' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'"
complete -c kafka-consumer-groups -l progress -d 'When to show progress on stderr; json says an object a second' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'
json\t'As JSON, one object a second and a last one'"
complete -c kafka-consumer-groups -l profile -d 'Use the cluster of this profile; see kaffa profile' -r -f
complete -c kafka-consumer-groups -l deadline -d 'Give up after this time, whatever is being done: 500ms, 5s, 2m [default: never]' -r -f
complete -c kafka-consumer-groups -l list -d 'Print the ids of groups, one per line'
complete -c kafka-consumer-groups -l describe -d 'Print how far groups are, who is in them, and what state they are in'
complete -c kafka-consumer-groups -l delete -d 'Delete groups and all that they committed'
complete -c kafka-consumer-groups -l reset-offsets -d 'Set where groups go on reading; --dry-run, which is the default, only shows it'
complete -c kafka-consumer-groups -l delete-offsets -d 'Delete what a group committed for --topic'
complete -c kafka-consumer-groups -l all-groups -d 'All groups'
complete -c kafka-consumer-groups -l all-topics -d 'All topics that the group has committed for'
complete -c kafka-consumer-groups -l members -d 'Print the members of groups'
complete -c kafka-consumer-groups -l offsets -d 'Print how far groups are; the default'
complete -c kafka-consumer-groups -l verbose -d 'Print more columns'
complete -c kafka-consumer-groups -l to-earliest -d 'To the oldest record'
complete -c kafka-consumer-groups -l to-latest -d 'To the end'
complete -c kafka-consumer-groups -l to-current -d 'To where the group is'
complete -c kafka-consumer-groups -l dry-run -d 'Show what --execute would do'
complete -c kafka-consumer-groups -l execute -d 'Do it'
complete -c kafka-consumer-groups -l export -d 'Print the new offsets as CSV'
complete -c kafka-consumer-groups -l no-undo -d 'Do not save them'
complete -c kafka-consumer-groups -l no-sample -d 'Do not look a second time, a second later, for how fast lag grows or shrinks'
complete -c kafka-consumer-groups -l yes -d 'Answer yes to every question'
complete -c kafka-consumer-groups -l no-input -d 'Never ask: fail where there is a question'
complete -c kafka-consumer-groups -l explain -d 'Print what would be sent to whom, and where each setting comes from; do nothing'
complete -c kafka-consumer-groups -l quiet -d 'Say nothing on stderr but what failed'
complete -c kafka-consumer-groups -l help -d 'Print this and exit'
complete -c kafka-consumer-groups -l version -d 'Print the version of Apache Kafka that this mirrors and exit'
complete -c kafka-consumer-groups.sh -w kafka-consumer-groups
