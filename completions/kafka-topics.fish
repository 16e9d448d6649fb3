# Completion of kafka-topics kafka-topics.sh in fish: what a word can become is for kaffa to say. Made by `kaffa generate`.
function _kafka-topics
    set -l word (commandline -ct)
    for line in (kaffa complete -- (commandline -opc) $word 2> /dev/null)
        if string match -q '<file>*' -- $line
            set -l lead (string match -r -- '^-[^=]*=' $word)
            for path in (complete -C "'' "(string replace -- "$lead" '' $word))
                echo "$lead$path"
            end
        else
            echo $line
        end
    end
end
for name in kafka-topics kafka-topics.sh
    complete -c $name -f -a '(_kafka-topics)'
end
