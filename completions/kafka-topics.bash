# Completion of kafka-topics kafka-topics.sh in bash: what a word can become is for kaffa to say. Made by `kaffa generate`.
_kafka-topics() {
  local i line=${COMP_LINE:0:COMP_POINT} rest word words=() at=-1 breaks= value about lead
  # bash has cut words at : and =; they are put together again.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    rest=${line#"${line%%[![:blank:]]*}"}
    word=${COMP_WORDS[i]}
    ((i == COMP_CWORD)) && word=$rest
    if ((at < 0)) || [[ $rest != "$line" ]]; then words[++at]=$word; else words[at]+=$word; fi
    line=${rest#"$word"}
  done
  # Only what stands behind the last cut is replaced.
  [[ $COMP_WORDBREAKS == *:* ]] && breaks+=:
  [[ $COMP_WORDBREAKS == *=* ]] && breaks+==
  word=${words[at]}
  [[ $breaks ]] && lead=${word%"${word##*[$breaks]}"}
  COMPREPLY=()
  while IFS=$'\t' read -r value about; do
    if [[ $value == '<file>' ]]; then compopt -o default; else COMPREPLY+=("${value#"$lead"}"); fi
  done < <(kaffa complete -- "${words[@]}" 2> /dev/null)
  [[ ${COMPREPLY[0]} == *[:=] ]] && compopt -o nospace
}
complete -F _kafka-topics kafka-topics kafka-topics.sh
