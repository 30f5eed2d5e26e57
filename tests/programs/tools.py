"""What idem-client is good for besides the dialogue: probes, Unix sockets, and
files that it sends."""

import os
import re
import signal
import socket
import struct
import tempfile
import threading
import time

from cases import (LINUX, UNIX, Server, case, client, conversation,
                   skip_unless)
from peers import break_off, closed_port, listener
from processes import (PATIENCE, Failed, Program, Terminal, check, check_equal,
                       emulated, left, run)
from savers import (Peer, answering, await_standstill, read_content, read_header,
                    read_on, save)

REFUSED = '10061 ECONNREFUSED connection refused'
SUCCESS = '0 OK success'
TIMED_OUT = '10060 ETIMEDOUT timed out'
MUCH = 64 << 20  # more than a connection holds while nobody reads


def probed(*args, status=0):
    """What a probe prints: address and result of each line. status: None when
    it may be any."""
    with Program(client, '--probe', *args) as p:
        if status is None:
            p.process.wait(left())
        else:
            p.leave(status)
        check_equal(p.err.all(), '', 'messages')
        lines = p.out.all().split('\n')
    check_equal(lines.pop(), '', 'behind the last line')
    found = []
    for line in lines:
        match = re.fullmatch(r'connect_ex (\S+) +-> (.*?)  +\d+\.\d ms', line)
        check(match, f'not a line of a probe: {line!r}')
        found.append(match.groups())
    ends = {len(line.split('->')[0]) for line in lines}
    check(len(ends) <= 1, f'no columns: {lines}')
    return found


def full_listener():
    """A port that neither refuses nor accepts: its queue is full."""
    skip_unless(LINUX, 'other systems refuse when the queue is full')
    s = socket.socket()
    s.bind(('127.0.0.1', 0))
    s.listen(0)
    waiting = []
    for _ in range(4):
        waiting.append(socket.socket())
        waiting[-1].setblocking(False)
        waiting[-1].connect_ex(s.getsockname())
    return s, str(s.getsockname()[1]), waiting


# ---- Probes ----------------------------------------------------------------

@case
def probe():
    """The document's connect_ex, with its 10061."""
    port = str(closed_port())
    at = f'127.0.0.1:{port}'
    check_equal(probed('127.0.0.1', port, status=1), [(at, REFUSED)], 'nobody')
    s, port = listener()
    with s:
        at = f'127.0.0.1:{port}'
        check_equal(probed('127.0.0.1', str(port)), [(at, SUCCESS)], 'somebody')
        found = probed('--timeout', '0', '127.0.0.1', str(port), status=None)
        check(found in ([(at, SUCCESS)], [(at, '10035 EWOULDBLOCK operation '
                                               'would block')]),
              f'without waiting: {found}')


@case
def probe_ports():
    """Several ports, and a range of them: one line for each."""
    first, second = listener(), listener()
    with first[0], second[0]:
        up = [str(first[1]), str(second[1])]
        down = str(closed_port())
        check_equal(probed('127.0.0.1', *up),
                    [(f'127.0.0.1:{port}', SUCCESS) for port in up], 'all up')
        check_equal(probed('127.0.0.1', up[0], down, up[1], status=1),
                    [(f'127.0.0.1:{up[0]}', SUCCESS),
                     (f'127.0.0.1:{down}', REFUSED),
                     (f'127.0.0.1:{up[1]}', SUCCESS)], 'one is down')
        near = int(up[0])
        low, high = (near - 1, near) if near == 65535 else (near, near + 1)
        found = probed('127.0.0.1', '9', f'{low}-{high}', status=None)
        check_equal([at for at, _ in found],
                    [f'127.0.0.1:{port}' for port in (9, low, high)], 'a range')
        check((f'127.0.0.1:{near}', SUCCESS) in found, found)


@case
def probe_name():
    """A name: every address of it, of which one is enough."""
    s, port = listener()
    with s:
        found = dict(probed('localhost', str(port)))
        check_equal(found.pop(f'127.0.0.1:{port}'), SUCCESS, 'the first family')
        check(set(found) <= {f'[::1]:{port}'}, f'other addresses: {found}')
    check_equal(probed('127.1', '80', '81', status=1),
                [(f'127.1:{port}', '11001 HOST_NOT_FOUND host not found')
                 for port in (80, 81)], 'no name')


@case
def probe_silent():
    """A port that does not answer: the timeout; the others are not held up."""
    s, silent, waiting = full_listener()
    other, port = listener()
    with s, other:
        began = time.monotonic()
        found = probed('127.0.0.1', silent, str(port), '--timeout', '0.5',
                       status=1)
        check(time.monotonic() - began >= 0.5, 'given up early')
        check_equal(found, [(f'127.0.0.1:{silent}', TIMED_OUT),
                            (f'127.0.0.1:{port}', SUCCESS)], 'results')
        began = time.monotonic()
        found = probed('127.0.0.1', silent, str(port), '--wait', '0.5',
                       '--timeout', '100', status=1)
        check(time.monotonic() - began >= 0.5, 'given up early')
        check_equal(found, [(f'127.0.0.1:{silent}', TIMED_OUT),
                            (f'127.0.0.1:{port}', SUCCESS)], 'results')
        for each in waiting:
            each.close()


@case
def probe_wait():
    """A server that comes up later: the port that stands first has been refused
    when the other is asked."""
    s, port = listener()
    with socket.socket() as late, s:
        late.bind(('127.0.0.1', 0))
        closed = str(late.getsockname()[1])
        with Program(client, '--probe', '127.0.0.1', closed, str(port),
                     '--wait', '40') as p:
            s.accept()[0].close()
            late.listen()
            p.leave(0)
            lines = p.out.all().split('\n')
            check(f'127.0.0.1:{closed}' in lines[0] and SUCCESS in lines[0],
                  f'not up: {lines}')
            check_equal(p.err.all(), '', 'messages')


def probe_closed(up, *args):
    """Seconds, and seconds of processor time, of a probe of a port where nobody
    listens, and one that is up."""
    port = str(closed_port())
    before = os.times()
    found = probed('127.0.0.1', port, up, *args, status=1)
    after = os.times()
    check_equal(found, [(f'127.0.0.1:{port}', REFUSED),
                        (f'127.0.0.1:{up}', SUCCESS)], 'result')
    return (after.elapsed - before.elapsed,
            after.children_user - before.children_user
            + after.children_system - before.children_system)


@case
def probe_gives_up():
    """Nobody comes: as long as was said, at next to no cost. Who is up is left
    alone."""
    skip_unless(UNIX, 'the time of other processes cannot be asked')
    s, port = listener()
    with s:
        _, one = probe_closed(str(port))
        waited, many = probe_closed(str(port), '--wait=2')
        check(waited >= 1.8, f'given up after {waited} s')
        check(many - one < 0.4 * PATIENCE,
              f'{many} s of processor time for 2 s of waiting, {one} s for 0')
        for _ in range(2):
            s.accept()[0].close()
        s.setblocking(False)
        try:
            s.accept()
        except BlockingIOError:
            return
        raise Failed('who is up is asked again')


# ---- Unix sockets ----------------------------------------------------------

def socket_path(directory):
    skip_unless(UNIX and not emulated(client), 'Unix sockets are needed')
    return os.path.join(directory, 's')


def check_lacking():
    for more in ([], ['--probe'], ['--send-file', __file__]):
        out, err = run(client, '--unix', '/tmp/s', *more, status=1)
        check_equal((out, err), ('', 'idem-client: cannot connect to /tmp/s: '
                                     'this system has no Unix sockets\n'),
                    f'output with {more}')


@case
def unix_dialogue():
    """The conversation over a Unix socket; a clear message without them."""
    if emulated(client):
        check_lacking()

    def serve(conn):
        conn.sendall(conn.recv(1024).upper())
        return conn.recv(1024)
    with tempfile.TemporaryDirectory() as directory:
        path = socket_path(directory)
        peer = Peer(serve, path)
        out, err = run(client, '--unix', path, text='hi\nq\n')
        check_equal((out, err), (conversation('HI'), ''), 'output')
        check_equal(peer.outcome(), b'q', 'the end')
        _, err = run(client, '--unix', path + 'x', status=1)
        check_equal(err, f'idem-client: cannot connect to {path}x: no such path'
                         ' (2 ENOENT)\n', 'message')


@case
def unix_probe():
    """No such path, a path that nobody listens at, a full queue, a server that
    makes room, one that is up."""
    with tempfile.TemporaryDirectory() as directory:
        path = socket_path(directory)
        check_equal(probed('--unix', path, status=1),
                    [(path, '2 ENOENT no such path')], 'no path')
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
            check_equal(probed('--unix', path, status=1), [(path, REFUSED)],
                        'nobody listens')
            s.listen(0)
            check_equal(probed('--unix', path), [(path, SUCCESS)], 'up')
            s.accept()[0].close()
            with socket.socket(socket.AF_UNIX) as first:
                first.connect(path)
                check_equal(probed('--unix', path, '--timeout=.3', status=1),
                            [(path, TIMED_OUT)], 'a full queue')
                with Program(client, '--probe', '--unix', path) as p:
                    s.accept()[0].close()
                    s.accept()[0].close()
                    p.leave(0)


# ---- Files -----------------------------------------------------------------

class File:
    """A file of a name in a directory of its own."""

    def __init__(self, name, data=b'', size=None):
        self._directory = tempfile.TemporaryDirectory()
        self.path = os.path.join(self._directory.name, name)
        with open(self.path, 'wb') as f:
            f.write(data)
        if size is not None:
            os.truncate(self.path, size)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._directory.cleanup()


def fails(message, file, *where):
    """Sending fails, with this one line."""
    out, err = run(client, '--send-file', file.path, *where, status=1)
    check_equal(out, '', 'output')
    check(re.fullmatch(f'idem-client: {message}\n', err),
          f'the message {err!r}, want {message!r}')


def send_while_paused(file, meanwhile, *args):
    """Start to send a file to a peer that stops reading behind the header, do
    something, and let the peer save it; what the program says when it fails,
    and how many bytes came."""
    go_on = threading.Event()
    stands = threading.Event()

    def serve(conn):
        size, _ = read_header(conn)
        stands.set()
        check(go_on.wait(left()), 'nothing happens')
        return read_on(conn, size)
    peer = Peer(serve)
    with Program(client, '--send-file', file.path, '127.0.0.1', peer.port,
                 *args) as p:
        check(stands.wait(left()), 'nothing comes')
        meanwhile(p)
        go_on.set()
        p.leave(1)
        check_equal(p.out.all(), '', 'output')
        return p.err.all(), peer.outcome()


@case
def send_file():
    """Files of several sizes and names arrive, and nothing is printed where
    nobody watches."""
    data = bytes(range(256)) * 12000 + b'end'
    for name, content in (('empty', b''), ('one', b'x'), ('a b.txt', b'hi\n'),
                          ('你好 ü.bin', data)):
        with File(name, content) as file:
            peer = Peer(save)
            out, err = run(client, '--send-file', file.path, '127.0.0.1',
                           peer.port, '--timeout=40')
            check_equal((out, err), ('', ''), 'output')
            got = peer.outcome()
            check_equal(got[0], name, 'name')
            check(got[1] == content, f'content of {name}')


@case
def send_unix():
    """The same over a Unix socket."""
    with tempfile.TemporaryDirectory() as directory:
        path = socket_path(directory)
        with File('file', b'content') as file:
            peer = Peer(save, path)
            out, err = run(client, '--send-file', file.path, '--unix', path)
            check_equal((out, err), ('', ''), 'output')
            check_equal(peer.outcome(), ('file', b'content'), 'file')


@case
def send_huge():
    """5 GiB, which the server does not want: it says so early, and need not be
    sent them all."""
    size = 5 << 30

    def serve(conn):
        check_equal(read_header(conn)[0], size, 'size')
        conn.sendall(b'failed no room\a here\n')
        return read_on(conn)
    with File('huge', size=size) as file:
        peer = Peer(serve)
        fails(f'the server does not save {file.path}: no room\\? here', file,
              '127.0.0.1', peer.port)
        check(peer.outcome() < size, 'everything was sent')


@case
def send_unread():
    """A server that takes nothing more, and then says why: nobody waits for the
    other."""
    skip_unless(UNIX, 'nobody tells how much there is to read')
    ended = threading.Event()

    def serve(conn):
        read_header(conn)
        await_standstill(conn)
        conn.sendall(b'failed enough\n')
        check(ended.wait(left()), 'the client does not end')
    with File('file', size=MUCH) as file:
        peer = Peer(serve)
        fails(f'the server does not save {file.path}: enough', file,
              '127.0.0.1', peer.port)
        ended.set()
        peer.outcome()


@case
def send_answers():
    """Another answer than that all is saved: a failure, whatever it is."""
    bad = ((b'failed the disk is full\n', 'the server does not save {}: '
                                          'the disk is full'),
           (b'saved 6\n', 'the server answers "saved 6", not "saved 7"'),
           (b'saved 7', 'the server closed the connection'),
           (b'saved 77\n', 'the server answers "saved 77", not "saved 7"'),
           (b'\x1b[2J\n', r'the server answers "\?\[2J", not "saved 7"'),
           (b'', 'the server closed the connection'))
    with File('file', b'content') as file:
        for answer, message in bad:
            peer = Peer(answering(answer))
            fails(message.format(file.path), file, '127.0.0.1', peer.port)
            peer.outcome()
        with Server('--quiet') as p:
            fails('the server answers "(hello,world)+", not "saved 7"', file,
                  '127.0.0.1', str(p.port))


@case
def send_broken():
    """Nobody there, and a server that goes away."""
    def serve(conn):
        read_header(conn)
        break_off(conn)
    with File('file', size=MUCH) as file:
        port = closed_port()
        fails(f'cannot connect to 127.0.0.1:{port}: connection refused '
              r'\(10061 ECONNREFUSED\)', file, '127.0.0.1', str(port))
        peer = Peer(serve)
        fails(r'connection reset \(10054 ECONNRESET\) after \d+ of '
              f'{MUCH} bytes of {file.path}', file, '127.0.0.1', peer.port)
        peer.outcome()


@case
def send_changed():
    """A file that shrinks, and one that grows, while it is sent."""
    for now in (4096, MUCH + 1):
        with File('file', size=MUCH) as file:
            err, got = send_while_paused(
                file, lambda p: os.truncate(file.path, now))
            check_equal(err, f'idem-client: {file.path} changed while it was '
                             f'sent: {MUCH} bytes, now {now}\n', 'message')
            check((got < MUCH) == (now < MUCH), f'{got} bytes were sent')


@case
def send_timeout():
    """A server that reads no more, and one that does not answer."""
    def silent(conn):
        size, _ = read_header(conn)
        read_content(conn, size)
        return read_on(conn)
    with File('file', size=MUCH) as file:
        err, _ = send_while_paused(file, lambda p: p.leave(1), '--timeout=0.5')
        check(re.fullmatch(r'idem-client: timed out \(10060 ETIMEDOUT\) after '
                           rf'\d+ of {MUCH} bytes of {file.path}\n', err), err)
    with File('file', b'content') as file:
        peer = Peer(silent)
        began = time.monotonic()
        fails(r'timed out \(10060 ETIMEDOUT\) after 7 of 7 bytes of '
              f'{file.path}', file, '127.0.0.1', peer.port, '--timeout=1.5')
        check(time.monotonic() - began >= 1.5, 'given up early')
        check_equal(peer.outcome(), 0, 'more bytes')


@case
def send_stopped():
    """Ctrl-C: a message, and the server sees the end."""
    skip_unless(UNIX, 'signals are needed')

    def interrupt(p):
        p.process.send_signal(signal.SIGINT)
        p.leave(1)
    with File('file', size=MUCH) as file:
        err, got = send_while_paused(file, interrupt)
        check(re.fullmatch(rf'idem-client: stopped after \d+ of {MUCH} bytes of'
                           f' {file.path}\n', err), err)
        check(got < MUCH, 'all was sent')


class SmallTerminal(Terminal):
    """One with so many columns."""

    def __init__(self, columns, *args):
        self._columns = columns
        super().__init__(*args)

    def _take_terminal(self):
        import fcntl
        import termios
        Terminal._take_terminal()
        fcntl.ioctl(0, termios.TIOCSWINSZ,
                    struct.pack('HHHH', 25, self._columns, 0, 0))


@case
def send_terminal():
    """Somebody watches: the name, and how far it is, to the end."""
    skip_unless(UNIX, 'a terminal of Unix is needed to watch')
    with File('你好.bin', b'x' * 300000) as file:
        peer = Peer(save)
        with Terminal(client, '--send-file', file.path, '127.0.0.1',
                      peer.port) as p:
            p.out.find('你好.bin to 127.0.0.1:' + peer.port)
            p.out.find(r'100%')
            p.leave(0)
        peer.outcome()
    with File('empty') as file:
        peer = Peer(save)
        with Terminal(client, '--send-file', file.path, '127.0.0.1',
                      peer.port) as p:
            p.out.find(r'100%')
            p.leave(0)
        peer.outcome()


def drawn(columns, size):
    """The lines that are drawn over each other, and in how many seconds."""
    began = time.monotonic()
    with File('f', size=size) as file:
        peer = Peer(save)
        with SmallTerminal(columns, client, '--send-file', file.path,
                           '127.0.0.1', peer.port) as p:
            p.leave(0)
            lines = p.out.all().split('\n')[1].strip('\r').split('\r')
        peer.outcome()
    check(lines[-1].startswith('100%'), lines)
    return lines, time.monotonic() - began


@case
def send_narrow():
    """The line fits, says what there is room for, and is drawn ten times a
    second at most."""
    skip_unless(UNIX and not emulated(client), 'a terminal of Unix is needed')
    for columns in (100, 40, 12):
        lines, _ = drawn(columns, 300000)
        check(all(len(line) < columns for line in lines), lines)
        check_equal(('[' in lines[-1], '293.0 KiB of' in lines[-1]),
                    (columns == 100, columns > 12), 'what is shown')
    lines, seconds = drawn(80, 40 << 20)
    check(len(lines) <= 2 + 10 * seconds, f'{len(lines)} in {seconds} s')


# ---- The command line ------------------------------------------------------

@case
def send_nothing():
    """What cannot be sent: one clear line, and nobody is connected."""
    with File('a', b'x') as file:
        where = ['127.0.0.1', str(closed_port())]
        directory = os.path.dirname(file.path)
        names = [(directory, 'not a regular file'),
                 (file.path + 'x', 'no such file or directory')]
        if UNIX and not emulated(client):
            os.mkfifo(file.path + '|')
            names += [(file.path + '|', 'not a regular file')]
            os.rename(file.path, file.path + ':')
            names += [(file.path + ':',
                       'not every system can have a file of that name')]
        for path, why in names:
            out, err = run(client, '--send-file', path, *where, status=1)
            check_equal((out, err), ('', f'idem-client: cannot send {path}: '
                                         f'{why}\n'), 'output')


@case
def bad_tools():
    """Options that do not go together, and words that are no ports."""
    for line in (['--wait', '1'], ['--wait', '1', '--send-file', 'f'],
                 ['--probe', '--wait'], ['--probe', '--wait=-1'],
                 ['--probe', '--send-file', 'f'], ['--udp', '--send-file', 'f'],
                 ['--send-file'], ['--unix'], ['--unix', ''],
                 ['--unix', 'x' * 200], ['--unix', 's', '--udp'],
                 ['--unix', 's', '127.0.0.1'], ['--udp', '--probe'],
                 ['127.0.0.1', '1', '2'], ['127.0.0.1', '1-2'],
                 *(['--probe', '127.0.0.1', '80', port]
                   for port in ('0', '0-1', '2-1', '1-', '1-65536', '1-2-3',
                                'x', '', '1000-1300', '123456-1'))):
        out, err = run(client, *line, status=2)
        check_equal(out, '', f'output of {line}')
        check(err.startswith('idem-client: ') and err.endswith('; try --help\n')
              and err.count('\n') == 1, f'{line}: {err!r}')
