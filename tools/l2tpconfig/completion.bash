# bash completion of l2tpconfig: the program itself knows what may follow.
_l2tpconfig()
{
    local line=${COMP_LINE:0:COMP_POINT} current=${COMP_WORDS[COMP_CWORD]} word
    local -a options=()
    line=${line#"${line%%[![:space:]]*}"}
    line=${line#* }
    # Options before the command are options here, too.
    while [[ $line == -* ]]; do
        word=${line%%[[:space:]]*}
        case $word in
            "$line")
                COMPREPLY=($(compgen -W "-q -t -R -h --quiet --tcp --remote --json --secrets --help --version" -- "$line"))
                return ;;
            -R|--remote)
                line=${line#* }
                [[ $line == *\ * ]] || return
                options+=(-R "${line%% *}") ;;
            -t|--tcp) options+=(-t) ;;
        esac
        line=${line#* }
    done
    local IFS=$'\n'
    COMPREPLY=($("${COMP_WORDS[0]}" "${options[@]}" --complete "$line" 2>/dev/null))
    # bash breaks words at =, and replaces what follows it alone.
    word=${line##*[[:space:]]}
    if [[ $word == *=* && $COMP_WORDBREAKS == *=* ]]; then
        COMPREPLY=("${COMPREPLY[@]#*=}")
    fi
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
}
complete -F _l2tpconfig l2tpconfig
