# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_kaffa_global_optspecs
    string join \n h/help V/version
end

function __fish_kaffa_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_kaffa_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_kaffa_using_subcommand
    set -l cmd (__fish_kaffa_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c kaffa -n "__fish_kaffa_needs_command" -s h -l help -d 'Print help'
complete -c kaffa -n "__fish_kaffa_needs_command" -s V -l version -d 'Print version'
complete -c kaffa -n "__fish_kaffa_needs_command" -f -a "topics" -d 'Create, list, describe, alter and delete topics'
complete -c kaffa -n "__fish_kaffa_needs_command" -f -a "produce" -d 'Send lines of standard input to a topic, one record each'
complete -c kaffa -n "__fish_kaffa_needs_command" -f -a "console-producer" -d 'Send lines of standard input to a topic, one record each'
complete -c kaffa -n "__fish_kaffa_needs_command" -f -a "consume" -d 'Print the records of a topic'
complete -c kaffa -n "__fish_kaffa_needs_command" -f -a "console-consumer" -d 'Print the records of a topic'
complete -c kaffa -n "__fish_kaffa_needs_command" -f -a "groups" -d 'List, describe, reset and delete consumer groups'
complete -c kaffa -n "__fish_kaffa_needs_command" -f -a "consumer-groups" -d 'List, describe, reset and delete consumer groups'
complete -c kaffa -n "__fish_kaffa_needs_command" -f -a "doctor" -d 'Find out why a cluster cannot be used from here'
complete -c kaffa -n "__fish_kaffa_needs_command" -f -a "profile" -d 'Remember clusters by name'
complete -c kaffa -n "__fish_kaffa_needs_command" -f -a "broker" -d 'Runs a Kafka broker: no configuration file and no formatting step needed'
complete -c kaffa -n "__fish_kaffa_needs_command" -f -a "quickstart" -d 'Runs a broker, sends a file through it and reads it back with a consumer group: every step shown as you would type it'
complete -c kaffa -n "__fish_kaffa_needs_command" -f -a "server-start" -d 'Starts a broker as Apache\'s `kafka-server-start.sh` does'
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l command-config -d 'File of client properties' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l topic -d 'The topic to create, or a regular expression for the names of existing ones' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l topic-id -d 'The topic to describe, by its id; wins over --topic' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l replica-assignment -d 'Broker ids of every replica: a colon between replicas of a partition, a comma between partitions' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l delete-config -d 'Without effect since Kafka 4.0; settings are removed with kafka-configs' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l partition-size-limit-per-response -d 'How many partitions to ask for in one request [default: 2000]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l output -d 'What stdout looks like: Apache\'s bytes, a table or JSON [default: a table at a terminal, else plain]' -r -f -a "auto\t'Tables at a terminal, plain elsewhere'
plain\t'The bytes of Apache\'s tools'
table\t'Tables for people'
json\t'One JSON document per line'"
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l color -d 'When to use colour' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'"
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l progress -d 'When to show progress on stderr; json says an object a second' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'
json\t'As JSON, one object a second and a last one'"
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l profile -d 'Use the cluster of this profile; see kaffa profile' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l deadline -d 'Give up after this time, whatever is being done: 500ms, 5s, 2m [default: never]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -s b -l bootstrap-server -d 'Brokers to ask for the rest of the cluster, separated by commas' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -s p -l partitions -d 'How many partitions a new topic has [default: as the broker is set], or an existing one gets' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -s r -l replication-factor -d 'On how many brokers a new topic\'s partitions are kept [default: as the broker is set]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -s c -l config -d 'A setting of the new topic; may be repeated' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l create -d 'Create the topic, with --partitions, --replication-factor, --replica-assignment and --config'
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l list -d 'Print the names of topics, one per line'
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l describe -d 'Print partitions, leaders, replicas and settings of topics'
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l alter -d 'Give topics more partitions'
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l delete -d 'Delete topics and all of their records'
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l if-exists -d 'Do nothing, successfully, when there is no such topic'
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l if-not-exists -d 'Do nothing, successfully, when the topic exists'
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l exclude-internal -d 'Leave out the topics that Kafka keeps for itself'
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l under-replicated-partitions -d 'Only partitions with fewer replicas in sync than they have'
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l unavailable-partitions -d 'Only partitions without a live leader'
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l under-min-isr-partitions -d 'Only partitions with fewer replicas in sync than min.insync.replicas'
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l at-min-isr-partitions -d 'Only partitions with exactly min.insync.replicas in sync'
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l topics-with-overrides -d 'Only topics with settings that differ from the defaults, without their partitions'
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l yes -d 'Answer yes to every question'
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l no-input -d 'Never ask: fail where there is a question'
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l explain -d 'Print what would be sent to whom, and where each setting comes from; do nothing'
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l quiet -d 'Say nothing on stderr but what failed'
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l help -d 'Print this and exit'
complete -c kaffa -n "__fish_kaffa_using_subcommand topics" -l version -d 'Print the version of Apache Kafka that this mirrors and exit'
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l topic -d 'The topic to write to' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l batch-size -d 'Bytes of records of a partition to gather before sending them [default: 16384]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l max-partition-memory-bytes -d 'Another name for --batch-size' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l message-send-max-retries -d 'How often to send a batch again [default: 3]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l retry-backoff-ms -d 'Milliseconds before sending a batch again [default: 100]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l timeout -d 'Milliseconds that a record may wait for others to share its batch [default: 1000]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l request-required-acks -d 'Who must have a record before it counts: 0 nobody, 1 the leader, all or -1 every in-sync replica [default: -1]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l request-timeout-ms -d 'Milliseconds to wait for an answer [default: 1500]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l metadata-expiry-ms -d 'Milliseconds after which to ask again who leads which partition [default: 300000]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l max-block-ms -d 'Milliseconds to wait for the topic to be known and for buffers to empty [default: 60000]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l max-memory-bytes -d 'Bytes of records that may wait to be sent [default: 33554432]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l socket-buffer-size -d 'Bytes of a socket\'s send buffer [default: as the system chooses]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l line-reader -d 'Class of the reader; only the built-in line reader exists here' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l property -d 'The older name of --reader-property' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l reader-config -d 'File of properties of the line reader; --reader-property wins' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l command-property -d 'A property of the producer; may be repeated' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l producer-property -d 'The older name of --command-property' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l command-config -d 'File of properties of the producer; --command-property wins' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l producer.config -d 'The older name of --command-config' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l input -d 'What a line is: text, or a record in JSON as `kafka-console-consumer --output json` writes it' -r -f -a "lines\t'What the line reader makes of it'
json\t'A record in JSON'"
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l on-error -d 'What to do about a record that cannot be written: stop, skip, or file=PATH to add its line to a file and go on [default: stop if a person is there, else log it and go on as the original does]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l resume -d 'Begin where this checkpoint says, if it exists, and keep it up to date; standard input must be a file' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l output -d 'What stdout looks like: Apache\'s bytes, a table or JSON [default: a table at a terminal, else plain]' -r -f -a "auto\t'Tables at a terminal, plain elsewhere'
plain\t'The bytes of Apache\'s tools'
table\t'Tables for people'
json\t'One JSON document per line'"
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l color -d 'When to use colour' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'"
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l progress -d 'When to show progress on stderr; json says an object a second' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'
json\t'As JSON, one object a second and a last one'"
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l profile -d 'Use the cluster of this profile; see kaffa profile' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l deadline -d 'Give up after this time, whatever is being done: 500ms, 5s, 2m [default: never]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -s b -l bootstrap-server -d 'Brokers to ask for the rest of the cluster, separated by commas' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -s z -l compression-codec -d 'none, gzip, snappy, lz4 or zstd [default: none; gzip if no codec is named]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -s P -l reader-property -d 'A property of the line reader; may be repeated' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l sync -d 'Wait for each record to be acknowledged before sending the next; stop at the first that is not'
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l keep-partitions -d 'With --input json: write each record to the partition it came from [default: to that of its key]'
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l yes -d 'Answer yes to every question'
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l no-input -d 'Never ask: fail where there is a question'
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l explain -d 'Print what would be sent to whom, and where each setting comes from; do nothing'
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l quiet -d 'Say nothing on stderr but what failed'
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l help -d 'Print this and exit'
complete -c kaffa -n "__fish_kaffa_using_subcommand produce" -l version -d 'Print the version of Apache Kafka that this mirrors and exit'
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l topic -d 'The topic to write to' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l batch-size -d 'Bytes of records of a partition to gather before sending them [default: 16384]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l max-partition-memory-bytes -d 'Another name for --batch-size' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l message-send-max-retries -d 'How often to send a batch again [default: 3]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l retry-backoff-ms -d 'Milliseconds before sending a batch again [default: 100]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l timeout -d 'Milliseconds that a record may wait for others to share its batch [default: 1000]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l request-required-acks -d 'Who must have a record before it counts: 0 nobody, 1 the leader, all or -1 every in-sync replica [default: -1]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l request-timeout-ms -d 'Milliseconds to wait for an answer [default: 1500]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l metadata-expiry-ms -d 'Milliseconds after which to ask again who leads which partition [default: 300000]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l max-block-ms -d 'Milliseconds to wait for the topic to be known and for buffers to empty [default: 60000]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l max-memory-bytes -d 'Bytes of records that may wait to be sent [default: 33554432]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l socket-buffer-size -d 'Bytes of a socket\'s send buffer [default: as the system chooses]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l line-reader -d 'Class of the reader; only the built-in line reader exists here' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l property -d 'The older name of --reader-property' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l reader-config -d 'File of properties of the line reader; --reader-property wins' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l command-property -d 'A property of the producer; may be repeated' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l producer-property -d 'The older name of --command-property' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l command-config -d 'File of properties of the producer; --command-property wins' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l producer.config -d 'The older name of --command-config' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l input -d 'What a line is: text, or a record in JSON as `kafka-console-consumer --output json` writes it' -r -f -a "lines\t'What the line reader makes of it'
json\t'A record in JSON'"
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l on-error -d 'What to do about a record that cannot be written: stop, skip, or file=PATH to add its line to a file and go on [default: stop if a person is there, else log it and go on as the original does]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l resume -d 'Begin where this checkpoint says, if it exists, and keep it up to date; standard input must be a file' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l output -d 'What stdout looks like: Apache\'s bytes, a table or JSON [default: a table at a terminal, else plain]' -r -f -a "auto\t'Tables at a terminal, plain elsewhere'
plain\t'The bytes of Apache\'s tools'
table\t'Tables for people'
json\t'One JSON document per line'"
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l color -d 'When to use colour' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'"
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l progress -d 'When to show progress on stderr; json says an object a second' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'
json\t'As JSON, one object a second and a last one'"
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l profile -d 'Use the cluster of this profile; see kaffa profile' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l deadline -d 'Give up after this time, whatever is being done: 500ms, 5s, 2m [default: never]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -s b -l bootstrap-server -d 'Brokers to ask for the rest of the cluster, separated by commas' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -s z -l compression-codec -d 'none, gzip, snappy, lz4 or zstd [default: none; gzip if no codec is named]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -s P -l reader-property -d 'A property of the line reader; may be repeated' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l sync -d 'Wait for each record to be acknowledged before sending the next; stop at the first that is not'
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l keep-partitions -d 'With --input json: write each record to the partition it came from [default: to that of its key]'
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l yes -d 'Answer yes to every question'
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l no-input -d 'Never ask: fail where there is a question'
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l explain -d 'Print what would be sent to whom, and where each setting comes from; do nothing'
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l quiet -d 'Say nothing on stderr but what failed'
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l help -d 'Print this and exit'
complete -c kaffa -n "__fish_kaffa_using_subcommand console-producer" -l version -d 'Print the version of Apache Kafka that this mirrors and exit'
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l topic -d 'The topic to read' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l include -d 'Read every topic whose whole name matches this regular expression' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l timeout-ms -d 'Stop when no record came for so many milliseconds [default: never]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l isolation-level -d '`read_uncommitted`, or `read_committed` to leave out what transactions did not commit [default: the former]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l formatter -d 'Class that says how a record is printed: `Default-`, `Logging-`, `NoOp-`, `Offsets-`, `GroupMetadata-` or `TransactionLogMessageFormatter` of `org.apache.kafka.tools.consumer`' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l property -d 'The older name of --formatter-property' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l formatter-config -d 'File of properties of the formatter; --formatter-property wins' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l key-deserializer -d 'Class that reads keys [default: bytes as they are]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l value-deserializer -d 'Class that reads values [default: bytes as they are]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l command-property -d 'A property of the consumer; may be repeated' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l consumer-property -d 'The older name of --command-property' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l command-config -d 'File of properties of the consumer; --command-property wins' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l consumer.config -d 'The older name of --command-config' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l range -d 'Read from A up to B in every partition, or in --partition, without a group: A..B, A.. or ..B, where a place is earliest, latest, an offset, start+N, end-N or @TIME. What is the end is settled at the start' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l last -d 'Print the last N records by their timestamps, without a group, and stop' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l grep -d 'Print only records whose key, value or a header (as `name:value`) matches this regular expression' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l grep-key -d 'Print only records whose key matches' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l grep-value -d 'Print only records whose value matches' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l grep-header -d 'Print only records with a header that matches, as `name:value`' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l output -d 'What stdout looks like: Apache\'s bytes, a table or JSON [default: a table at a terminal, else plain]' -r -f -a "auto\t'Tables at a terminal, plain elsewhere'
plain\t'The bytes of Apache\'s tools'
table\t'Tables for people'
json\t'One JSON document per line'"
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l color -d 'When to use colour' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'"
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l progress -d 'When to show progress on stderr; json says an object a second' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'
json\t'As JSON, one object a second and a last one'"
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l profile -d 'Use the cluster of this profile; see kaffa profile' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l deadline -d 'Give up after this time, whatever is being done: 500ms, 5s, 2m [default: never]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -s b -l bootstrap-server -d 'Brokers to ask for the rest of the cluster, separated by commas' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -s n -l max-messages -d 'Stop after so many records [default: never]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -s g -l group -d 'The group to read with; it remembers how far it is [default: a new one that remembers nothing]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -s p -l partition -d 'Read only this partition of --topic, without a group' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -s o -l offset -d 'Where to begin in --partition: earliest, latest or an offset [default: latest]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -s P -l formatter-property -d 'A property of the formatter; may be repeated' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l from-beginning -d 'Begin with the oldest record, unless the group has committed how far it is'
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l skip-message-on-error -d 'Go on after a record that cannot be printed'
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l enable-systest-events -d 'Print `shutdown_complete` at the end'
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l yes -d 'Answer yes to every question'
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l no-input -d 'Never ask: fail where there is a question'
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l explain -d 'Print what would be sent to whom, and where each setting comes from; do nothing'
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l quiet -d 'Say nothing on stderr but what failed'
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l help -d 'Print this and exit'
complete -c kaffa -n "__fish_kaffa_using_subcommand consume" -l version -d 'Print the version of Apache Kafka that this mirrors and exit'
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l topic -d 'The topic to read' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l include -d 'Read every topic whose whole name matches this regular expression' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l timeout-ms -d 'Stop when no record came for so many milliseconds [default: never]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l isolation-level -d '`read_uncommitted`, or `read_committed` to leave out what transactions did not commit [default: the former]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l formatter -d 'Class that says how a record is printed: `Default-`, `Logging-`, `NoOp-`, `Offsets-`, `GroupMetadata-` or `TransactionLogMessageFormatter` of `org.apache.kafka.tools.consumer`' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l property -d 'The older name of --formatter-property' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l formatter-config -d 'File of properties of the formatter; --formatter-property wins' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l key-deserializer -d 'Class that reads keys [default: bytes as they are]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l value-deserializer -d 'Class that reads values [default: bytes as they are]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l command-property -d 'A property of the consumer; may be repeated' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l consumer-property -d 'The older name of --command-property' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l command-config -d 'File of properties of the consumer; --command-property wins' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l consumer.config -d 'The older name of --command-config' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l range -d 'Read from A up to B in every partition, or in --partition, without a group: A..B, A.. or ..B, where a place is earliest, latest, an offset, start+N, end-N or @TIME. What is the end is settled at the start' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l last -d 'Print the last N records by their timestamps, without a group, and stop' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l grep -d 'Print only records whose key, value or a header (as `name:value`) matches this regular expression' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l grep-key -d 'Print only records whose key matches' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l grep-value -d 'Print only records whose value matches' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l grep-header -d 'Print only records with a header that matches, as `name:value`' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l output -d 'What stdout looks like: Apache\'s bytes, a table or JSON [default: a table at a terminal, else plain]' -r -f -a "auto\t'Tables at a terminal, plain elsewhere'
plain\t'The bytes of Apache\'s tools'
table\t'Tables for people'
json\t'One JSON document per line'"
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l color -d 'When to use colour' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'"
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l progress -d 'When to show progress on stderr; json says an object a second' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'
json\t'As JSON, one object a second and a last one'"
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l profile -d 'Use the cluster of this profile; see kaffa profile' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l deadline -d 'Give up after this time, whatever is being done: 500ms, 5s, 2m [default: never]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -s b -l bootstrap-server -d 'Brokers to ask for the rest of the cluster, separated by commas' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -s n -l max-messages -d 'Stop after so many records [default: never]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -s g -l group -d 'The group to read with; it remembers how far it is [default: a new one that remembers nothing]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -s p -l partition -d 'Read only this partition of --topic, without a group' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -s o -l offset -d 'Where to begin in --partition: earliest, latest or an offset [default: latest]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -s P -l formatter-property -d 'A property of the formatter; may be repeated' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l from-beginning -d 'Begin with the oldest record, unless the group has committed how far it is'
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l skip-message-on-error -d 'Go on after a record that cannot be printed'
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l enable-systest-events -d 'Print `shutdown_complete` at the end'
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l yes -d 'Answer yes to every question'
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l no-input -d 'Never ask: fail where there is a question'
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l explain -d 'Print what would be sent to whom, and where each setting comes from; do nothing'
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l quiet -d 'Say nothing on stderr but what failed'
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l help -d 'Print this and exit'
complete -c kaffa -n "__fish_kaffa_using_subcommand console-consumer" -l version -d 'Print the version of Apache Kafka that this mirrors and exit'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l validate-regex -d 'Say whether this is a regular expression that brokers understand' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l command-config -d 'File of client properties' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l timeout -d 'Milliseconds to wait for an answer [default: 30000]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l state -d 'Print the state of groups; with --list also: only groups in these states' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l type -d 'Print the type of groups; also: only groups of these types' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l to-offset -d 'To this offset' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l shift-by -d 'By so many records, backwards if negative' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l to-datetime -d 'To the first record of this time or later' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l by-duration -d 'To the first record that is no older than this' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l from-file -d 'To the offsets in this file, as --export prints them' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l undo-file -d 'Where --execute saves the offsets committed before [default, but not for plain output: below `$XDG_STATE_HOME/kaffa/undo`]' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l sort -d 'What comes first: the largest lag or delay, or names in order [default: lag, in a table]' -r -f -a "topic\t'By topic, then partition'
partition\t'By partition, then topic'
lag\t'The largest lag'
behind\t'The longest delay'
owner\t'By what the owner calls itself'"
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l lag -d 'Only partitions with such a lag: \'>1000\', \'>=10k\', \'=0\'' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l by -d 'One row for each of these instead of each partition, in a table' -r -f -a "topic\t'A topic'
member\t'A member'
group\t'A group'"
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l watch -d 'Look again and again until stopped, in a table at a terminal' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l output -d 'What stdout looks like: Apache\'s bytes, a table or JSON [default: a table at a terminal, else plain]' -r -f -a "auto\t'Tables at a terminal, plain elsewhere'
plain\t'The bytes of Apache\'s tools'
table\t'Tables for people'
json\t'One JSON document per line'"
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l color -d 'When to use colour' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'"
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l progress -d 'When to show progress on stderr; json says an object a second' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'
json\t'As JSON, one object a second and a last one'"
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l profile -d 'Use the cluster of this profile; see kaffa profile' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l deadline -d 'Give up after this time, whatever is being done: 500ms, 5s, 2m [default: never]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -s b -l bootstrap-server -d 'Brokers to ask for the rest of the cluster, separated by commas' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -s g -l group -d 'A group; may be repeated' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -s t -l topic -d 'A topic, or some of its partitions; may be repeated' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l list -d 'Print the ids of groups, one per line'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l describe -d 'Print how far groups are, who is in them, and what state they are in'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l delete -d 'Delete groups and all that they committed'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l reset-offsets -d 'Set where groups go on reading; --dry-run, which is the default, only shows it'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l delete-offsets -d 'Delete what a group committed for --topic'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l all-groups -d 'All groups'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l all-topics -d 'All topics that the group has committed for'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l members -d 'Print the members of groups'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l offsets -d 'Print how far groups are; the default'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l verbose -d 'Print more columns'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l to-earliest -d 'To the oldest record'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l to-latest -d 'To the end'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l to-current -d 'To where the group is'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l dry-run -d 'Show what --execute would do'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l execute -d 'Do it'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l export -d 'Print the new offsets as CSV'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l no-undo -d 'Do not save them'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l no-sample -d 'Do not look a second time, a second later, for how fast lag grows or shrinks'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l yes -d 'Answer yes to every question'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l no-input -d 'Never ask: fail where there is a question'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l explain -d 'Print what would be sent to whom, and where each setting comes from; do nothing'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l quiet -d 'Say nothing on stderr but what failed'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l help -d 'Print this and exit'
complete -c kaffa -n "__fish_kaffa_using_subcommand groups" -l version -d 'Print the version of Apache Kafka that this mirrors and exit'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l validate-regex -d 'Say whether this is a regular expression that brokers understand' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l command-config -d 'File of client properties' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l timeout -d 'Milliseconds to wait for an answer [default: 30000]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l state -d 'Print the state of groups; with --list also: only groups in these states' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l type -d 'Print the type of groups; also: only groups of these types' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l to-offset -d 'To this offset' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l shift-by -d 'By so many records, backwards if negative' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l to-datetime -d 'To the first record of this time or later' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l by-duration -d 'To the first record that is no older than this' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l from-file -d 'To the offsets in this file, as --export prints them' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l undo-file -d 'Where --execute saves the offsets committed before [default, but not for plain output: below `$XDG_STATE_HOME/kaffa/undo`]' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l sort -d 'What comes first: the largest lag or delay, or names in order [default: lag, in a table]' -r -f -a "topic\t'By topic, then partition'
partition\t'By partition, then topic'
lag\t'The largest lag'
behind\t'The longest delay'
owner\t'By what the owner calls itself'"
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l lag -d 'Only partitions with such a lag: \'>1000\', \'>=10k\', \'=0\'' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l by -d 'One row for each of these instead of each partition, in a table' -r -f -a "topic\t'A topic'
member\t'A member'
group\t'A group'"
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l watch -d 'Look again and again until stopped, in a table at a terminal' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l output -d 'What stdout looks like: Apache\'s bytes, a table or JSON [default: a table at a terminal, else plain]' -r -f -a "auto\t'Tables at a terminal, plain elsewhere'
plain\t'The bytes of Apache\'s tools'
table\t'Tables for people'
json\t'One JSON document per line'"
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l color -d 'When to use colour' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'"
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l progress -d 'When to show progress on stderr; json says an object a second' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'
json\t'As JSON, one object a second and a last one'"
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l profile -d 'Use the cluster of this profile; see kaffa profile' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l deadline -d 'Give up after this time, whatever is being done: 500ms, 5s, 2m [default: never]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -s b -l bootstrap-server -d 'Brokers to ask for the rest of the cluster, separated by commas' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -s g -l group -d 'A group; may be repeated' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -s t -l topic -d 'A topic, or some of its partitions; may be repeated' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l list -d 'Print the ids of groups, one per line'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l describe -d 'Print how far groups are, who is in them, and what state they are in'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l delete -d 'Delete groups and all that they committed'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l reset-offsets -d 'Set where groups go on reading; --dry-run, which is the default, only shows it'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l delete-offsets -d 'Delete what a group committed for --topic'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l all-groups -d 'All groups'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l all-topics -d 'All topics that the group has committed for'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l members -d 'Print the members of groups'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l offsets -d 'Print how far groups are; the default'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l verbose -d 'Print more columns'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l to-earliest -d 'To the oldest record'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l to-latest -d 'To the end'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l to-current -d 'To where the group is'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l dry-run -d 'Show what --execute would do'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l execute -d 'Do it'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l export -d 'Print the new offsets as CSV'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l no-undo -d 'Do not save them'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l no-sample -d 'Do not look a second time, a second later, for how fast lag grows or shrinks'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l yes -d 'Answer yes to every question'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l no-input -d 'Never ask: fail where there is a question'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l explain -d 'Print what would be sent to whom, and where each setting comes from; do nothing'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l quiet -d 'Say nothing on stderr but what failed'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l help -d 'Print this and exit'
complete -c kaffa -n "__fish_kaffa_using_subcommand consumer-groups" -l version -d 'Print the version of Apache Kafka that this mirrors and exit'
complete -c kaffa -n "__fish_kaffa_using_subcommand doctor" -l command-config -d 'File of client properties' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand doctor" -l command-property -d 'A client property; may be repeated' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand doctor" -l output -d 'What stdout looks like: Apache\'s bytes, a table or JSON [default: a table at a terminal, else plain]' -r -f -a "auto\t'Tables at a terminal, plain elsewhere'
plain\t'The bytes of Apache\'s tools'
table\t'Tables for people'
json\t'One JSON document per line'"
complete -c kaffa -n "__fish_kaffa_using_subcommand doctor" -l color -d 'When to use colour' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'"
complete -c kaffa -n "__fish_kaffa_using_subcommand doctor" -l progress -d 'When to show progress on stderr; json says an object a second' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'
json\t'As JSON, one object a second and a last one'"
complete -c kaffa -n "__fish_kaffa_using_subcommand doctor" -l profile -d 'Use the cluster of this profile; see kaffa profile' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand doctor" -l deadline -d 'Give up after this time, whatever is being done: 500ms, 5s, 2m [default: never]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand doctor" -s b -l bootstrap-server -d 'Brokers to ask for the rest of the cluster, separated by commas' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand doctor" -l yes -d 'Answer yes to every question'
complete -c kaffa -n "__fish_kaffa_using_subcommand doctor" -l no-input -d 'Never ask: fail where there is a question'
complete -c kaffa -n "__fish_kaffa_using_subcommand doctor" -l explain -d 'Print what would be sent to whom, and where each setting comes from; do nothing'
complete -c kaffa -n "__fish_kaffa_using_subcommand doctor" -l quiet -d 'Say nothing on stderr but what failed'
complete -c kaffa -n "__fish_kaffa_using_subcommand doctor" -l help -d 'Print this and exit'
complete -c kaffa -n "__fish_kaffa_using_subcommand doctor" -l version -d 'Print the version of Apache Kafka that this mirrors and exit'
complete -c kaffa -n "__fish_kaffa_using_subcommand profile" -l name -d 'The profile\'s name' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand profile" -l command-property -d 'A client property; may be repeated' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand profile" -l name-color -d 'Show the cluster\'s name in red, yellow or green before whatever a person does with it' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand profile" -l output -d 'What stdout looks like: Apache\'s bytes, a table or JSON [default: a table at a terminal, else plain]' -r -f -a "auto\t'Tables at a terminal, plain elsewhere'
plain\t'The bytes of Apache\'s tools'
table\t'Tables for people'
json\t'One JSON document per line'"
complete -c kaffa -n "__fish_kaffa_using_subcommand profile" -l color -d 'When to use colour' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'"
complete -c kaffa -n "__fish_kaffa_using_subcommand profile" -l progress -d 'When to show progress on stderr; json says an object a second' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'
json\t'As JSON, one object a second and a last one'"
complete -c kaffa -n "__fish_kaffa_using_subcommand profile" -l profile -d 'Use the cluster of this profile; see kaffa profile' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand profile" -l deadline -d 'Give up after this time, whatever is being done: 500ms, 5s, 2m [default: never]' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand profile" -s b -l bootstrap-server -d 'Brokers of the cluster, separated by commas' -r -f
complete -c kaffa -n "__fish_kaffa_using_subcommand profile" -l add -d 'Remember a cluster by a name'
complete -c kaffa -n "__fish_kaffa_using_subcommand profile" -l use -d 'Make a profile the one that counts where no server is named'
complete -c kaffa -n "__fish_kaffa_using_subcommand profile" -l list -d 'Print the names of profiles, the current one with a star'
complete -c kaffa -n "__fish_kaffa_using_subcommand profile" -l show -d 'Print what is known of a profile'
complete -c kaffa -n "__fish_kaffa_using_subcommand profile" -l remove -d 'Forget a profile'
complete -c kaffa -n "__fish_kaffa_using_subcommand profile" -l protected -d 'Have the profile\'s name typed before anything is deleted or overwritten'
complete -c kaffa -n "__fish_kaffa_using_subcommand profile" -l yes -d 'Answer yes to every question'
complete -c kaffa -n "__fish_kaffa_using_subcommand profile" -l no-input -d 'Never ask: fail where there is a question'
complete -c kaffa -n "__fish_kaffa_using_subcommand profile" -l explain -d 'Print what would be sent to whom, and where each setting comes from; do nothing'
complete -c kaffa -n "__fish_kaffa_using_subcommand profile" -l quiet -d 'Say nothing on stderr but what failed'
complete -c kaffa -n "__fish_kaffa_using_subcommand profile" -l help -d 'Print this and exit'
complete -c kaffa -n "__fish_kaffa_using_subcommand profile" -l version -d 'Print the version of Apache Kafka that this mirrors and exit'
complete -c kaffa -n "__fish_kaffa_using_subcommand broker" -l host -d 'Address to listen on. Anything but a loopback address lets other hosts in: there is no authentication' -r
complete -c kaffa -n "__fish_kaffa_using_subcommand broker" -l port -d 'Port to listen on; 0 takes a free one' -r
complete -c kaffa -n "__fish_kaffa_using_subcommand broker" -l data-dir -d 'Where topics are kept; made and formatted if it is not there [default: the user\'s data directory]' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand broker" -l config -d 'A server.properties file of Apache Kafka; the options above win where they are given' -r -F
complete -c kaffa -n "__fish_kaffa_using_subcommand broker" -l override -d 'Set one key of the configuration; wins over the file' -r
complete -c kaffa -n "__fish_kaffa_using_subcommand broker" -l ephemeral -d 'Keep topics in a directory that disappears with the broker'
complete -c kaffa -n "__fish_kaffa_using_subcommand broker" -l no-zero-copy -d 'Read fetched records into memory and write them to the socket, instead of letting the kernel send them from the file; for comparing the two'
complete -c kaffa -n "__fish_kaffa_using_subcommand broker" -l ready-json -d 'Print one line of JSON on stdout once clients can connect, and nothing else there'
complete -c kaffa -n "__fish_kaffa_using_subcommand broker" -s h -l help -d 'Print help'
complete -c kaffa -n "__fish_kaffa_using_subcommand broker" -s V -l version -d 'Print version'
complete -c kaffa -n "__fish_kaffa_using_subcommand quickstart" -s h -l help -d 'Print help'
complete -c kaffa -n "__fish_kaffa_using_subcommand quickstart" -s V -l version -d 'Print version'
complete -c kaffa -n "__fish_kaffa_using_subcommand server-start" -l override -d 'Set one key of the configuration; wins over the file' -r
complete -c kaffa -n "__fish_kaffa_using_subcommand server-start" -s h -l help -d 'Print help'
complete -c kaffa -n "__fish_kaffa_using_subcommand server-start" -s V -l version -d 'Print version'
