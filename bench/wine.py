"""The same under Wine, against bare Winsock calls: see wine.sh.

Wine's server works for the client, so what counts is what both take: system
calls, and processor time together with that of the native server. A start is
dear: that of a program that does nothing is taken off."""

import argparse
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import timing
from plan import CONTROL, OURS, REFERENCE, Row, size
from programs import Client, Failed, Program, Server, address

ROWS = [
    Row("pingpong", "ping-pong 64 B", "pingpong", "cross", 5000, "echo",
        options=size(64), few=100, many=600, slowly=["delay=2000"]),
    Row("pingpong-same", "ping-pong 64 B, one processor", "pingpong", "same",
        5000, "echo", options=size(64), many=0),
    Row("ready", "recv 64 B, data there", "ready", "cross", 30720, "echo",
        options=size(64), few=768, many=3072),
    Row("refused", "refused connect", "refused", "same", 4000, few=50,
        many=250),
    # Last, and not more: their ports stay taken for a minute. Looking for free
    # ones takes longer and longer, and they run out.
    Row("rate", "connect, exchange, close", "rate", "same", 1000, "echo",
        options=size(64), few=50, many=250, slowly=["delay=2000"]),
]
IDLE = Row("idle", "", "idle", "same", 0)
CROWD = Row("crowd", "", "waves", "cross", 25600, "crowd", "server",
            options=[*size(64), "active=64"])
CROWDS = (100, 1000)
CROWD_GATE = 1.10  # of the larger to the smaller
GATES = {"pingpong": 1.05, "pingpong-same": 1.05, "ready": 1.03, "rate": 1.15,
         "refused": 1.30}


class Wine:
    """Wine's server, on the client's processor."""

    def __init__(self, program):
        self.program = program
        self.pid = None  # before renew()

    def renew(self):
        """One that has served nobody: what others left in it would count."""
        old = self.running()
        if old:
            os.kill(old, signal.SIGINT)
            while self.running() == old:
                time.sleep(0.1)
        mine = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {0})
        subprocess.run(self.program.words, stdout=subprocess.DEVNULL,
                       check=True)
        os.sched_setaffinity(0, mine)
        self.pid = self.running()

    @staticmethod
    def running():
        """The server of our prefix, or None."""
        wanted = os.stat(os.environ["IDEM_WINEPREFIX"])
        name = f"server-{wanted.st_dev:x}-{wanted.st_ino:x}"
        return next((pid for pid in find("wineserver") if is_at(pid, name)),
                    None)


def find(name):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm") as f:
                if f.read().startswith(name):
                    yield int(pid)
        except OSError:
            pass


def is_at(pid, directory):
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/cwd")) == directory
    except OSError:  # it is gone, or as good as gone
        return False


# ---- One run ----------------------------------------------------------------

def run(row, program, server, wine, options, wrap=()):
    """The client that ran, and the nanoseconds that everybody else took."""
    def together(pids):
        return sum(map(timing.taken_ns, pids))

    def client(port, pids):
        c = Client(program, row.workload, row.place,
                   [*row.options, *options, *address(port)], wrap,
                   see=lambda: together(pids))
        began, ended = c.seen
        return c, ended - began

    if not row.server:
        return client(1, [wine.pid])
    with Server(server, row.server, row.place,
                row.slowly if wrap else ()) as s:
        return client(s.port, [wine.pid, s.child.pid])


def timed(row, program, native, wine, options=()):
    """As run() does it. Wine's server was seen to end in the middle, once in
    some thousand runs: that is no measurement, and made again."""
    options = [f"count={row.count}", *options]
    try:
        return run(row, program, native, wine, options)
    except Failed as failure:
        time.sleep(1)  # its clients end before it
        if wine.running() == wine.pid:
            raise
        print(f"once more: {failure}", file=sys.stderr)
        wine.renew()
        return run(row, program, native, wine, options)


def taken(row, program, native, wine):
    """Operations, and the nanoseconds that all together took."""
    c, others = timed(row, program, native, wine)
    return c.operations, c.processor_ns + others


def calls(row, program, native, wine, count):
    """The system calls of the client and of Wine's server."""
    with tempfile.TemporaryDirectory() as d:
        server = subprocess.Popen(
            ["strace", "-f", "-o", f"{d}/server", "-p", str(wine.pid)],
            stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        c, _ = run(row, program, native, wine, [f"count={count}"],
                   ["strace", "-f", "-o", f"{d}/client"])
        time.sleep(0.5)
        server.terminate()
        server.wait()
        return c.operations, sum(lines(f"{d}/{one}")
                                 for one in ("server", "client"))


def lines(path):
    with open(path) as f:
        return sum(not re.search(r"\+\+\+|---|resumed>", line) for line in f)


# ---- All of them ------------------------------------------------------------

def compare(row, programs, native, wine, rounds):
    """Rows of the table."""
    results = {p.key: [] for p in programs}
    for i in range(rounds + 1):
        random.shuffle(programs)
        for p in programs:
            operations, ns = taken(row, p, native, wine)
            start = taken(IDLE, p, native, wine)[1]
            if i:
                results[p.key].append((ns - start) / operations)
    return results


def quartiles(results, reference):
    return statistics.quantiles(
        [a / b for a, b in zip(results, reference)], n=4, method="inclusive")


def ratio(results, reference):
    q1, median, q3 = quartiles(results, reference)
    return f"{median:.3f} ({q1:.2f}–{q3:.2f})"


def counted(row, program, native, wine):
    if not row.many:
        return ""
    n1, c1 = calls(row, program, native, wine, row.few)
    n2, c2 = calls(row, program, native, wine, row.many)
    return f"{(c2 - c1) / (n2 - n1):.1f}"


def grown(program, native, wine, rounds):
    """The table of what a message costs among few and among many. Each program
    is ended from outside: its sockets may then stay with Wine's server for ever,
    and keep it busy."""
    results = {n: [] for n in CROWDS}
    for i in range(rounds + 1):
        for n in random.sample(CROWDS, len(CROWDS)):
            wine.renew()
            c, others = timed(CROWD, native, program, wine,
                              [f"connections={n}"])
            if i:
                results[n].append(others / c.operations)
    few, many = results.values()
    heads = [f"ns a message, {n:,} connections" for n in CROWDS]
    values = [f"{statistics.median(r):,.0f}" for r in results.values()]
    return ["| " + " | ".join(["", *heads, "growth", "at most"]) + " |",
            "|---|--:|--:|--:|--:|",
            "| " + " | ".join([
                "64 active, a server", *values, ratio(many, few),
                f"{CROWD_GATE:.2f}"]) + " |"]


def main():
    parser = argparse.ArgumentParser(prog="wine.sh")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("native", help="build with the native server")
    parser.add_argument("windows", help="build for Windows")
    parser.add_argument("output", help="file for the table")
    a = parser.parse_args()
    if a.rounds < 2:
        parser.error("--rounds: at least 2")
    native = Program("native", "", [f"{a.native}/bench/bench_raw"])

    def under_wine(key, title, name):
        return Program(key, title, ["cmake/wine.sh",
                                    f"{a.windows}/bench/bench_{name}.exe"])

    programs = [under_wine(REFERENCE, "bare Winsock, no timeout", "raw"),
                under_wine(CONTROL, "the same again (control)", "raw"),
                under_wine(OURS, "idemsock", "idem")]
    wine = Wine(programs[0])
    lines = ["| | ns, bare calls | control | time | at most "
             "| calls, bare | calls |", "|---|--:|--:|--:|--:|--:|--:|"]
    for row in ROWS:
        wine.renew()
        results = compare(row, list(programs), native, wine, a.rounds)
        bare = results[REFERENCE]
        lines.append(f"| {row.title} | {statistics.median(bare):,.0f} "
                     f"| {quartiles(results[CONTROL], bare)[1]:.3f} "
                     f"| {ratio(results[OURS], bare)} | {GATES[row.key]} "
                     f"| {counted(row, programs[0], native, wine)} "
                     f"| {counted(row, programs[2], native, wine)} |")
        print(lines[-1], flush=True)
    table = grown(programs[2], native, wine, a.rounds)
    print(table[-1], flush=True)
    lines += ["", *table]
    with open(a.output, "w") as f:
        f.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"wine: {failure}")
