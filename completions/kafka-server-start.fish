# Completion of kafka-server-start kafka-server-start.sh in fish: what a word can become is for kaffa to say. Made by `kaffa generate`.
function _kafka-server-start
    for line in (kaffa complete -- (commandline -opc) (commandline -ct) 2> /dev/null)
        if string match -q '<file>*' -- $line
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
for name in kafka-server-start kafka-server-start.sh
    complete -c $name -f -a '(_kafka-server-start)'
end
