"""idem-server --save-to: files from clients that are Python."""

import os
import signal
import socket
import tempfile
import time

from cases import UNIX, WHO, Server, case, server, skip_unless
from peers import break_off, connect, receive_rest
from processes import check, check_equal, emulated, left, run


class Directory(tempfile.TemporaryDirectory):
    """Where the server saves, and what is there now."""

    def __enter__(self):
        super().__enter__()
        return self

    def names(self):
        return sorted(os.listdir(self.name))

    def check_saved(self, name, data):
        with open(os.path.join(self.name, name), 'rb') as f:
            check(f.read() == data, f'{name} is damaged')


def saving(directory, *args, **options):
    """A server that saves there."""
    return Server('--save-to', directory.name, *args, **options)


def header(size, name):
    return b'file %d %s\n' % (size, name.encode())


def offer(p, name, data):
    """Send a file; what the server answers, until its end."""
    with connect(p.port) as s:
        s.sendall(header(len(data), name) + data)
        return receive_rest(s)


@case
def save():
    """Empty, small and large ones, under any name that every system has."""
    with Directory() as d, saving(d) as p:
        for name, size in (('empty', 0), ('a b.txt', 1), ('你好', 1024),
                           ('.hidden', 65536), ('x' * 200, 3),
                           ('large', 5000000)):
            data = os.urandom(size)
            check_equal(offer(p, name, data), b'saved %d\n' % size, name)
            p.out.find(f'{WHO} saved {name}, {size} bytes\n')
            d.check_saved(name, data)
        check_equal(len(d.names()), 6, 'files')


@case
def save_pieces():
    """However the bytes come; what is behind them is not part of the file."""
    with Directory() as d, saving(d) as p:
        with connect(p.port) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in header(3, 'slow') + b'abc':
                s.sendall(bytes([byte]))
            check_equal(receive_rest(s), b'saved 3\n', 'answer')
        d.check_saved('slow', b'abc')
        with connect(p.port) as s:
            s.sendall(header(3, 'more') + b'abcdef')
            check_equal(receive_rest(s), b'saved 3\n', 'answer')
        d.check_saved('more', b'abc')


@case
def save_refused():
    """No header, no name, or one that is taken: the answer arrives although
    the client goes on sending, and nothing is saved."""
    with Directory() as d, saving(d) as p:
        check_equal(offer(p, 'taken', b'first'), b'saved 5\n', 'answer')
        for name in ('taken', '..', '.', '', 'a/b', 'a\\b', '../a', 'C:a', 'NUL',
                     'com1.txt', 'a\0b', 'a\tb', 'a.', 'a ', 'a*', '.idem-0.part',
                     'x' * 256):
            answer = offer(p, name, b'x' * 3000000)
            check(answer.startswith(b'failed ') and answer.endswith(b'\n')
                  and answer.count(b'\n') == 1, f'{name!r}: {answer!r}')
            p.out.find(f'{WHO} failed: ')
        for line in (b'\n', b'hello\n', b'file\n', b'file 1\n', b'file x a\n',
                     b'file -1 a\n', b'file 1  \n', b'file  1 a\n', b'FILE 1 a\n',
                     b'file 99999999999999999999 a\n', b'file 1 \xff\n',
                     b'x' * 1000):
            with connect(p.port) as s:
                s.sendall(line + b'x' * 100000)
                answer = receive_rest(s)
                check(answer.startswith(b'failed '), f'{line}: {answer!r}')
        check_equal(d.names(), ['taken'], 'files')
        d.check_saved('taken', b'first')


def begin(p, directory):
    """A client that has sent half of a file, some of which has arrived."""
    before = len(directory.names())
    s = connect(p.port)
    s.sendall(header(100, 'half') + b'x' * 50)
    while len(directory.names()) == before:
        check(left() > 1, 'no part')
        time.sleep(0.01)
    return s


def await_line(p, name):
    p.out.find(f'{WHO} lost {name}: the part is discarded\n')


@case
def save_broken():
    """The connection ends, breaks or falls asleep: no part is left."""
    with Directory() as d, saving(d, '--idle-timeout', '1') as p:
        for end in (socket.socket.close, break_off, receive_rest):
            s = begin(p, d)
            end(s)
            await_line(p, 'half')
            check_equal(d.names(), [], 'files')
            s.close()
        s = connect(p.port)
        s.sendall(b'file 100 ne')
        s.close()
        p.out.find(f'{WHO} closed')


@case
def save_full():
    """The disk is full, or there is none: the client is told, and no part is
    left. A limit of the process stands for the disk."""
    _, err = run(server, '--port', '0', '--save-to', '/there/is/no/such',
                 status=1)
    check(err.startswith('idem-server: cannot save to /there/is/no/such: '), err)
    skip_unless(UNIX and not emulated(server), 'a limit of sizes is needed')
    import resource

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000000, 1000000))

    with Directory() as d, saving(d, preexec_fn=limit) as p:
        answer = offer(p, 'large', b'x' * 5000000)
        check_equal(answer, b'failed too large for the disk\n', 'answer')
        await_line(p, 'large')
        check_equal(d.names(), [], 'files')
        check_equal(offer(p, 'small', b'x'), b'saved 1\n', 'answer')


@case
def save_stop():
    """A stop while a file is arriving: the client is told, and no part is
    left."""
    skip_unless(UNIX, 'signals are needed')
    with Directory() as d:
        with saving(d) as p, begin(p, d) as s:
            check_equal(offer(p, 'whole', b'x'), b'saved 1\n', 'answer')
            p.process.send_signal(signal.SIGINT)
            check_equal(receive_rest(s), b'failed the server stops\n', 'answer')
            s.close()
            p.leave(0)
            await_line(p, 'half')
        check_equal(d.names(), ['whole'], 'files')


@case
def save_many():
    """Many at once; of two with one name the first that is complete stays."""
    with Directory() as d, saving(d) as p:
        senders = [connect(p.port) for _ in range(20)]
        data = [os.urandom(100000) for _ in senders]
        for i, s in enumerate(senders):
            s.sendall(header(len(data[i]), f'file {i // 2}') + data[i][:50000])
        for i, s in enumerate(senders):
            s.sendall(data[i][50000:])
            want = b'saved 100000\n'
            if i % 2:
                want = b'failed there is a file of that name\n'
            check_equal(receive_rest(s), want, f'answer to sender {i}')
            s.close()
        check_equal(len(d.names()), 10, 'files')
        for i in range(10):
            d.check_saved(f'file {i}', data[i * 2])
