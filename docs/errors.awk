# Write the page of errors, of the list in the header and of the maps from
# native codes, which have the same names on each side.

function intro() {
    print "# Errors"
    print ""
    print "The numbers are Winsock's on every system, and Win32's where Winsock has none of"
    print "its own: 2, 8, 995. They are frozen: rows are added, never renumbered, never"
    print "reused. Names have `IDEM_` before them in C; `idem_error_name()` and"
    print "`idem_strerror()` give name and text."
    print ""
    print "Python is the exception that Python raises for the situation. POSIX and Windows"
    print "are the native codes that become the error; `idem_native_error()` tells them, for"
    print "logs. On Windows the number itself is one of them. A native code without a row is"
    print "10107, and a bug: please report it."
    print ""
    print "This page is made by `docs/generate.sh`."
    print ""
    print "| number | name | text | Python | POSIX | Windows |"
    print "|---|---|---|---|---|---|"
}

# A native code of a system that becomes an error.
function add(side, native, name,    at) {
    if (!(name in number)) {
        print "errors.awk: " native " becomes " name "?" | "cat >&2"
        exit 1
    }
    at = side SUBSEP name
    codes[at] = codes[at] (codes[at] == "" ? "" : ", ") native
    moved[side, native] = number[name]
}

function or_dash(text) {
    return text == "" ? "–" : text
}

# X(name, number, "Python", "text") of the list.
/^    X\([A-Z_]+, +[0-9]+, "/ {
    split($0, quoted, "\"")
    name = $1
    gsub(/X\(|,/, "", name)
    value = $2
    sub(/,/, "", value)
    order[++count] = name
    number[name] = value
    python[name] = quoted[2]
    text[name] = quoted[4]
}

# X(native, IDEM_name) of a map.
/^    X\([A-Z_]+, +IDEM_[A-Z_]+\)/ {
    native = $1
    gsub(/X\(|,/, "", native)
    name = $2
    gsub(/IDEM_|\)/, "", name)
    add(FILENAME ~ /win32/ ? "win32" : "posix", native, name)
}

# A case of the resolver, and what it returns.
/^ +(case EAI_|default: .*EAI_)/ && match($0, /EAI_[A-Z_]+/) {
    pending = substr($0, RSTART, RLENGTH)
}
/idem_os_fail\(native, IDEM_/ && pending != "" {
    match($0, /IDEM_[A-Z_]+/)
    add("posix", pending, substr($0, RSTART + 5, RLENGTH - 5))
    pending = ""
}

END {
    intro()
    for (i = 1; i <= count; i++) {
        name = order[i]
        windows = codes["win32", name]
        if (("win32", "WSA" name) in moved)
            windows = "becomes " moved["win32", "WSA" name]
        else if (number[name] > 0)
            windows = number[name] (windows == "" ? "" : ", " windows)
        printf "| %s | %s | %s | %s | %s | %s |\n", number[name], name, \
            text[name], (python[name] == "-" ? "–" : python[name]), \
            or_dash(codes["posix", name]), or_dash(windows)
    }
}
