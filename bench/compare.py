"""Run the comparison: see compare.sh, which prepares everything for it."""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import counts
import plan
import report
import timing
from programs import Failed


def arguments():
    parser = argparse.ArgumentParser(
        prog="compare.sh", description="Compare the library with others.")
    parser.add_argument("--quick", action="store_true",
                        help="some three minutes, for a first impression")
    parser.add_argument("--rounds", type=int, help="rounds that count")
    parser.add_argument("--minutes", type=float,
                        help="time for all rounds at most")
    parser.add_argument("--wait", type=float, default=3,
                        help="minutes to wait at most until nobody else works")
    parser.add_argument("--rows", help="only rows that begin so: a,b,...")
    parser.add_argument("--no-counts", action="store_true")
    parser.add_argument("--no-times", action="store_true")
    parser.add_argument("--again", action="store_true",
                        help="only write the tables of the last run again")
    parser.add_argument("directory", help="of the build")
    a = parser.parse_args()
    a.rounds = a.rounds or (5 if a.quick else 15)
    a.minutes = a.minutes or (2 if a.quick else 18)
    return a


def say(text):
    print(text, file=sys.stderr, flush=True)


def wanted_rows(prefixes):
    if not prefixes:
        return plan.ROWS
    return [r for r in plan.ROWS if r.key.startswith(tuple(prefixes.split(",")))]


def count_all(rows, programs, reference, with_instructions):
    """System calls and instructions per operation, two at a time."""
    kinds = {"calls": counts.system_calls}
    if with_instructions:
        kinds["instructions"] = counts.instructions
    jobs = [(row, p, kind) for row in rows if row.many for p in programs
            if row.has(p) and p.key != plan.CONTROL for kind in kinds]
    found = {}

    def count(job):
        row, program, kind = job
        try:
            return counts.per_operation(row, program, reference, kinds[kind])
        except Failed as failure:
            say(f"not counted: {failure}")
            return None

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for (row, program, kind), value in zip(jobs, pool.map(count, jobs)):
            found.setdefault(row.key, {}).setdefault(program.key, {})[
                kind] = value
    return found


def left_out(programs):
    return [p.title for p in programs if not p.workloads]


def wait_for_calm(minutes):
    """The load when the times begin."""
    end = time.monotonic() + 60 * minutes
    while os.getloadavg()[0] >= 1 and time.monotonic() < end:
        time.sleep(5)
    return os.getloadavg()[0]


def time_all(rows, programs, reference, rounds, minutes):
    """Rounds of all rows, until each has enough calm ones or time is up."""
    found = {row.key: [] for row in rows}
    broken = set()
    calm = {row.key: 0 for row in rows}
    end = time.monotonic() + 60 * minutes
    warm = True
    while time.monotonic() < end and min(calm.values()) < rounds:
        for row in rows:
            if calm[row.key] >= rounds or time.monotonic() > end:
                continue
            one = timing.round_of(row, programs, reference, broken)
            if not warm:
                found[row.key].append(one)
                calm[row.key] += one["others"] < report.CALM
        warm = False
        say(f"calm rounds: {min(calm.values())} to {max(calm.values())} of "
            f"{rounds}")
    for failure in sorted(broken):
        say(f"not timed: {failure}")
    return found


def start_all(programs, with_instructions):
    """What it costs to start and to do nothing."""
    return {p.key: counts.start_up(p, with_instructions) for p in programs
            if "idle" in p.workloads and p.key != plan.CONTROL}


@contextmanager
def big_file():
    """A file in memory, to be sent."""
    with tempfile.NamedTemporaryFile(dir="/dev/shm") as f:
        for _ in range(256):
            f.write(b"x" * 2**20)
        f.flush()
        yield f.name


def machine():
    with open("/proc/cpuinfo") as f:
        model = next((line.split(":")[1].strip() for line in f
                      if line.startswith("model name")), platform.machine())
    return {"processor": model, "processors": os.cpu_count(),
            "kernel": platform.release(), "date": time.strftime("%Y-%m-%d")}


def measure(a):
    programs = plan.programs(
        f"{a.directory}/bench",
        os.path.join(os.path.dirname(__file__), "peers", "python.py"))
    reference = programs[0]
    rows = wanted_rows(a.rows)
    for title in left_out(programs):
        say(f"left out, for it is not installed: {title}")
    measured = {"machine": machine(), "rounds": a.rounds,
                "programs": [[p.key, p.title] for p in programs if p.workloads],
                "text": counts.text_size(f"{a.directory}/libidemsock.a"),
                "rows": [[r.key, r.title, r.place] for r in rows],
                "counts": {}, "start": {}, "expiry": {}, "times": {},
                "load": None}
    if not a.no_counts:
        say("counting")
        measured["counts"] = count_all(rows, programs, reference, not a.quick)
        measured["start"] = start_all(
            plan.starters(programs, f"{a.directory}/bench"), not a.quick)
    if not a.no_times:
        measured["load"] = wait_for_calm(0 if a.quick else a.wait)
        say(f"timing, at a load of {measured['load']:.1f}")
        measured["expiry"] = timing.expiry(
            next(p for p in programs if p.key == plan.OURS))
        with big_file() as name:
            for row in rows:
                if row.workload == "file":
                    row.options = [f"file={name}"]
            measured["times"] = time_all(rows, programs, reference, a.rounds,
                                         a.minutes)
    return measured


def main():
    a = arguments()
    output = f"{a.directory}/comparison"
    os.makedirs(output, exist_ok=True)
    if not a.again:
        with open(f"{output}/measured.json", "w") as f:
            json.dump(measure(a), f, indent=1)
    with open(f"{output}/measured.json") as f:
        report.write(json.load(f), output,
                     None if a.quick or a.rows or a.no_counts or a.no_times
                     else "docs")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"compare: {failure}")
