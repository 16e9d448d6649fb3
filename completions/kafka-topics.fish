complete -c kafka-topics -l bootstrap-server -d 'Brokers to ask for the rest of the cluster, separated by commas' -r -f
complete -c kafka-topics -l command-config -d 'File of client properties' -r -F
complete -c kafka-topics -l topic -d 'The topic to create, or a regular expression for the names of existing ones' -r -f
complete -c kafka-topics -l topic-id -d 'The topic to describe, by its id; wins over --topic' -r -f
complete -c kafka-topics -l partitions -d 'How many partitions a new topic has [default: as the broker is set], or an existing one gets' -r -f
complete -c kafka-topics -l replication-factor -d 'On how many brokers a new topic\'s partitions are kept [default: as the broker is set]' -r -f
complete -c kafka-topics -l replica-assignment -d 'Broker ids of every replica: a colon between replicas of a partition, a comma between partitions' -r -f
complete -c kafka-topics -l config -d 'A setting of the new topic; may be repeated' -r -f
complete -c kafka-topics -l delete-config -d 'Without effect since Kafka 4.0; settings are removed with kafka-configs' -r -f
complete -c kafka-topics -l partition-size-limit-per-response -d 'How many partitions to ask for in one request [default: 2000]' -r -f
complete -c kafka-topics -l output -d 'What stdout looks like: Apache\'s bytes, a table or JSON [default: a table at a terminal, else plain]' -r -f -a "auto\t'Tables at a terminal, plain elsewhere'
plain\t'The bytes of Apache\'s tools'
table\t'Tables for people'
json\t'One JSON document per line'"
complete -c kafka-topics -l color -d 'When to use colour' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'"
complete -c kafka-topics -l progress -d 'When to show progress on stderr; json says an object a second' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'
json\t'As JSON, one object a second and a last one'"
complete -c kafka-topics -l profile -d 'Use the cluster of this profile; see kaffa profile' -r -f
complete -c kafka-topics -l deadline -d 'Give up after this time, whatever is being done: 500ms, 5s, 2m [default: never]' -r -f
complete -c kafka-topics -l create -d 'Create the topic, with --partitions, --replication-factor, --replica-assignment and --config'
complete -c kafka-topics -l list -d 'Print the names of topics, one per line'
complete -c kafka-topics -l describe -d 'Print partitions, leaders, replicas and settings of topics'
complete -c kafka-topics -l alter -d 'Give topics more partitions'
complete -c kafka-topics -l delete -d 'Delete topics and all of their records'
complete -c kafka-topics -l if-exists -d 'Do nothing, successfully, when there is no such topic'
complete -c kafka-topics -l if-not-exists -d 'Do nothing, successfully, when the topic exists'
complete -c kafka-topics -l exclude-internal -d 'Leave out the topics that Kafka keeps for itself'
complete -c kafka-topics -l under-replicated-partitions -d 'Only partitions with fewer replicas in sync than they have'
complete -c kafka-topics -l unavailable-partitions -d 'Only partitions without a live leader'
complete -c kafka-topics -l under-min-isr-partitions -d 'Only partitions with fewer replicas in sync than min.insync.replicas'
complete -c kafka-topics -l at-min-isr-partitions -d 'Only partitions with exactly min.insync.replicas in sync'
complete -c kafka-topics -l topics-with-overrides -d 'Only topics with settings that differ from the defaults, without their partitions'
complete -c kafka-topics -l yes -d 'Answer yes to every question'
complete -c kafka-topics -l no-input -d 'Never ask: fail where there is a question'
complete -c kafka-topics -l explain -d 'Print what would be sent to whom, and where each setting comes from; do nothing'
complete -c kafka-topics -l quiet -d 'Say nothing on stderr but what failed'
complete -c kafka-topics -l help -d 'Print this and exit'
complete -c kafka-topics -l version -d 'Print the version of Apache Kafka that this mirrors and exit'
complete -c kafka-topics.sh -w kafka-topics
