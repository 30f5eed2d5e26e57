# Write the page of answers, of tests/answers.txt, which explains itself.

# "a.b, c.*" becomes "`a.b`, `c.*`".
function tests(list) {
    gsub(/, */, "`, `", list)
    return "`" list "`"
}

# A table begins with its first row.
function head(names, line) {
    if (!in_table) {
        print names
        print line
    }
    in_table = 1
}

/^;/ { next }

!begun && $0 == "" { next }
{ begun = 1 }

/\|/ {
    bars = split($0, field, / *\| */) - 1
    if (bars == 5) {
        head("| situation | answer | Linux | Windows | test |", \
            "|---|---|---|---|---|")
        gap = field[6] == "" ? "" : " (" field[6] ")"
        printf "| %s | %s | %s | %s | %s%s |\n", field[1], field[2], \
            field[3], field[4], tests(field[5]), gap
        next
    }
    if (bars == 1) {
        head("| gap | test |", "|---|---|")
        printf "| %s | %s |\n", field[1], tests(field[2])
        next
    }
    printf "answers.txt:%d: %d bars\n", FNR, bars | "cat >&2"
    exit 1
}

{
    in_table = 0
    print
}
