"""Starting the comparison's programs: where they run, and what they print."""

import os
import random
import resource
import select
import subprocess
import tempfile

# Processor and priority of the client and of the server. Who wakes up runs at
# once if his priority is higher. So in "notready" an answer is never there when
# it is asked for; in "same" it always is.
PLACES = {
    "notready": ((0, 1), (0, 1)),
    "same": ((0, 1), (0, 2)),
    "cross": ((0, 1), (1, 1)),
}
PATIENCE = 120  # seconds for any program

# What takes long before the time begins, and is not to count at either end: the
# client prints "ready" and goes on when it is told to.
SETTING_UP = {"waves"}


class Failed(Exception):
    """A program did not do what it was to do."""


class Program:
    """One way to do the workloads."""

    def __init__(self, key, title, words, mode=None):
        self.key, self.title = key, title
        self.words = words
        self.mode = [f"mode={mode}"] if mode else []
        self.workloads = set()
        if os.path.exists(words[0]):
            listed = subprocess.run(words, stdout=subprocess.PIPE, text=True)
            self.workloads = set(listed.stdout.split())


def take_priority(priority):
    """In real time, where nobody else comes in between; False: we may not, and
    have to do with less."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
        return True
    except PermissionError:
        lesser = os.SCHED_BATCH if priority == 1 else os.SCHED_OTHER
        os.sched_setscheduler(0, lesser, os.sched_param(0))
        return False


def placed(processor, priority):
    """What a child does before it becomes the program."""
    def place():
        ours = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {ours[processor % len(ours)]})
        take_priority(priority)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return place


class Running:
    """A program, started at one end (0 client, 1 server) of a place."""

    def __init__(self, program, workload, place, end, options, wrap):
        self.name = f"{program.key} {workload}"
        self.complaints = tempfile.TemporaryFile("w+")
        self.child = subprocess.Popen(
            [*wrap, *program.words, workload, *program.mode, *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.complaints, text=True,
            preexec_fn=placed(*PLACES[place][end]))

    def words(self, count):
        """The words of the line that it prints."""
        ready, _, _ = select.select([self.child.stdout], [], [], PATIENCE)
        words = self.child.stdout.readline().split() if ready else []
        if len(words) != count:
            self.child.kill()
            self.child.wait()
            raise Failed(f"{self.name}: {words} {self.said()}")
        return words

    def said(self):
        """What it wrote to the standard error."""
        self.complaints.seek(0)
        return self.complaints.read()


class Server(Running):
    """A server, until the block ends."""

    def __init__(self, program, workload, place, options=(), wrap=()):
        super().__init__(program, workload, place, 1, options, wrap)
        self.port = int(self.words(2)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.terminate()
        self.child.communicate(timeout=PATIENCE)


class Client(Running):
    """A client that ran: operations, nanoseconds, and what was seen when the
    time began, and before the client ended."""

    def __init__(self, program, workload, place, options, wrap=(), see=None):
        super().__init__(program, workload, place, 0, options, wrap)
        if workload in SETTING_UP:
            self.words(1)
        before = see() if see else None
        if workload in SETTING_UP:
            self.child.stdin.write("\n")
            self.child.stdin.flush()
        self.operations, self.wall_ns, self.processor_ns = map(
            int, self.words(3))
        self.seen = before, see() if see else None
        self.child.communicate(timeout=PATIENCE)
        if self.child.returncode:
            raise Failed(f"{self.name}: {self.said()}")


def address(port):
    """A loopback address of its own, so that ports in TIME_WAIT don't pile
    up."""
    host = f"127.{random.randrange(1, 255)}.{random.randrange(1, 255)}.1"
    return [f"host={host}", f"port={port}"]
