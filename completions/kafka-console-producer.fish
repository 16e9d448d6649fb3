complete -c kafka-console-producer -l topic -d 'The topic to write to' -r -f
complete -c kafka-console-producer -l bootstrap-server -d 'Brokers to ask for the rest of the cluster, separated by commas' -r -f
complete -c kafka-console-producer -l compression-codec -d 'none, gzip, snappy, lz4 or zstd [default: none; gzip if no codec is named]' -r -f
complete -c kafka-console-producer -l batch-size -d 'Bytes of records of a partition to gather before sending them [default: 16384]' -r -f
complete -c kafka-console-producer -l max-partition-memory-bytes -d 'Another name for --batch-size' -r -f
complete -c kafka-console-producer -l message-send-max-retries -d 'How often to send a batch again [default: 3]' -r -f
complete -c kafka-console-producer -l retry-backoff-ms -d 'Milliseconds before sending a batch again [default: 100]' -r -f
complete -c kafka-console-producer -l timeout -d 'Milliseconds that a record may wait for others to share its batch [default: 1000]' -r -f
complete -c kafka-console-producer -l request-required-acks -d 'Who must have a record before it counts: 0 nobody, 1 the leader, all or -1 every in-sync replica [default: -1]' -r -f
complete -c kafka-console-producer -l request-timeout-ms -d 'Milliseconds to wait for an answer [default: 1500]' -r -f
complete -c kafka-console-producer -l metadata-expiry-ms -d 'Milliseconds after which to ask again who leads which partition [default: 300000]' -r -f
complete -c kafka-console-producer -l max-block-ms -d 'Milliseconds to wait for the topic to be known and for buffers to empty [default: 60000]' -r -f
complete -c kafka-console-producer -l max-memory-bytes -d 'Bytes of records that may wait to be sent [default: 33554432]' -r -f
complete -c kafka-console-producer -l socket-buffer-size -d 'Bytes of a socket\'s send buffer [default: as the system chooses]' -r -f
complete -c kafka-console-producer -l line-reader -d 'Class of the reader; only the built-in line reader exists here' -r -f
complete -c kafka-console-producer -l reader-property -d 'A property of the line reader; may be repeated' -r -f
complete -c kafka-console-producer -l property -d 'The older name of --reader-property' -r -f
complete -c kafka-console-producer -l reader-config -d 'File of properties of the line reader; --reader-property wins' -r -F
complete -c kafka-console-producer -l command-property -d 'A property of the producer; may be repeated' -r -f
complete -c kafka-console-producer -l producer-property -d 'The older name of --command-property' -r -f
complete -c kafka-console-producer -l command-config -d 'File of properties of the producer; --command-property wins' -r -F
complete -c kafka-console-producer -l producer.config -d 'The older name of --command-config' -r -F
complete -c kafka-console-producer -l input -d 'What a line is: text, or a record in JSON as `kafka-console-consumer --output json` writes it' -r -f -a "lines\t'What the line reader makes of it'
json\t'A record in JSON'"
complete -c kafka-console-producer -l on-error -d 'What to do about a record that cannot be written: stop, skip, or file=PATH to add its line to a file and go on [default: stop if a person is there, else log it and go on as the original does]' -r -f
complete -c kafka-console-producer -l resume -d 'Begin where this checkpoint says, if it exists, and keep it up to date; standard input must be a file' -r -F
complete -c kafka-console-producer -l output -d 'What stdout looks like: Apache\'s bytes, a table or JSON [default: a table at a terminal, else plain]' -r -f -a "auto\t'Tables at a terminal, plain elsewhere'
plain\t'The bytes of Apache\'s tools'
table\t'Tables for people'
json\t'One JSON document per line'"
complete -c kafka-console-producer -l color -d 'When to use colour' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'"
complete -c kafka-console-producer -l progress -d 'When to show progress on stderr; json says an object a second' -r -f -a "auto\t'At a terminal'
always\t'Also elsewhere'
never\t'Not even there'
json\t'As JSON, one object a second and a last one'"
complete -c kafka-console-producer -l profile -d 'Use the cluster of this profile; see kaffa profile' -r -f
complete -c kafka-console-producer -l deadline -d 'Give up after this time, whatever is being done: 500ms, 5s, 2m [default: never]' -r -f
complete -c kafka-console-producer -l sync -d 'Wait for each record to be acknowledged before sending the next; stop at the first that is not'
complete -c kafka-console-producer -l keep-partitions -d 'With --input json: write each record to the partition it came from [default: to that of its key]'
complete -c kafka-console-producer -l yes -d 'Answer yes to every question'
complete -c kafka-console-producer -l no-input -d 'Never ask: fail where there is a question'
complete -c kafka-console-producer -l explain -d 'Print what would be sent to whom, and where each setting comes from; do nothing'
complete -c kafka-console-producer -l quiet -d 'Say nothing on stderr but what failed'
complete -c kafka-console-producer -l help -d 'Print this and exit'
complete -c kafka-console-producer -l version -d 'Print the version of Apache Kafka that this mirrors and exit'
complete -c kafka-console-producer.sh -w kafka-console-producer
