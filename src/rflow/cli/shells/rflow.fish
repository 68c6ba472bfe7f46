# Completion of rflow in fish. rflow prints a line for each word: the word, a tab, its meaning. fish quotes the words.
function __rflow_complete
    set -l words (commandline -xpc 2>/dev/null; or commandline -opc)
    set -l current (commandline -ct)
    set -e words[1]
    set -a words "$current"
    set -l offered (env _RFLOW_COMPLETE=fish _RFLOW_WORDS=(string join \n -- $words | string collect -N) rflow 2>/dev/null </dev/null)
    if set -q offered[1]
        printf '%s\n' $offered
    else
        __fish_complete_path "$current"
    end
end

complete --command rflow --no-files --keep-order --arguments '(__rflow_complete)'
