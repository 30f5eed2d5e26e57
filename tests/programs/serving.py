"""idem-server: its options, and how it ends."""

import os
import re
import signal
import socket
import tempfile
import threading

from cases import (UNIX, WHO, Server, case, client, conversation, server,
                   skip_unless)
from peers import (REPLY, at_end, connect, fill, listener, receive_all,
                   receive_rest, send)
from processes import (Skipped, Terminal, check, check_equal, emulated, left,
                       run)


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(('::1', 0))
    except OSError as e:
        raise Skipped(f'no IPv6 here: {e}') from None


# ---- What it answers -------------------------------------------------------

@case
def echo():
    """The same bytes, whatever they are; up to 1024 are a message."""
    with Server('--echo') as p, connect(p.port) as s:
        for data in (b'hi', b'\0\xff\r\n', '你好'.encode(), b'x' * 1024):
            s.sendall(data)
            check_equal(receive_all(s, len(data)), data, 'echo')
        check_equal(send(s, b'q'), b'', 'the end')


@case
def once():
    """The server leaves after the first conversation, however it ended."""
    for goodbye in (b'q', b''):
        with Server('--once') as p:
            with connect(p.port) as s:
                check_equal(send(s, b'hi'), REPLY, 'answer')
                s.sendall(goodbye)
                s.shutdown(socket.SHUT_WR)
                check_equal(s.recv(1), b'', 'the end')
            p.leave(0)
    with Server('--once', '--udp') as p:
        with socket.socket(type=socket.SOCK_DGRAM) as s:
            s.settimeout(left())
            s.connect(('127.0.0.1', p.port))
            check_equal(send(s, b'hi'), REPLY, 'answer')
            s.send(b'q')
            p.leave(0)


@case
def quiet():
    """The listening line, which scripts read, and nothing else."""
    with Server('--quiet', '--once') as p:
        with connect(p.port) as s:
            check_equal(send(s, b'hi'), REPLY, 'answer')
        p.leave(0)
        check_equal(p.out.all(), f'listening on 127.0.0.1:{p.port}\n', 'output')


@case
def udp():
    """Datagrams: each is answered to its sender, but for q."""
    with Server('--udp', '--echo') as p:
        peers = [socket.socket(type=socket.SOCK_DGRAM) for _ in range(3)]
        for i, s in enumerate(peers):
            s.settimeout(left())
            s.sendto(b'%d' % i, ('127.0.0.1', p.port))
        for i, s in enumerate(peers):
            check_equal(s.recvfrom(1024), (b'%d' % i, ('127.0.0.1', p.port)),
                        'echo')
        for data in (b'', b'\0' * 1024, b'x' * 2000):
            s.sendto(data, ('127.0.0.1', p.port))
            check_equal(s.recv(4096), data[:1024], 'echo')
        s.sendto(b'q', ('127.0.0.1', p.port))
        s.sendto(b'after', ('127.0.0.1', p.port))
        check_equal(s.recv(1024), b'after', 'q is answered')
        p.out.find(f'{WHO} ended with q\n')
        for s in peers:
            s.close()


@case
def udp_pair():
    """Both programs with datagrams."""
    with Server('--udp') as p:
        out, err = run(client, '127.0.0.1', str(p.port), '--udp',
                       text='one\ntwo\nq\n')
        check_equal(out, conversation('hello,world', 'hello,world'),
                    'output of the client')
        check_equal(err, '', 'messages of the client')
        p.out.find(f'{WHO} said 3 bytes\n')
        p.out.find(f'{WHO} ended with q\n')


@case
def closed_output():
    """The reader of the server's lines leaves; the server does not."""
    ours, theirs = os.pipe()
    with Server(stdout=theirs):
        os.close(theirs)
        with os.fdopen(ours, 'rb') as lines:
            port = int(lines.readline().split(b':')[1])
        for _ in range(3):
            with connect(port) as s:
                check_equal(send(s, b'hi'), REPLY, 'answer')


# ---- Where it listens ------------------------------------------------------

@case
def ipv6():
    """The same with IPv6; the address has its brackets."""
    has_ipv6()
    with Server('--host', '::1') as p:
        check(p.out.data.startswith(b'listening on [::1]:'), 'no brackets')
        out, _ = run(client, '::1', str(p.port), text='hi\nq\n')
        check_equal(out, conversation('hello,world'), 'output of the client')
        p.out.find(r'\[::1\]:\d+ ended with q\n')


@case
def dual():
    """IPv6 and IPv4 with one socket, streams and datagrams."""
    has_ipv6()
    with Server('--dual') as p:
        check(p.out.data.startswith(b'listening on [::]:'), 'another address')
        for host, name in (('127.0.0.1', r'\[::ffff:127\.0\.0\.1\]'),
                           ('::1', r'\[::1\]')):
            with socket.create_connection((host, p.port), left()) as s:
                check_equal(send(s, b'hi'), REPLY, f'answer to {host}')
                p.out.find(name + r':\d+ said 2 bytes\n')
    with Server('--dual', '--udp') as p:
        for family, host in ((socket.AF_INET, '127.0.0.1'),
                             (socket.AF_INET6, '::1')):
            with socket.socket(family, socket.SOCK_DGRAM) as s:
                s.settimeout(left())
                s.connect((host, p.port))
                check_equal(send(s, b'hi'), REPLY, f'answer to {host}')


def unix_connect(path):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(left())
    s.connect(path)
    return s


@case
def unix():
    """A Unix socket: its path comes and goes with the server, a deserted one is
    replaced, and what else has the name stays."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, '你好')
        in_use = 'address already in use (10048 EADDRINUSE)'
        if not UNIX or emulated(server):
            _, err = run(server, '--unix', 'x', status=1)
            check_equal(err, 'idem-server: cannot listen on x: address family '
                             'not supported (10047 EAFNOSUPPORT)\n', 'message')
            raise Skipped('no Unix sockets here')
        with socket.socket(socket.AF_UNIX) as deserted:
            deserted.bind(path)
        with Server('--unix', path) as p:
            check(p.out.data.startswith(f'listening on {path}\n'.encode()),
                  'another path')
            for number in (1, 2):
                with unix_connect(path) as s:
                    check_equal(send(s, b'hi'), REPLY, 'answer')
                    p.out.find(f'client {number} said 2 bytes\n')
            _, err = run(server, '--unix', path, status=1)
            check(in_use in err, f'a second server: {err}')
        check(not os.path.exists(path), 'the path is left')
        with open(path, 'w'):
            pass
        _, err = run(server, '--unix', path, status=1)
        check(in_use in err and os.path.exists(path), f'a file: {err}')
        os.unlink(path)
        with Server('--unix', path) as p:
            os.unlink(path)
            with Server('--unix', path) as other:
                p.stop(signal.SIGINT)
                with unix_connect(path) as s:
                    check_equal(send(s, b'hi'), REPLY, 'answer of the other')


@case
def in_use():
    """Somebody has the port: a message with address and code."""
    s, port = listener()
    with s:
        out, err = run(server, '--port', str(port), status=1)
    check_equal(out, '', 'output')
    check_equal(err, f'idem-server: cannot listen on 127.0.0.1:{port}: '
                     'address already in use (10048 EADDRINUSE)\n', 'message')
    with Server() as p:
        _, err = run(server, f'--port={p.port}', status=1)
        check('(10048 EADDRINUSE)' in err, err)
    with Server('--udp') as p:
        _, err = run(server, '--udp', f'--port={p.port}', status=1)
        check('(10048 EADDRINUSE)' in err, err)


# ---- Whom it serves --------------------------------------------------------

@case
def max_clients():
    """Who is one too many waits until somebody leaves. Told once, until
    everybody is in."""
    waiting = 'idem-server: 2 clients are connected: others wait\n'
    with Server('--max-clients', '2') as p:
        crowd = [connect(p.port) for _ in range(5)]
        p.err.find(waiting)
        for s in crowd:
            s.sendall(b'hi')
        for i, s in enumerate(crowd):
            check_equal(s.recv(1024), REPLY, f'answer to client {i}')
            s.close()
        p.stop(signal.SIGINT)
        check_equal(p.err.all(), waiting, 'messages')


@case
def idle_timeout():
    """Who says nothing is sent away; who talks stays."""
    with Server('--idle-timeout', '3') as p:
        with connect(p.port) as silent, connect(p.port) as other:
            silent.setblocking(False)
            while not at_end(silent):
                check_equal(send(other, b'hi'), REPLY, 'answer')
            p.out.find(f'{WHO} idle for 3 s\n')
            check_equal(send(other, b'hi'), REPLY, 'answer afterwards')
            check_equal(p.out.data.count(b' idle for '), 1, 'sent away')


@case
def stats():
    """A line a second: a line of its own for a program that reads it."""
    with Server('--stats', '--quiet') as p, connect(p.port) as s:
        for _ in range(40):
            send(s, b'hello')
        p.err.find(r'1 client, [1-9]\d* messages/s, [1-9]\d* bytes/s in, '
                   r'[1-9]\d* bytes/s out\n')
        p.err.find(r'\n1 client, 0 messages/s, 0 bytes/s in, 0 bytes/s out\n')
    with Server('--stats', '--udp') as p:
        p.err.find('0 messages/s, 0 bytes/s in, 0 bytes/s out\n')


@case
def stats_terminal():
    """On a terminal the line is written over, also by other lines."""
    skip_unless(UNIX, 'a terminal of Unix is needed to look at')
    with Terminal(server, '--port', '0', '--stats') as p:
        port = int(p.out.find(r'listening on 127\.0\.0\.1:(\d+)')[1])
        p.out.find('0 clients, 0 messages/s')
        with connect(port):
            p.out.find(f'{WHO} connected')
            p.out.find('1 client, 0 messages/s')
            p.resize(20)
            if not emulated(server):  # Wine paints its terminal by itself
                p.out.find(r'\r1 client, 0 message *\r')
        p.type('\x03')
        p.leave(0)
        if not emulated(server):
            check(re.search(rb'\r0 clients.* out\r +\r127\S+ connected\r\n',
                            p.out.data), f'not hidden: {p.out.data!r}')


# ---- How it ends -----------------------------------------------------------

@case
def stop():
    """Ctrl-C, SIGTERM, a closed terminal: a clean end, and the port is free at
    once."""
    skip_unless(UNIX, 'signals are needed')
    signals = [signal.SIGINT]
    if not emulated(server):
        signals += [signal.SIGTERM, signal.SIGHUP]
    port = '0'
    for number in signals:
        with Server('--port', port) as p:
            port = str(p.port)
            with connect(p.port) as s:
                check_equal(send(s, b'hi'), REPLY, 'answer')
                p.stop(number)
                check_equal(s.recv(1), b'', 'the end')
        with Server('--udp') as p:
            p.stop(number)


def unread(p):
    """A client that has much to say and does not take the echo, and another
    that hears when the server stops."""
    slow, other = connect(p.port), connect(p.port)
    fill(slow)
    check_equal(send(other, b'hi'), b'hi', 'echo')
    return slow, other


@case
def stop_answering():
    """What is being sent goes out before the server leaves, and whoever reads
    late gets everything that was heard, and an end instead of a reset."""
    skip_unless(UNIX, 'signals are needed')
    with Server('--echo') as p:
        slow, other = unread(p)
        with slow, other:
            p.process.send_signal(signal.SIGINT)
            check_equal(other.recv(1), b'', 'the end')
            got = len(receive_rest(slow))
        p.leave(0)
        said = [int(n) for n in re.findall(rb' said (\d+) byte', p.out.data)]
        check_equal(got, sum(said) - len(b'hi'), 'bytes of echo')


@case
def stop_unheard():
    """Who is talking when the server stops gets whole answers, and an end instead
    of a reset."""
    skip_unless(UNIX, 'signals are needed')
    ended = threading.Event()
    with Server('--quiet') as p, connect(p.port) as s:
        def talk():
            while not ended.is_set():
                s.sendall(b'x' * 4096)
        talker = threading.Thread(target=talk, daemon=True)
        talker.start()
        first = receive_all(s, 10 * len(REPLY))
        p.process.send_signal(signal.SIGINT)
        rest = receive_rest(s)
        ended.set()
        talker.join(left())
        s.close()
        p.leave(0)
        check_equal((first + rest).replace(REPLY, b''), b'', 'beside answers')


@case
def stop_patience():
    """Who takes nothing is waited for, but not for ever."""
    skip_unless(UNIX, 'signals are needed')
    with Server('--echo') as p:
        slow, other = unread(p)
        with slow, other:
            p.stop(signal.SIGINT)


@case
def stop_twice():
    """The second Ctrl-C does not wait for anybody."""
    skip_unless(UNIX, 'signals are needed')
    with Server('--echo') as p:
        slow, other = unread(p)
        with slow, other:
            p.process.send_signal(signal.SIGINT)
            check_equal(other.recv(1), b'', 'the end')
            p.process.send_signal(signal.SIGINT)
            p.break_off(0 if emulated(server) else -signal.SIGINT)
