"""What does not depend on the moment: system calls and user instructions.

Each is the difference of a long and a short run, per operation, so that what
happens once does not count."""

import re
import subprocess
import tempfile
import time

from plan import Row
from programs import Client, Failed, Server, address

def run(row, program, reference, count, wrap):
    """Run one workload with its tested end wrapped. Operations, and what the
    wrapped end said."""
    options = [*row.options, f"count={count}"]
    place = "notready" if row.tested == "server" else "cross"
    if not row.server:
        client = Client(program, row.workload, place,
                        [*options, *address(1)], wrap)
        return client.operations, client.said()
    at_server = row.tested == "server" or row.tested == "both"
    client = reference if row.tested == "server" else program
    server = program if at_server else reference
    with Server(server, row.server, place, [*row.slowly, *row.options],
                wrap if at_server else ()) as s:
        c = Client(client, row.workload, place,
                   [*options, *address(s.port)], () if at_server else wrap)
    return c.operations, (s if at_server else c).said()


def traced_calls(path):
    """The lines of a trace, once it is complete."""
    for _ in range(500):
        with open(path) as f:
            lines = f.read().splitlines()
        if lines and "+++ " in lines[-1]:
            return sum(not re.search(r"\+\+\+|---|resumed>", line)
                       for line in lines)
        time.sleep(0.01)
    raise Failed("strace did not finish")


def system_calls(row, program, reference, count):
    with tempfile.NamedTemporaryFile() as f:
        # -D: the tracer is the child, and a signal reaches the program.
        wrap = ["strace", "-D", "-f", "-o", f.name]
        operations, _ = run(row, program, reference, count, wrap)
        return operations, traced_calls(f.name)


def instructions(row, program, reference, count):
    wrap = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    operations, said = run(row, program, reference, count, wrap)
    collected = re.search(r"Collected : (\d+)", said)
    if not collected:
        raise Failed(f"{program.key} {row.workload}: {said}")
    return operations, int(collected[1])


def text_size(library):
    """Bytes of code and constants in a static library."""
    said = subprocess.run(["size", "-t", library], stdout=subprocess.PIPE,
                          text=True, check=True).stdout
    return int(said.splitlines()[-1].split()[0])


IDLE = Row("idle", "", "idle", "cross", 0)


def start_up(program, with_instructions):
    """What a program costs that does nothing."""
    found = {"calls": system_calls(IDLE, program, program, 0)[1]}
    if with_instructions:
        found["instructions"] = instructions(IDLE, program, program, 0)[1]
    return found


def per_operation(row, program, reference, what):
    """One of the two functions above, per operation."""
    n1, cost1 = what(row, program, reference, row.few)
    n2, cost2 = what(row, program, reference, row.many)
    return (cost2 - cost1) / (n2 - n1)
