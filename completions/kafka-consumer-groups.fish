# Completion of kafka-consumer-groups kafka-consumer-groups.sh in fish: what a word can become is for kaffa to say. Made by `kaffa generate`.
function _kafka-consumer-groups
    for line in (kaffa complete -- (commandline -opc) (commandline -ct) 2> /dev/null)
        if string match -q '<file>*' -- $line
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
for name in kafka-consumer-groups kafka-consumer-groups.sh
    complete -c $name -f -a '(_kafka-consumer-groups)'
end
