# Complain about each line that breaks a rule; fail if one did.

# Two folders know a system: the build chooses between them by name. In src they
# may also tell one system of the kind from another.

BEGIN {
    conditional = "(_WIN32|_WIN64|WIN32|_MSC_VER|__MINGW[0-9A-Z_]*|__CYGWIN__" \
        "|__linux__|__linux|__gnu_linux__|__unix__|__unix|__APPLE__|__MACH__" \
        "|__[A-Za-z]*BSD__|__sun|__ANDROID__|__EMSCRIPTEN__)"
    native_header = "<(sys/|net/|netinet/|arpa/|linux/|ws2|winsock|mswsock" \
        "|windows\\.h|winternl\\.h|afunix\\.h|io\\.h|process\\.h|unistd\\.h" \
        "|errno\\.h|fcntl\\.h|poll\\.h|pthread\\.h|netdb\\.h|signal\\.h" \
        "|dlfcn\\.h|sched\\.h|ifaddrs\\.h)"
    native_name = "(errno|WSA[A-Z][A-Za-z]*|GetLastError|SOCKET|HANDLE|DWORD)"
    banned = "(sprintf|vsprintf|strcpy|strcat|strtok|gets|atoi|atol|atof" \
        "|inet_ntoa|inet_addr|gethostbyname|gethostbyaddr|select|WSAPoll" \
        "|FD_SET|signal|alloca)"
}

function complain(what) {
    printf "%s:%d: %s\n", FILENAME, FNR, what
    bad++
}

# The line without comments and string literals. "commented" outlives the line.
function code_of(line,    out, c, two, quote) {
    out = ""
    quote = ""
    while (line != "") {
        c = substr(line, 1, 1)
        two = substr(line, 1, 2)
        if (commented) {
            if (two == "*/") {
                commented = 0
                line = substr(line, 2)
            }
        } else if (quote != "") {
            if (c == "\\")
                line = substr(line, 2)
            else if (c == quote)
                quote = ""
        } else if (two == "//") {
            break
        } else if (two == "/*") {
            commented = 1
            line = substr(line, 2)
        } else if (c == "\"" || c == "'") {
            quote = c
            out = out c c
        } else {
            out = out c
        }
        line = substr(line, 2)
    }
    return out
}

# Whether the identifiers of the pattern occur as whole words before "behind".
function has_word(line, pattern, behind) {
    return (" " line " ") ~ ("[^A-Za-z0-9_]" pattern behind)
}

# Characters of UTF-8 text: its bytes, but those that continue a character.
function columns(line) {
    gsub(/[\200-\277]/, "", line)
    return length(line)
}

FNR == 1 {
    chosen = FILENAME ~ /^(src|tests|bench)\/(posix|win32)\//
    backend = FILENAME ~ /^src\/(posix|win32)\//
    commented = 0
    start = 0
}

FNR == 601 && FILENAME !~ /^include\// { complain("more than 600 lines") }
columns($0) > 80 { complain("more than 80 columns") }
/\t/ { complain("a tab") }
/[ \t]$/ { complain("blanks at the end of the line") }

{ code = code_of($0) }

!backend && has_word(code, conditional, "[^A-Za-z0-9_]") {
    complain("a platform conditional")
}

!chosen && $0 ~ ("^ *# *include *" native_header) {
    complain("a header of the system")
}

!chosen && has_word(code, native_name, "[^A-Za-z0-9_]") {
    complain("a name of the system: " code)
}

has_word(code, banned, " *\\(") { complain("a banned function: " code) }

# A function: from a brace in the first column to the next that closes.
/^\{/ { start = FNR }
/^\}/ {
    if (start && FNR - start - 1 > 60)
        complain("a function of " (FNR - start - 1) " lines")
    start = 0
}

END { exit bad > 0 }
