"""idem-server and clients that mean no good: nobody else suffers, and they cost
little."""

import contextlib
import os
import signal
import socket
import time

from cases import LINUX, UNIX, WHO, Server, case, server, skip_unless
from peers import REPLY, break_off, connect, fill, receive_all, send
from processes import check, check_equal, emulated, left


@case
def crowd():
    """Many at once, in any order, while some leave and others come."""
    with Server('--echo') as p:
        crowd = [connect(p.port) for _ in range(80)]
        for turn in range(3):
            for i, s in enumerate(crowd):
                s.sendall(b'%d of %d' % (turn, i))
            for i, s in reversed(list(enumerate(crowd))):
                check_equal(s.recv(1024), b'%d of %d' % (turn, i), 'echo')
            for s in crowd[turn::5]:
                check_equal(send(s, b'q'), b'', 'the end')
                s.close()
            del crowd[turn::5]
            crowd += [connect(p.port) for _ in range(10)]
        for s in crowd:
            check_equal(send(s, b'last'), b'last', 'echo')
            s.close()


@case
def slow_reader():
    """Who does not read is not read from, loses nothing and disturbs nobody;
    also when it has said all it has to say."""
    with Server('--echo', '--quiet') as p:
        with connect(p.port) as slow, connect(p.port) as other:
            sent = fill(slow)
            slow.shutdown(socket.SHUT_WR)
            for _ in range(20):
                check_equal(send(other, b'meanwhile'), b'meanwhile', 'echo')
            check(receive_all(slow, len(sent)) == sent, 'echo is damaged')
            check_equal(slow.recv(1), b'', 'the end')
            check_equal(send(other, b'after'), b'after', 'echo')


@contextlib.contextmanager
def held_back(p):
    """The program does nothing for a while."""
    p.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        p.process.send_signal(signal.SIGCONT)


@case
def flood():
    """Who says much is heard in turns: what others say is answered before all
    of it is. The server is held back until much is there."""
    skip_unless(UNIX, 'signals are needed')
    with Server('--reply', '.') as p, connect(p.port) as other:
        with connect(p.port) as flooder:
            check_equal(send(other, b'hi'), b'.', 'answer')
            check_equal(send(flooder, b'hi'), b'.', 'answer')
            with held_back(p):
                sent = len(fill(flooder))
                other.sendall(b'please')
            check_equal(other.recv(1), b'.', 'answer')
            asked = p.out.find(f'{WHO} said 6 bytes\n')
            heard = p.out.data[:asked.start()].count(b' said 1024 bytes\n')
            check(heard < sent // 2048,
                  f'{heard} messages of {sent} bytes came first')


# ---- What it costs ---------------------------------------------------------

def cpu_seconds(p):
    """Processor time of a program so far, where Linux tells."""
    if not LINUX:
        return 0
    with open(f'/proc/{p.process.pid}/stat') as line:
        fields = line.read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def check_rest(p, seconds=2):
    """That it has nothing to do."""
    before = cpu_seconds(p)
    time.sleep(seconds)
    spent = cpu_seconds(p) - before
    check(spent < seconds / 2,
          f'{spent} s of processor time for {seconds} s of waiting')


@case
def idle():
    """A client that reads nothing and has finished sending, one that has left
    in the middle, one that says nothing: waiting for them costs nothing."""
    skip_unless(LINUX, 'the time of other processes cannot be asked')
    with Server('--echo', '--quiet') as p:
        with connect(p.port) as slow, connect(p.port), connect(p.port) as gone:
            fill(slow)
            slow.shutdown(socket.SHUT_WR)
            gone.sendall(b'x' * 100000)
            gone.close()
            check_rest(p)


@case
def reset():
    """A client that breaks its connection is told of, and disturbs nobody."""
    with Server('--reply', 'x' * 20000) as p, connect(p.port) as other:
        s = connect(p.port)
        s.sendall(b'hi')
        check(s.recv(10), 'no answer')
        break_off(s)
        if emulated(server):
            p.out.find(f'{WHO} (closed|failed: )')  # Wine 8 reads an end
        else:
            p.out.find(f'{WHO} failed: connection reset\n')
        other.sendall(b'hi')
        receive_all(other, 20000)


@case
def descriptors():
    """No descriptor for one more client: the others are served, nothing spins,
    and who waited is taken when somebody leaves."""
    skip_unless(UNIX and not emulated(server),
                'a limit of descriptors is needed')
    import resource

    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))

    with Server(preexec_fn=limit) as p:
        crowd = [connect(p.port) for _ in range(30)]
        p.err.find(r'cannot accept for now: .* \(10024 EMFILE\)\n')
        check_equal(send(crowd[0], b'hi'), REPLY, 'answer')
        check_rest(p)
        crowd[-1].sendall(b'let me in')
        for s in crowd[:-1]:
            s.close()
        check_equal(crowd[-1].recv(1024), REPLY, 'answer to who waited')
        crowd[-1].close()


def status_of(p, name):
    """A number of kilobytes that Linux tells about a process."""
    with open(f'/proc/{p.process.pid}/status') as lines:
        return next(int(line.split()[1]) for line in lines
                    if line.startswith(name + ':'))


def open_files(p):
    return len(os.listdir(f'/proc/{p.process.pid}/fd'))


def await_open_files(p, number):
    """Closing is not told to the one who closed first."""
    while open_files(p) != number:
        check(left() > 1, f'{open_files(p)} descriptors, {number} at first')
        time.sleep(0.01)


@case
def never_reads():
    """Who does not take answers gets no more of them made."""
    with Server('--echo', '--quiet') as p, connect(p.port) as other:
        check_equal(send(other, b'hi'), b'hi', 'echo')
        before = status_of(p, 'VmRSS') if LINUX else 0
        deaf = [connect(p.port) for _ in range(3)]
        for s in deaf:
            fill(s)
        check_equal(send(other, b'hi'), b'hi', 'echo')
        if LINUX:
            grown = status_of(p, 'VmRSS') - before
            check(grown < 8192, f'{grown} kB for 3 clients')
        for s in deaf:
            s.close()


@case
def breaking_off():
    """Clients that break off at any moment leave nothing behind."""
    skip_unless(LINUX and not emulated(server), 'descriptors are counted')
    with Server('--reply', 'x' * 20000, '--quiet') as p:
        with connect(p.port) as other:
            check_equal(len(send(other, b'hi')), 1024, 'answer')
            before = open_files(p)
            for i in range(200):
                s = connect(p.port)
                if i % 4 > 0:
                    s.sendall(b'hi')
                if i % 4 > 1:
                    s.recv(1)
                if i % 4 > 2:
                    s.sendall(b'x' * 100000)
                break_off(s)
            await_open_files(p, before)


@case
def silent_crowd():
    """Many who say nothing: others are answered, each costs little, and nothing
    is left behind."""
    number = 200
    if LINUX and not emulated(server):
        number = 5000
        allow_descriptors(number + 100)
    with Server('--quiet') as p, connect(p.port) as other:
        check_equal(send(other, b'hi'), REPLY, 'answer')
        if LINUX:
            files, before = open_files(p), status_of(p, 'VmRSS')
        crowd = [connect(p.port) for _ in range(number)]
        for s in crowd[::100]:
            check_equal(send(s, b'hi'), REPLY, 'answer to one of them')
            check_equal(send(other, b'hi'), REPLY, 'answer')
        if LINUX and not emulated(server):
            # A sanitizer takes its share; a buffer would be larger.
            each = (status_of(p, 'VmRSS') - before) / number
            check(each < 8, f'{each} kB for each client')
        for s in crowd:
            break_off(s)
        if LINUX and not emulated(server):
            await_open_files(p, files)
        check_equal(send(other, b'hi'), REPLY, 'answer afterwards')


def allow_descriptors(number):
    import resource
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    skip_unless(hard == resource.RLIM_INFINITY or hard >= number,
                f'{hard} descriptors are the limit here')
    if soft != resource.RLIM_INFINITY and soft < number:
        resource.setrlimit(resource.RLIMIT_NOFILE, (number, hard))
