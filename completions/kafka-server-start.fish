complete -c kafka-server-start -l override -d 'Set one key of the configuration; wins over the file' -r
complete -c kafka-server-start -s h -l help -d 'Print help'
complete -c kafka-server-start -s V -l version -d 'Print version'
complete -c kafka-server-start.sh -w kafka-server-start
