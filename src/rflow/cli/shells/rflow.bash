# Completion of rflow in bash. Each line that rflow prints is put on the command line as it is: it is quoted already.
_rflow_complete() {
    local line typed="${COMP_LINE:0:COMP_POINT}"
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <(_RFLOW_COMPLETE=bash _RFLOW_WORDS="$typed"$'\n'"$2"$'\n' command rflow 2>/dev/null </dev/null)
}

complete -o default -F _rflow_complete rflow
