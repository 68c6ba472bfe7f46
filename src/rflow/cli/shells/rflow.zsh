#compdef rflow
# Completion of rflow in zsh. rflow prints a line for each word: the word, a tab, its meaning. compadd quotes the words.
_rflow() {
    local line word meaning
    local -a typed offered shown
    typed=("${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}")
    for line in "${(@f)$(
        _RFLOW_COMPLETE=zsh _RFLOW_WORDS="${(F)typed}"$'\n' command rflow 2>/dev/null </dev/null
    )}"; do
        [[ -n $line ]] || continue
        word="${line%%$'\t'*}" meaning="${line#*$'\t'}"
        offered+=("$word")
        shown+=("${${:-$word${meaning:+  -- $meaning}}//\%/%%}") # compadd reads a percent sign as the start of a style
    done
    if (( $#offered )); then
        compadd -V rflow -l -d shown -a -- offered
    else
        _files
    fi
}

if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then
    _rflow "$@"
else
    compdef _rflow rflow
fi
