"""What was measured, as a page with tables and a picture."""

import os
import statistics

import plan
import picture

CALM = 0.05   # a round is calm while others take no more of the processors
NOISE = 0.03  # a time counts when the control is as near to the reference
CLOCK = "processor"

PLACES = {
    "notready": "one processor, nobody interrupts",
    "same": "one processor, the server interrupts",
    "cross": "two processors",
}


class Measured:
    """The figures of one run."""

    def __init__(self, raw):
        self.raw = raw
        self.titles = dict(raw["programs"])
        self.rows = {key: title for key, title, _ in raw["rows"]}
        self.places = {key: place for key, _, place in raw["rows"]}

    def rounds(self, row):
        """The calmest rounds."""
        found = sorted(self.raw["times"].get(row, []),
                       key=lambda r: r["others"])
        return found[:self.raw["rounds"]]

    def results(self, row, program, clock=CLOCK):
        return [r["results"][program][clock] for r in self.rounds(row)
                if clock in r["results"].get(program, {})]

    def ratios(self, row, program, clock=CLOCK):
        """To the reference, each of two runs of one round."""
        return [r["results"][program][clock]
                / r["results"][plan.REFERENCE][clock]
                for r in self.rounds(row) if program in r["results"]]

    def quartiles(self, row, program, clock=CLOCK):
        """First quartile, median, third; or None."""
        ratios = self.ratios(row, program, clock)
        if len(ratios) < 2:
            return None
        return statistics.quantiles(ratios, n=4, method="inclusive")

    def is_noisy(self, row):
        control = self.quartiles(row, plan.CONTROL)
        return control is None or abs(control[1] - 1) > NOISE

    def figure(self, row, program, what):
        """A number, or None. Some are of no row, and ours."""
        if what in ("calls", "instructions"):
            return self.raw["counts"].get(row, {}).get(program, {}).get(what)
        return getattr(self, what)(row, program)

    def time(self, row, program):
        quartiles = self.quartiles(row, program)
        return quartiles and quartiles[1]

    def beyond(self, row, program):
        ours = self.figure(row, program, "instructions")
        bare = self.figure(row, plan.REFERENCE, "instructions")
        return None if ours is None or bare is None else ours - bare

    def growth(self, row, program):
        few = self.results("crowd100", program)
        many = self.results(row, program)
        if not few or not many:
            return None
        return statistics.median(many) / statistics.median(few)

    def memory(self, _, program):
        """Bytes of a server for each connection."""
        few = self.results("crowd100", program, "memory")
        many = self.results("crowd10000", program, "memory")
        if not few or not many:
            return None
        return (statistics.median(many) - statistics.median(few)) / 9900

    def lateness(self, pick, which):
        found = [pick(late) for ms, late in self.raw["expiry"].items()
                 if which(int(ms))]
        return max(found) if found else None

    def early(self, *_):
        first = self.lateness(lambda late: -late[0], lambda ms: True)
        return None if first is None else max(first, 0.0)

    def late(self, *_):
        return self.lateness(lambda late: late[1], lambda ms: ms < 50)

    def late50(self, *_):
        return self.lateness(lambda late: late[1], lambda ms: ms >= 50)

    def start(self, program, what):
        found = self.raw["start"]
        if what not in found.get(program, {}):
            return None
        return found[program][what] - found[plan.REFERENCE][what]

    def start_calls(self, _, program):
        return self.start(program, "calls")

    def start_instructions(self, _, program):
        return self.start(program, "instructions")

    def text(self, *_):
        return self.raw.get("text")

    def others(self, row):
        return statistics.median(r["others"] for r in self.rounds(row))


# ---- Tables -----------------------------------------------------------------

DIGITS = {"time": 3, "growth": 3, "calls": 2, "early": 1, "late": 1,
          "late50": 1}


def text_of(value, what):
    return "" if value is None else f"{value:,.{DIGITS.get(what, 0)}f}"


def cell(measured, row, program, what):
    """The figure; of a time, the quartiles, too."""
    text = text_of(measured.figure(row, program, what), what)
    if what != "time" or not text or program == plan.REFERENCE:
        return text
    q1, _, q3 = measured.quartiles(row, program)
    text += f" ({q1:.2f}–{q3:.2f})"
    return text + " ?" if measured.is_noisy(row) else text


def lined(heads, rows):
    """Lines of a table in Markdown, the first column to the left."""
    return ["| " + " | ".join(heads) + " |",
            "|---|" + "--:|" * (len(heads) - 1),
            *("| " + " | ".join(row) + " |" for row in rows), ""]


def titled(title, heads, rows):
    return [f"### {title}", "", *lined(heads, rows)] if rows else []


def table(measured, title, what, rows):
    """None when nothing of it was measured."""
    rows = [r for r in rows if any(
        measured.figure(r, p, what) is not None for p in measured.titles)]
    found = []
    for program, name in measured.titles.items():
        cells = [cell(measured, r, program, what) for r in rows]
        if any(cells):
            found.append([f"**{c}**" if c and program == plan.OURS else c
                          for c in (name, *cells)])
    return titled(title, ["", *(measured.rows[r] for r in rows)], found)


def memory_table(measured):
    found = [[name, text_of(measured.memory("", p), "memory")]
             for p, name in measured.titles.items()
             if measured.memory("", p) is not None and p != plan.CONTROL]
    return titled("Many connections, the server: memory for each",
                  ["", "bytes"], found)


def start_table(measured):
    whats = ["calls", "instructions"]
    found = [[name, *(text_of(measured.start(p, w), "beyond") for w in whats)]
             for p, name in measured.titles.items()
             if p in measured.raw["start"] and p != plan.REFERENCE]
    return titled("A program that starts and does nothing, beyond the bare one",
                  ["", "system calls", "user instructions"], found)


def expiry_table(measured):
    found = [[ms, f"{first:.1f} to {last:.1f}"]
             for ms, (first, last) in measured.raw["expiry"].items()]
    return titled("How late a timeout ends a receive",
                  ["timeout, ms", "late, ms"], found)


WORDS = {"time": "time", "calls": "system calls",
         "beyond": "instructions beyond the bare calls",
         "memory": "bytes for each connection",
         "growth": "time, to that with a hundred",
         "early": "a timeout: ms early at most",
         "late": "a timeout below 50 ms: ms late at most",
         "late50": "another timeout: ms late at most",
         "start_calls": "system calls of a start beyond the bare one",
         "start_instructions": "instructions of a start beyond the bare one",
         "text": "bytes of the static library's code and constants"}
EXACT = 1.01  # counts are exact but for what happens now and then


def verdict(measured, gate, value):
    slack = EXACT if gate.what == "calls" else 1
    if round(value, DIGITS.get(gate.what, 0)) <= gate.limit * slack:
        said = "holds"
    elif gate.limit:
        over = value / gate.limit
        said = (f"**missed** by {over - 1:.1%}" if over < 2
                else f"**missed**, {over:.1f} times")
    else:
        said = "**missed**"
    noisy = gate.what in ("time", "growth") and measured.is_noisy(gate.row)
    return f"{said}, but noisy" if noisy else said


def gates_table(measured):
    found = []
    for g in plan.GATES:
        value = measured.figure(g.row, plan.OURS, g.what)
        if value is not None:
            found.append([g.number, measured.rows.get(g.row, ""), WORDS[g.what],
                          f"{g.limit:,g}", text_of(value, g.what),
                          verdict(measured, g, value)])
    return found


def rows_table(measured):
    """Where, how long, and how calm."""
    found = []
    for row, title in measured.rows.items():
        if not measured.rounds(row):
            continue
        ns = statistics.median(measured.results(row, plan.REFERENCE))
        control = measured.quartiles(row, plan.CONTROL)
        spread = "–".join(f"{c:.3f}" for c in control[::2]) if control else ""
        found.append([title, PLACES[measured.places[row]], f"{ns:,.0f}",
                      str(len(measured.rounds(row))), spread,
                      f"{measured.others(row):.0%}"])
    return titled("The measurements", ["", "where", "ns, bare calls", "rounds",
                                       "control, quartiles",
                                       "taken by others"], found)


def tables(measured):
    lines = []
    for title, what, rows in plan.TABLES:
        lines += table(measured, title, what,
                       [r for r in rows if r in measured.rows])
    for one in (memory_table, start_table, expiry_table, rows_table):
        lines += one(measured)
    return lines


# ---- The page ---------------------------------------------------------------

INTRODUCTION = """\
# Performance

What the library costs beside the bare system calls and beside other libraries,
all measured in one run by one command, which installs what it needs:

```sh
bench/compare.sh          # writes this page
bench/compare.sh --quick  # some three minutes, for a first impression
bench/wine.sh             # the same under Wine, against bare Winsock calls
```

![The time of an operation, in bars](performance.svg)

Every program does the same work, with a timeout of 5 seconds on every call that
may wait, but for the bare calls, which have none and are the measure. Their
timeouts would cost extra: "SO_RCVTIMEO" is the cheapest way, "try then poll" the
usual one. Client and server are processes of their own, with one thread each,
and where only one end is compared, the bare calls are the other. In a process
with more threads each call of the library locks the memory twice, which is some
11 ns.

**Time** is processor time, user and system, of both ends, as a ratio to that of
the bare calls: each program runs once in a round, in shuffled order, and the
ratio is taken within the round. The figure is the median, with the quartiles in
brackets. Where there are many connections it begins when they stand. The control
is the bare calls once more: a row where it is off by more than 3 % is marked with
"?", and proves nothing. **System calls** and **user instructions** are counted,
by strace and callgrind, as the difference of a long and a short run; they are the
same on any day. Fewer is better, everywhere.
"""

GATES = """\
## The gates

What this library set out to reach, from the limits of what was measured before
there was a line of it, and what it came to.
"""

UNMEASURED = [
    ["16", "spinning before a wait, for those who ask", "time", "1.03", "",
     "not offered"],
]


def load(average):
    if average is None:
        return ""
    return (f"The load was {average:.1f} when the times began; the last table "
            "of figures tells what others took of the processors.")


WINE = """\
## Under Wine

Figures of Wine say little about Windows: they guard against a way to wait that
is dear. Time is that of the client, of Wine's server and of the native server;
the calls are Linux's, of the first two. In the second table the library serves
a native client: time is its own and that of Wine's server.
"""


def wine(path):
    """The table that wine.sh left, if it did."""
    if not os.path.exists(path):
        return []
    with open(path) as f:
        return [*WINE.splitlines(), "", *f.read().splitlines(), ""]


def page(measured, wine_table):
    m = measured.raw["machine"]
    heads = ["gate", "workload", "figure", "at most", "measured", ""]
    return [
        *INTRODUCTION.splitlines(), "",
        f"Measured on {m['date']}, on {m['processors']} processors "
        f"({m['processor']}) with Linux {m['kernel']} and Debian's packages. "
        + load(measured.raw["load"]), "",
        "## The figures", "", *tables(measured),
        *GATES.splitlines(), "",
        *lined(heads, gates_table(measured) + UNMEASURED),
        *wine(wine_table)]


# ---- All of it --------------------------------------------------------------

def tsv(measured):
    """Every figure, one program and measurement a line."""
    heads = ["measurement", "program", "calls", "instructions"]
    for clock in "wall", "processor":
        heads += [f"{clock}_ns", f"{clock}_q1", f"{clock}_ratio",
                  f"{clock}_q3"]
    lines = ["\t".join(heads)]
    for row in measured.rows:
        for program in measured.titles:
            values = [measured.figure(row, program, "calls"),
                      measured.figure(row, program, "instructions")]
            for clock in "wall", "processor":
                ns = measured.results(row, program, clock)
                values += [statistics.median(ns) if ns else None]
                values += measured.quartiles(row, program, clock) or [None] * 3
            if any(v is not None for v in values):
                lines.append("\t".join([row, program] + [
                    "" if v is None else f"{v:.4f}" for v in values]))
    return lines


def write(raw, output, pages):
    """Leave all of it in one directory, and the page in another, unless it is
    None: not all was measured."""
    measured = Measured(raw)
    with open(f"{output}/comparison.tsv", "w") as f:
        f.write("\n".join(tsv(measured)) + "\n")
    lines = page(measured, f"{output}/wine.md")
    for place in filter(None, (output, pages)):
        with open(f"{place}/performance.md", "w") as f:
            f.write("\n".join(lines).rstrip() + "\n")
        picture.write(measured, f"{place}/performance.svg")
    print("\n".join(lines))
    print(f"written: performance.md and .svg in {pages or output}, "
          f"comparison.tsv in {output}")
