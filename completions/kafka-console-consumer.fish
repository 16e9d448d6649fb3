complete -c kafka-console-consumer -l topic -d 'The topic to read' -r -f
complete -c kafka-console-consumer -l include -d 'Read every topic whose whole name matches this regular expression' -r -f
complete -c kafka-console-consumer -l partition -d 'Read only this partition of --topic, without a group' -r -f
complete -c kafka-console-consumer -l offset -d 'Where to begin in --partition: earliest, latest or an offset [default: latest]' -r -f
complete -c kafka-console-consumer -l max-messages -d 'Stop after so many records [default: never]' -r -f
complete -c kafka-console-consumer -l timeout-ms -d 'Stop when no record came for so many milliseconds [default: never]' -r -f
complete -c kafka-console-consumer -l group -d 'The group to read with; it remembers how far it is [default: a new one that remembers nothing]' -r -f
complete -c kafka-console-consumer -l isolation-level -d '`read_uncommitted`, or `read_committed` to leave out what transactions did not commit [default: the former]' -r -f
complete -c kafka-console-consumer -l bootstrap-server -d 'Brokers to ask for the rest of the cluster, separated by commas' -r -f
complete -c kafka-console-consumer -l formatter -d 'Class that says how a record is printed: `Default-`, `Logging-`, `NoOp-`, `Offsets-`, `GroupMetadata-` or `TransactionLogMessageFormatter` of `org.apache.kafka.tools.consumer`' -r -f
complete -c kafka-console-consumer -l formatter-property -d 'A property of the formatter; may be repeated' -r -f
complete -c kafka-console-consumer -l property -d 'The older name of --formatter-property' -r -f
complete -c kafka-console-consumer -l formatter-config -d 'File of properties of the formatter; --formatter-property wins' -r -F
complete -c kafka-console-consumer -l key-deserializer -d 'Class that reads keys [default: bytes as they are]' -r -f
complete -c kafka-console-consumer -l value-deserializer -d 'Class that reads values [default: bytes as they are]' -r -f
complete -c kafka-console-consumer -l command-property -d 'A property of the consumer; may be repeated' -r -f
complete -c kafka-console-consumer -l consumer-property -d 'The older name of --command-property' -r -f
complete -c kafka-console-consumer -l command-config -d 'File of properties of the consumer; --command-property wins' -r -F
complete -c kafka-console-consumer -l consumer.config -d 'The older name of --command-config' -r -F
complete -c kafka-console-consumer -l range -d 'Read from A up to B in every partition, or in --partition, without a group: A..B, A.. or ..B, where a place is earliest, latest, an offset, start+N, end-N or @TIME. What is the end is settled at the start' -r -f
complete -c kafka-console-consumer -l last -d 'Print the last N records by their timestamps, without a group, and stop' -r -f
complete -c kafka-console-consumer -l grep -d 'Print only records whose key, value or a header (as `name:value`) matches this regular expression' -r -f
complete -c kafka-console-consumer -l grep-key -d 'Print only records whose key matches' -r -f
complete -c kafka-console-consumer -l grep-value -d 'Print only records whose value matches' -r -f
complete -c kafka-console-consumer -l grep-header -d 'Print only records with a header that matches, as `name:value`' -r -f
complete -c kafka-console-consumer -l output -d 'What stdout looks like: Apache\'s bytes, a table or JSON [default: a table at a terminal, else plain]' -r -f -a "auto\t'Tables at a terminal, plain elsewhere'
plain\t'The bytes of Apache\'s tools'
table\t'Tables for people'
json\t'One JSON document per line'"
complete -c kafka-console-consumer -l color -d 'When to use colour' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'"
complete -c kafka-console-consumer -l progress -d 'When to show progress on stderr; json says an object a second' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'
json\t'As JSON, one object a second and a last one'"
complete -c kafka-console-consumer -l profile -d 'Use the cluster of this profile; see kaffa profile' -r -f
complete -c kafka-console-consumer -l deadline -d 'Give up after this time, whatever is being done: 500ms, 5s, 2m [default: never]' -r -f
complete -c kafka-console-consumer -l from-beginning -d 'Begin with the oldest record, unless the group has committed how far it is'
complete -c kafka-console-consumer -l skip-message-on-error -d 'Go on after a record that cannot be printed'
complete -c kafka-console-consumer -l enable-systest-events -d 'Print `shutdown_complete` at the end'
complete -c kafka-console-consumer -l yes -d 'Answer yes to every question'
complete -c kafka-console-consumer -l no-input -d 'Never ask: fail where there is a question'
complete -c kafka-console-consumer -l explain -d 'Print what would be sent to whom, and where each setting comes from; do nothing'
complete -c kafka-console-consumer -l quiet -d 'Say nothing on stderr but what failed'
complete -c kafka-console-consumer -l help -d 'Print this and exit'
complete -c kafka-console-consumer -l version -d 'Print the version of Apache Kafka that this mirrors and exit'
complete -c kafka-console-consumer.sh -w kafka-console-consumer
