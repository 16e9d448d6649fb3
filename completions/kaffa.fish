# Completion of kaffa in fish: what a word can become is for kaffa to say. Made by `kaffa generate`.
function _kaffa
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
for name in kaffa
    complete -c $name -f -a '(_kaffa)'
end
