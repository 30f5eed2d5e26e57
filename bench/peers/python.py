"""Python's own module: sockets with settimeout()."""

import selectors
import socket
import sys
import time

BUFFER = 256 * 1024
BACKLOG = 1024
TIMEOUT = 5
WARM = 50
BATCH = 64
READY = 48 * 1024


class Task:
    def __init__(self, words):
        self.host, self.port, self.count, self.size = "127.0.0.1", 0, 1000, 64
        self.file = None
        for word in words:
            name, _, value = word.partition("=")
            setattr(self, name, value if name in ("host", "mode", "file")
                    else int(value))
        self.message = b"x" * self.size
        self.buffer = memoryview(bytearray(max(self.size, BUFFER)))


class Clock:
    """Runs from go() to stop(), on the wall and of the processor."""

    def __init__(self):
        self.wall = self.processor = 0
        self.go()

    def go(self):
        self.began = time.monotonic_ns(), time.process_time_ns()

    def stop(self):
        self.wall += time.monotonic_ns() - self.began[0]
        self.processor += time.process_time_ns() - self.began[1]

    def say(self, operations):
        print(operations, self.wall, self.processor, flush=True)


def say_result(operations, clock):
    clock.stop()
    clock.say(operations)


# ---- Servers ----------------------------------------------------------------

def listener():
    s = socket.create_server(("0.0.0.0", 0), backlog=BACKLOG)
    print("port", s.getsockname()[1], flush=True)
    return s


def echo(task):
    with listener() as server:
        while True:
            c, _ = server.accept()
            with c:
                c.settimeout(TIMEOUT)
                while n := c.recv_into(task.buffer):
                    c.sendall(task.buffer[:n])


def sink(task):
    with listener() as server:
        while True:
            c, _ = server.accept()
            with c:
                c.settimeout(TIMEOUT)
                while c.recv_into(task.buffer):
                    pass
                c.sendall(b"k")


def crowd(task):
    selector = selectors.DefaultSelector()
    server = listener()
    server.setblocking(False)
    selector.register(server, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            s = key.fileobj
            if s is server:
                c, _ = s.accept()
                c.setblocking(False)
                selector.register(c, selectors.EVENT_READ)
            elif n := s.recv_into(task.buffer):
                s.send(task.buffer[:n])
            else:
                selector.unregister(s)
                s.close()


# ---- Clients ----------------------------------------------------------------

def connected(task):
    s = socket.socket()
    s.settimeout(TIMEOUT)
    s.connect((task.host, task.port))
    return s


def receive_all(s, buffer):
    have = 0
    while have < len(buffer):
        n = s.recv_into(buffer[have:] if have else buffer)
        if n == 0:
            sys.exit("recv: the end")
        have += n


def exchange(s, task, answer):
    s.sendall(task.message)
    receive_all(s, answer)


def pingpong(task):
    answer = task.buffer[:task.size]
    with connected(task) as s:
        for _ in range(WARM):
            exchange(s, task, answer)
        clock = Clock()
        for _ in range(task.count):
            exchange(s, task, answer)
        say_result(task.count, clock)


def ready(task):
    at_once = READY // task.size
    answer = task.buffer[:task.size]
    clock, done = Clock(), 0
    with connected(task) as s:
        while done < task.count:
            s.sendall(task.buffer[:at_once * task.size])
            time.sleep(0.001)
            clock.go()
            for _ in range(at_once):
                receive_all(s, answer)
            clock.stop()
            done += at_once
    clock.say(done)


def bulk(task):
    with connected(task) as s:
        clock = Clock()
        for _ in range(task.count):
            s.sendall(task.message)
        s.shutdown(socket.SHUT_WR)
        receive_all(s, task.buffer[:1])
        say_result(task.count, clock)


def rate(task):
    answer = task.buffer[:task.size]
    clock = Clock()
    for _ in range(task.count):
        with connected(task) as s:
            exchange(s, task, answer)
    say_result(task.count, clock)


def refused(task):
    clock = Clock()
    for _ in range(task.count):
        with socket.socket() as s:
            s.settimeout(TIMEOUT)
            if not s.connect_ex((task.host, task.port)):
                sys.exit("connect: not refused")
    say_result(task.count, clock)


def idle(task):
    say_result(0, Clock())


def datagrams(task):
    a = socket.socket(type=socket.SOCK_DGRAM)
    b = socket.socket(type=socket.SOCK_DGRAM)
    for s in a, b:
        s.bind(("127.0.0.1", 0))
        s.settimeout(TIMEOUT)
    to = b.getsockname()
    done = -BATCH
    while done < task.count:
        if done == 0:
            clock = Clock()
        for _ in range(BATCH):
            a.sendto(task.message, to)
        for _ in range(BATCH):
            b.recvfrom_into(task.buffer)
        done += BATCH
    say_result(done, clock)


def file(task):
    with connected(task) as s, open(task.file, "rb") as f:
        clock = Clock()
        s.sendfile(f)
        s.shutdown(socket.SHUT_WR)
        receive_all(s, task.buffer[:1])
        say_result(1, clock)


WORKLOADS = (echo, sink, crowd, pingpong, ready, bulk, rate, refused, idle,
             datagrams, file)

if __name__ == "__main__":
    names = {w.__name__: w for w in WORKLOADS}
    if len(sys.argv) < 2:
        print("\n".join(names))
    else:
        names[sys.argv[1]](Task(sys.argv[2:]))
