# Compare logs of the matrix. Lines of a log:
#     ROW v4 stream connected recv 10035 0
#     LEFT v4 stream reset recv W-1: why it was left out
#     NONE v4 stream data recv_more why there is no result
# and, at its very end, "PASS matrix: ...".

function give_up(what) {
    print "compare: " what
    failed = 1
    exit 1
}

# The end of the log before this line.
function end_log() {
    if (!complete[log_name])
        give_up(log_name " is not complete")
}

# The name of a platform, from the path of its log.
function platform(path) {
    sub(/^.*\//, "", path)
    sub(/^matrix-/, "", path)
    sub(/\.log$/, "", path)
    return path
}

FNR == 1 {
    if (log_name != "")
        end_log()
    log_name = platform(FILENAME)
    if (log_name in rows)
        give_up("two logs of " log_name)
    rows[log_name] = left[log_name] = 0
    names[++platforms] = log_name
}

{ sub(/\r$/, "") }

/^PASS matrix: / { complete[log_name] = 1 }

$1 == "ROW" || $1 == "LEFT" || $1 == "NONE" {
    key = $2 " " $3 " " $4 " " $5
    if (!(key in known)) {
        known[key] = ++keys
        key_at[keys] = key
    }
    if (seen[key]++ != platforms - 1)
        give_up(key ": " log_name " has it twice, or another log has not")
}

$1 == "LEFT" {
    left[log_name]++
    sub(/:$/, "", $6)
    gap = log_name SUBSEP $6
    if (!gaps[gap]++)
        reasons[log_name] = reasons[log_name] " " $6
}

$1 == "ROW" {
    rows[log_name]++
    result = $6 " " $7
    if (!(key in want)) {
        want[key] = result
        first[key] = log_name
    } else if (want[key] != result) {
        print key
        print "    " first[key] ": " want[key]
        print "    " log_name ": " result
        give_up("a difference")
    }
}

$1 == "NONE" { without[key] = 1 }

END {
    if (failed)
        exit 1
    end_log()
    printf "%-20s %6s %8s\n", "platform", "rows", "left out"
    for (i = 1; i <= platforms; i++) {
        name = names[i]
        printf "%-20s %6d %8d", name, rows[name], left[name]
        count = split(reasons[name], list, " ")
        for (k = 1; k <= count; k++)
            printf "%s %s %d", (k > 1 ? "," : "  "), list[k], \
                gaps[name, list[k]]
        printf "\n"
    }
    for (i = 1; i <= keys; i++) {
        if (seen[key_at[i]] != platforms)
            give_up(key_at[i] ": a log has not")
        if (!(key_at[i] in want) && !(key_at[i] in without))
            give_up(key_at[i] ": nobody has run it")
        agreed += key_at[i] in want
    }
    printf "compare: %d rows, on %d platforms, no difference\n", agreed, \
        platforms
}
