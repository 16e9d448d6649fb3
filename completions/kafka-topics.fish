# Completion of kafka-topics kafka-topics.sh in fish: what a word can become is for kaffa to say. Made by `kaffa generate`.
function _kafka-topics
    for line in (kaffa complete -- (commandline -opc) (commandline -ct) 2> /dev/null)
        if string match -q '<file>*' -- $line
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
for name in kafka-topics kafka-topics.sh
    complete -c $name -f -a '(_kafka-topics)'
end
