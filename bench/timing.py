"""Times: the programs one after the other in shuffled order, round by round.
What counts is the ratio of two runs of one round."""

import os
import random
import time

from programs import Client, Failed, Server, address


def run(row, program, reference):
    """One timed run, in nanoseconds per operation: by the clock on the wall,
    and of the processors that both ends took. And the server's memory."""
    options = [*row.options, f"count={row.count}"]
    if not row.server:
        c = Client(program, row.workload, row.place, [*options, *address(1)])
        return {"wall": c.wall_ns / c.operations,
                "processor": c.processor_ns / c.operations}
    client = reference if row.tested == "server" else program
    server = reference if row.tested == "client" else program
    with Server(server, row.server, row.place, row.options) as s:
        pid = s.child.pid
        c = Client(client, row.workload, row.place,
                   [*options, *address(s.port)],
                   see=lambda: (taken_ns(pid), own_memory(pid)))
    (began, _), (ended, memory) = c.seen
    both = c.processor_ns + (0 if row.client_only else ended - began)
    return {"wall": c.wall_ns / c.operations,
            "processor": both / c.operations, "memory": memory}


def expiry(program):
    """How late, in milliseconds, a receive with a timeout ends: from, to."""
    found = {}
    for ms in 1, 5, 20, 50, 100, 250, 1000, 5000:
        late = []
        for _ in range(2 if ms > 1000 else 5):
            c = Client(program, "expiry", "cross", [f"size={ms}", "count=1"])
            late.append(c.wall_ns / 1e6 - ms)
        found[ms] = min(late), max(late)
    return found


def taken_ns(pid):
    """Processor time that a process has taken."""
    try:
        with open(f"/proc/{pid}/schedstat") as f:
            return int(f.read().split()[0])
    except FileNotFoundError as gone:
        raise Failed(f"process {pid} has ended") from gone


def own_memory(pid):
    """Bytes that a process has and shares with no file."""
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith("RssAnon:"):
                return 1024 * int(line.split()[1])
    return 0


def busy_seconds():
    """Processor time that anybody used so far."""
    with open("/proc/stat") as f:
        user, nice, system, _, _, irq, softirq, steal = map(
            int, f.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf(
        "SC_CLK_TCK")


def own_seconds():
    return sum(os.times()[:4])


def round_of(row, programs, reference, broken):
    """Each program once. The result of each, and the share of the processors
    that others took meanwhile. Who fails goes among the broken, and is not
    asked again."""
    order = [p for p in programs
             if row.has(p) and f"{p.title}: {row.title}" not in broken]
    random.shuffle(order)
    began, busy, own = time.monotonic(), busy_seconds(), own_seconds()
    results = {}
    for p in order:
        try:
            results[p.key] = run(row, p, reference)
        except Failed:
            broken.add(f"{p.title}: {row.title}")
    others = (busy_seconds() - busy) - (own_seconds() - own)
    elapsed = time.monotonic() - began
    return {"results": results,
            "others": max(0.0, others) / elapsed / os.cpu_count()}
