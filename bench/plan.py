"""What is compared: the programs, the measurements, and the gates."""

from dataclasses import dataclass, field

from programs import Program

REFERENCE = "raw"
CONTROL = "control"  # the reference once more
OURS = "idem"


def programs(directory, python_program):
    """All that were built, in the order of the tables."""
    def built(key, title, name, mode=None):
        return Program(key, title, [f"{directory}/bench_{name}"], mode)

    return [
        built(REFERENCE, "bare calls, no timeout", "raw"),
        built(CONTROL, "the same again (control)", "raw"),
        built("bound", "bare calls, SO_RCVTIMEO", "raw", "bound"),
        built("poll", "bare calls, try then poll", "raw", "poll"),
        built(OURS, "idemsock", "idem_shared"),
        built("apr", "APR", "apr"),
        built("nspr", "NSPR", "nspr"),
        built("gsocket", "GSocket (GLib)", "gsocket"),
        built("libuv", "libuv", "libuv"),
        built("asio", "Asio", "asio"),
        built("events", "libevent, plain events", "events"),
        built("libevent", "libevent, bufferevents", "libevent"),
        Program("python", "Python", ["/usr/bin/python3", python_program]),
    ]


def starters(programs, directory):
    """Those whose start is counted: ours is linked in, as most programs will
    have it."""
    return [Program(OURS, p.title, [f"{directory}/bench_idem"])
            if p.key == OURS else p for p in programs]


@dataclass
class Row:
    """One measurement."""
    key: str
    title: str
    workload: str
    place: str
    count: int                # operations in a timed run
    server: str = None        # the server's workload
    tested: str = "client"    # "client", "server" or "both": the program's part
    options: list = field(default_factory=list)
    few: int = 200            # operations of a counted run, and
    many: int = 1200          # of a longer one; 0: not counted
    slowly: list = field(default_factory=list)  # the server's, when counted
    only: tuple = ()          # programs; none: all that can do it
    client_only: bool = False  # the server's processor time is left out

    def has(self, program):
        if self.only and program.key not in self.only:
            return False
        wanted = {self.workload} if self.tested != "server" else set()
        if self.tested != "client":
            wanted.add(self.server)
        return wanted <= program.workloads


# Programs that differ only in how they wait on one connection are one here.
CROWDS = (REFERENCE, CONTROL, OURS, "apr", "libuv", "asio", "events",
          "libevent", "python")
FILES = (REFERENCE, CONTROL, OURS, "apr", "nspr", "python")


def size(n):
    return [f"size={n}"]


def crowd(key, title, connections, active, count, counted=True):
    return Row(key, title, "waves", "notready", count, "crowd", "server",
               size(64) + [f"connections={connections}", f"active={active}"],
               few=640, many=12800 * counted, only=CROWDS)


ROWS = [
    Row("pingpong", "ping-pong", "pingpong", "notready", 10000, "echo",
        options=size(64), slowly=["delay=500"]),
    Row("pingpong-both", "ping-pong, both ends", "pingpong", "notready",
        10000, "echo", "both", size(64), many=0),
    Row("pingpong-same", "ping-pong, answer there", "pingpong", "same",
        10000, "echo", options=size(64), many=0),
    Row("ready", "recv, data there", "ready", "cross", 76800, "echo",
        options=size(64), few=768, many=7680, client_only=True),
    Row("bulk64", "sendall 64 B", "bulk", "notready", 100000, "sink",
        options=size(64)),
    Row("bulk64k", "sendall 64 KiB", "bulk", "notready", 4000, "sink",
        options=size(65536), few=50, many=250),
    Row("bulk64k-cross", "sendall 64 KiB, two processors", "bulk", "cross",
        4000, "sink", options=size(65536), many=0),
    Row("bulk256k", "sendall 256 KiB", "bulk", "notready", 1500, "sink",
        options=size(262144), few=50, many=250),
    Row("rate", "connect, exchange, close", "rate", "same", 2000, "echo",
        options=size(64), slowly=["delay=500"]),
    Row("rate-both", "connect, exchange, close, both ends", "rate", "same",
        2000, "echo", "both", size(64)),
    Row("refused", "refused connect", "refused", "same", 10000),
    Row("datagrams", "datagrams, one by one", "datagrams", "same", 32000,
        options=size(64), few=640, many=6400),
    Row("batches", "datagrams, 64 in a call", "batches", "same", 32000,
        options=size(64), few=640, many=6400),
    Row("segments", "datagrams, segment offload", "segments", "same", 320000,
        options=size(64), few=640, many=6400),
    Row("file", "a file of 256 MiB", "file", "notready", 1, "sink", many=0,
        only=FILES),
    crowd("crowd100", "100 connections, 64 active", 100, 64, 25600),
    crowd("crowd1000", "1,000 connections, 64 active", 1000, 64, 25600),
    # To connect so many costs more than the messages, and never the same.
    crowd("crowd10000", "10,000 connections, 64 active", 10000, 64, 25600,
          counted=False),
    crowd("lonely", "1,000 connections, one active", 1000, 1, 5000),
]

# The tables of the report: title, rows, and the cells: "time", "calls",
# "instructions", "memory".
TABLES = [
    ("One connection: time", "time",
     ["pingpong", "pingpong-both", "pingpong-same", "ready", "rate",
      "rate-both", "refused"]),
    ("Much data: time", "time",
     ["bulk64", "bulk64k", "bulk64k-cross", "bulk256k", "file"]),
    ("One connection: system calls per operation", "calls",
     ["pingpong", "ready", "bulk64", "bulk64k", "rate", "rate-both",
      "refused"]),
    ("One connection: user instructions per operation", "instructions",
     ["pingpong", "ready", "bulk64", "bulk64k", "rate", "rate-both",
      "refused"]),
    ("Datagrams of 64 bytes: time", "time",
     ["datagrams", "batches", "segments"]),
    ("Datagrams of 64 bytes: system calls per datagram sent and received",
     "calls", ["datagrams", "batches", "segments"]),
    ("Many connections, the server: time", "time",
     ["crowd100", "crowd1000", "crowd10000", "lonely"]),
    ("Many connections, the server: time of a message, to that with a hundred",
     "growth", ["crowd1000", "crowd10000"]),
    ("Many connections, the server: system calls per message", "calls",
     ["crowd100", "crowd1000", "lonely"]),
    ("Many connections, the server: user instructions per message",
     "instructions", ["crowd100", "crowd1000", "lonely"]),
]


@dataclass
class Gate:
    """What must hold: a figure of ours, at most the limit. "beyond" counts the
    instructions beyond those of the bare calls; "growth" is the time of a
    message to that with a hundred connections."""
    number: str
    row: str  # "" for what is not about one measurement
    what: str
    limit: float


GATES = [
    Gate("1", "pingpong", "time", 1.03),
    Gate("1", "pingpong", "calls", 2.0),
    Gate("1", "pingpong", "beyond", 105),
    Gate("2", "pingpong-both", "time", 1.06),
    Gate("3", "pingpong-same", "time", 1.03),
    Gate("4", "ready", "time", 1.00),
    Gate("4", "ready", "calls", 1.0),
    Gate("4", "ready", "beyond", 54),
    Gate("5", "bulk64", "time", 1.03),
    Gate("5", "bulk64", "calls", 1.0),
    Gate("5", "bulk64", "beyond", 53),
    Gate("6", "bulk64k", "time", 1.02),
    Gate("6", "bulk64k-cross", "time", 1.02),
    Gate("6", "bulk256k", "time", 1.02),
    Gate("6", "bulk64k", "calls", 1.0),
    Gate("7", "rate", "time", 1.03),
    Gate("7", "rate-both", "time", 1.04),
    Gate("7", "rate", "calls", 8),
    Gate("7", "rate-both", "calls", 5),
    Gate("8", "refused", "time", 1.04),
    Gate("8", "refused", "calls", 4),
    Gate("8", "refused", "beyond", 90),
    Gate("9", "crowd100", "time", 1.01),
    Gate("9", "crowd1000", "time", 1.01),
    Gate("9", "crowd10000", "time", 1.01),
    Gate("9", "crowd10000", "growth", 1.03),
    Gate("9", "crowd100", "calls", 2.02),
    Gate("9", "crowd100", "beyond", 23),
    Gate("9", "crowd10000", "memory", 64),
    Gate("10", "lonely", "time", 1.01),
    Gate("10", "lonely", "calls", 3.0),
    Gate("10", "lonely", "beyond", 31),
    Gate("11", "datagrams", "time", 1.02),
    Gate("11", "datagrams", "calls", 2.0),
    Gate("12", "batches", "time", 1.02),
    Gate("12", "batches", "calls", 0.04),
    Gate("12", "segments", "time", 1.10),
    Gate("12", "segments", "calls", 0.07),
    Gate("13", "file", "time", 1.02),
    Gate("14", "", "early", 0),
    Gate("14", "", "late", 1),
    Gate("14", "", "late50", 5),
    Gate("15", "", "start_calls", 0),
    Gate("15", "", "start_instructions", 5000),
    Gate("15", "", "text", 40 * 1024),
]
