#compdef NAMES
# Completion of NAMES in zsh: what a word can become is for kaffa to say. Made by `kaffa generate`.
FUNCTION() {
  local line value
  local -a values shown open open_shown
  for line in "${(@f)$(kaffa complete -- "${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}" 2> /dev/null)}"; do
    value=${line%%$'\t'*}
    case $value in
      '') ;;
      '<file>') compset -P '*='; _files; return ;;
      *[:=]) open+=("$value"); open_shown+=("$value  ${line#*$'\t'}") ;;
      *) values+=("$value"); shown+=("$value  ${line#*$'\t'}") ;;
    esac
  done
  compadd -l -d shown -a values
  compadd -S '' -l -d open_shown -a open
}
if [[ $funcstack[1] == FUNCTION ]]; then FUNCTION "$@"; else compdef FUNCTION NAMES; fi
