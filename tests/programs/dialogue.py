"""The document's dialogue, with idem-client and idem-server on either side.

    dialogue.py CASE --client COMMAND... --server COMMAND...
    dialogue.py --list

The other side is Python where a case says so: its own version of the
document's two programs. A case that held ends with the line "PASS
programs.CASE"; one that means nothing here prints why and leaves with 77.
Nothing but 127.0.0.1 and ::1 is talked to, and every wait is bounded.
"""

import os
import signal
import socket
import struct
import sys
import threading
import time

from peers import (REPLY, DocumentServer, closed_port, connect, fill, listener,
                   receive_all, send)
from processes import (Failed, Program, Skipped, Terminal, check, check_equal,
                       left, run, SECONDS)

PROMPT = '请输入你要发送的内容:'
ANSWER = '服务器返回的数据: '
GOODBYE = '链接断开\n'
UNIX = os.name == 'posix'
WHO = r'(127\.0\.0\.1:\d+)'

cases = {}
client = []
server = []


def case(function):
    cases[function.__name__] = function
    return function


def emulated(command):
    """Whether it runs under Wine."""
    return UNIX and command[-1].endswith('.exe')


def skip_unless(condition, reason):
    if not condition:
        raise Skipped(reason)


class Server(Program):
    """idem-server on a free port. It is stopped as its user would stop it:
    killing it with clients is what Wine 8 may not survive."""

    def __init__(self, *args, **options):
        if '--port' not in args:
            args = ('--port', '0', *args)
        super().__init__(server, *args, **options)
        if self.out:
            self.port = int(self.out.find(r'listening on \S+:(\d+)\n')[1])

    def __exit__(self, kind, *rest):
        try:
            if UNIX and not kind and self.process.poll() is None:
                self.stop(signal.SIGINT)
        finally:
            super().__exit__(kind, *rest)


def dialogue(*answers):
    """What the client prints in a conversation with these answers."""
    said = ''.join(f'{PROMPT}{ANSWER}{answer}\n' for answer in answers)
    return f'{said}{PROMPT}{GOODBYE}'


# ---- The dialogue ----------------------------------------------------------

@case
def document_server():
    """The document's server, idem-client, step by step."""
    peer = DocumentServer()
    with Program(client, '127.0.0.1', str(peer.port)) as p:
        for line in ('hi', 'how are you?', 'qq'):
            p.out.find(PROMPT)
            p.type(line + '\n')
            p.out.find(f'{ANSWER}hello,world\n')
        p.out.find(PROMPT)
        p.type('q\n')
        p.leave(0)
        check_equal(p.out.all(), dialogue(*['hello,world'] * 3), 'output')
        check_equal(p.err.all(), '', 'messages')
    peer.check_heard(b'hi', b'how are you?', b'qq', b'q')


@case
def document_client():
    """The document's client, idem-server."""
    with Server() as p:
        with connect(p.port) as s:
            check_equal(send(s, b'hi'), REPLY, 'answer')
            check_equal(send(s, '你好'.encode()), REPLY, 'answer')
            check_equal(send(s, b'q\n'), REPLY, 'answer to q and a newline')
            check_equal(send(s, b'q'), b'', 'answer to q')
        p.out.find(f'{WHO} connected\n')
        p.out.find(f'{WHO} said 2 bytes\n')
        p.out.find(f'{WHO} said 6 bytes\n')
        p.out.find(f'{WHO} ended with q\n')


@case
def pair():
    """Both programs, several conversations in turn."""
    with Server() as p:
        for lines in ('', 'hi\n', 'one\ntwo\nthree\n'):
            out, err = run(client, '127.0.0.1', str(p.port), text=lines + 'q\n')
            check_equal(err, '', 'messages of the client')
            check_equal(out, dialogue(*['hello,world'] * lines.count('\n')),
                        'output of the client')
            p.out.find(f'{WHO} ended with q\n')


@case
def end_of_input():
    """The end of the input is a q; so is one behind an unfinished line."""
    for text, answers in (('', []), ('hi\n', ['hello,world']),
                          ('hi', ['hello,world'])):
        peer = DocumentServer()
        out, err = run(client, '127.0.0.1', str(peer.port), text=text)
        check_equal(out, dialogue(*answers), 'output')
        check_equal(err, '', 'messages')
        peer.check_heard(*[b'hi'] * len(answers), b'q')


@case
def empty_lines():
    """Nothing to send: the client asks again."""
    peer = DocumentServer()
    out, _ = run(client, '127.0.0.1', str(peer.port), text='\n\r\nhi\n\nq\n')
    check_equal(out, f'{PROMPT * 3}{ANSWER}hello,world\n{PROMPT * 2}{GOODBYE}',
                'output')
    peer.check_heard(b'hi', b'q')


@case
def crlf():
    """Lines of Windows; a CR within a line belongs to it."""
    peer = DocumentServer()
    out, _ = run(client, '127.0.0.1', str(peer.port), text='a\r\nb\rc\r\nq\r\n')
    check_equal(out, dialogue('hello,world', 'hello,world'), 'output')
    peer.check_heard(b'a', b'b\rc', b'q')


@case
def utf8():
    """Text of several scripts: lines and answers, an argument, an answer cut
    in the middle of a character."""
    peer = DocumentServer(lambda data: '🌳'.encode())
    out, _ = run(client, '127.0.0.1', str(peer.port), text='你好\nq\n')
    check_equal(out, dialogue('🌳'), 'output')
    peer.check_heard('你好'.encode(), b'q')
    with Server('--reply', 'Grüße, 世界 🌳') as p:
        out, _ = run(client, '127.0.0.1', str(p.port), text='ü\nq\n')
        check_equal(out, dialogue('Grüße, 世界 🌳'), 'output')
        p.out.find('said 2 bytes')
    peer = DocumentServer(lambda data: '世'.encode()[:2])
    with Program(client, '127.0.0.1', str(peer.port)) as p:
        p.type('cut\nq\n')
        p.leave(0)
        check_equal(p.out.all_bytes(),
                    dialogue('CUT').encode().replace(b'CUT', b'\xe4\xb8'),
                    'output')


@case
def long_lines():
    """A long line goes out whole; one without end is refused, not sent."""
    with socket.create_server(('127.0.0.1', 0)) as s:
        s.settimeout(left())
        port = s.getsockname()[1]
        with Program(client, '127.0.0.1', str(port)) as p:
            conn, _ = s.accept()
            conn.settimeout(left())
            p.type('x' * 300000 + '\n')
            check_equal(receive_all(conn, 300000), b'x' * 300000, 'a long line')
            conn.sendall(b'thanks')
            p.out.find(f'{ANSWER}thanks\n')
            p.type('y' * ((1 << 20) + 1) + '\n')
            p.err.find('more than 1048576 bytes')
            p.type('short\nq\n')
            check_equal(conn.recv(1024), b'short', 'the line behind it')
            conn.sendall(b'thanks')
            check_equal(conn.recv(1024), b'q', 'the end')
            p.leave(0)
            conn.close()


@case
def terminal():
    """Both programs on terminals: typed text arrives, printed text is seen, and
    Ctrl-C stops the server."""
    skip_unless(UNIX, 'a terminal of Unix is needed to type on')
    with Terminal(server, '--port', '0') as s:
        port = s.out.find(r'listening on 127\.0\.0\.1:(\d+)')[1].decode()
        with Terminal(client, '127.0.0.1', port) as c:
            c.out.find(PROMPT)
            if emulated(client):
                c.wait_for_keys()
            c.type('hé你🌳\r')
            s.out.find('said 10 bytes')
            c.out.find(f'{ANSWER}hello,world')
            c.out.find(PROMPT)
            if emulated(client):
                c.wait_for_keys()
            c.type('q\r')
            c.out.find('链接断开')
            c.leave(0)
        s.out.find('ended with q')
        s.type('\x03')
        s.out.find('stopped')
        s.leave(0)


@case
def end_key():
    """Ctrl-D on a terminal is the end of the input, on a line of its own."""
    skip_unless(UNIX and not emulated(client), 'Ctrl-D is a key of Unix')
    peer = DocumentServer()
    with Terminal(client, '127.0.0.1', str(peer.port)) as p:
        p.out.find(PROMPT)
        p.type('\x04')
        p.leave(0)
        p.out.find(f'\r\n{GOODBYE.strip()}')
    peer.check_heard(b'q')


# ---- Failures of the client ------------------------------------------------

@case
def refused():
    """Nobody listens: a message with address and code."""
    port = closed_port()
    out, err = run(client, '127.0.0.1', str(port), status=1)
    check_equal(out, '', 'output')
    check_equal(err, f'idem-client: cannot connect to 127.0.0.1:{port}: '
                     'connection refused (10061 ECONNREFUSED)\n', 'message')


@case
def server_closes():
    """The server ends the conversation."""
    s, port = listener()
    with s, Program(client, '127.0.0.1', str(port)) as p:
        conn, _ = s.accept()
        p.type('hi\n')
        check_equal(conn.recv(1024), b'hi', 'heard by the server')
        conn.close()
        p.leave(1)
        check_equal(p.err.all(),
                    'idem-client: the server closed the connection\n',
                    'message')


@case
def full_output():
    """Nowhere to print: the client says so and fails."""
    skip_unless(os.path.exists('/dev/full') and not emulated(client),
                'a device that is full is needed')
    for args in (['--help'], ['--probe', '127.0.0.1', str(closed_port())],
                 ['127.0.0.1', str(DocumentServer().port)]):
        with open('/dev/full', 'wb') as full:
            with Program(client, *args, stdout=full) as p:
                p.leave(1)
                check_equal(p.err.all(), 'idem-client: cannot write to the '
                            'standard output\n', f'message of {args}')


@case
def timeout():
    """A silent server: the document's timeout, and its code."""
    s, port = listener()
    with s, Program(client, '127.0.0.1', str(port), '--timeout=0.5') as p:
        conn, _ = s.accept()
        began = time.monotonic()
        p.type('hi\n')
        p.leave(1)
        took = time.monotonic() - began
        check(took >= 0.5, f'{took} s are less than the timeout')
        p.err.find(r'timed out \(10060 ETIMEDOUT\)\n')
        conn.close()


@case
def probe():
    """The document's connect_ex, with its 10061."""
    port = closed_port()
    refused = 'connect_ex -> 10061 ECONNREFUSED connection refused\n'
    success = 'connect_ex -> 0 OK success\n'
    for host in ('127.0.0.1', 'localhost'):
        out, err = run(client, host, str(port), '--probe', status=1)
        check_equal((out, err), (refused, ''), f'probe of nobody at {host}')
    with Server('--quiet') as p:
        for host in ('127.0.0.1', 'localhost'):
            out, err = run(client, '--probe', host, str(p.port))
            check_equal((out, err), (success, ''), f'probe of {host}')
    out, _ = run(client, '--probe', '--timeout', '0', '127.0.0.1', str(port),
                 status=1)
    check(out in (refused, 'connect_ex -> 10035 EWOULDBLOCK '
                           'operation would block\n'), f'no wait: {out}')


# ---- The server and many clients -------------------------------------------

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


def cpu_seconds():
    """Processor time of the programs that have ended."""
    t = os.times()
    return t.children_user + t.children_system


@case
def idle():
    """A client that reads nothing and has finished sending, one that has left
    in the middle, one that says nothing: waiting for them costs nothing."""
    skip_unless(UNIX, 'the time of other processes cannot be asked')
    before = cpu_seconds()
    with Server('--echo', '--quiet') as p:
        with connect(p.port) as slow, connect(p.port), connect(p.port) as gone:
            fill(slow)
            slow.shutdown(socket.SHUT_WR)
            gone.sendall(b'x' * 100000)
            gone.close()
            time.sleep(2)
    spent = cpu_seconds() - before
    check(spent < 1, f'{spent} s of processor time for 2 s of waiting')


@case
def reset():
    """A client that breaks its connection is told of, and disturbs nobody."""
    with Server('--reply', 'x' * 20000) as p, connect(p.port) as other:
        with connect(p.port) as s:
            s.sendall(b'hi')
            check(s.recv(10), 'no answer')
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         struct.pack('hh' if os.name == 'nt' else 'ii', 1, 0))
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
    before = cpu_seconds()

    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))

    with Server(preexec_fn=limit) as p:
        crowd = [connect(p.port) for _ in range(30)]
        p.err.find(r'cannot accept for now: .* \(10024 EMFILE\)\n')
        check_equal(send(crowd[0], b'hi'), REPLY, 'answer')
        time.sleep(2)
        crowd[-1].sendall(b'let me in')
        for s in crowd[:-1]:
            s.close()
        check_equal(crowd[-1].recv(1024), REPLY, 'answer to who waited')
        crowd[-1].close()
    spent = cpu_seconds() - before
    check(spent < 1, f'{spent} s of processor time')


# ---- Options of the server -------------------------------------------------

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
            check(p.out.all().endswith('stopped\n'), 'not said to be stopped')
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
        check_equal((out, err), (dialogue('hello,world', 'hello,world'), ''),
                    'output of the client')
        p.out.find(f'{WHO} said 3 bytes\n')
        p.out.find(f'{WHO} ended with q\n')


@case
def ipv6():
    """The same with IPv6; the address has its brackets."""
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(('::1', 0))
    except OSError as e:
        raise Skipped(f'no IPv6 here: {e}') from None
    with Server('--host', '::1') as p:
        check(p.out.data.startswith(b'listening on [::1]:'), 'no brackets')
        out, _ = run(client, '::1', str(p.port), text='hi\nq\n')
        check_equal(out, dialogue('hello,world'), 'output of the client')
        p.out.find(r'\[::1\]:\d+ ended with q\n')


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


@case
def stop():
    """Ctrl-C and SIGTERM: a clean end, and the port is free at once."""
    skip_unless(UNIX, 'signals are needed')
    signals = [signal.SIGINT]
    if not emulated(server):
        signals += [signal.SIGTERM]
    port = '0'
    for number in signals:
        with Server('--port', port) as p:
            port = str(p.port)
            with connect(p.port) as s:
                check_equal(send(s, b'hi'), REPLY, 'answer')
                p.stop(number)
                check_equal(s.recv(1), b'', 'the end')
            check(p.out.all().endswith('stopped\n'), 'not said to be stopped')
        with Server('--port', port, '--udp') as p:
            p.stop(number)


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


# ---- The command line ------------------------------------------------------

@case
def help_and_version():
    for command, name in ((client, 'idem-client'), (server, 'idem-server')):
        out, err = run(command, '--help')
        check(out.startswith(f'Usage: {name}') and '8080' in out, out)
        check(all(len(line) < 80 for line in out.split('\n')), 'wide help')
        check_equal(err, '', 'messages')
        out, err = run(command, '--version')
        check(out.startswith(f'{name} ') and out.count('.') == 2
              and out.count('\n') == 1, out)
        check_equal(err, '', 'messages')


@case
def bad_arguments():
    """One clear line, and 2."""
    both = (['--nothing'], ['-x'], ['--udp=1'], ['--help=1'])
    for_server = (['--port'], ['--port', 'x'], ['--port', '65536'],
                  ['--port=-1'], ['--port='], ['--port=080800'], ['8080'],
                  ['--host', 'localhost'], ['--host', '1.2.3'],
                  ['--reply', 'a', '--echo'], ['--reply'], ['--timeout', '1'])
    for_client = (['127.0.0.1', '0'], ['127.0.0.1', 'http'],
                  ['127.0.0.1', '65536'], ['127.0.0.1', '8080', 'more'],
                  ['127.0.0.1', '-1'], ['127.0.0.1', ''],
                  ['--timeout'], ['--timeout', '-1'], ['--timeout', 'nan'],
                  ['--timeout=inf'], ['--timeout='], ['--timeout=1.5s'],
                  ['--timeout=0x1'], ['--timeout=.'],
                  ['--udp', 'localhost', '80'], ['--udp', '--probe'])
    for name, command, lines in (
            ('idem-server', server, (*both, *for_server)),
            ('idem-client', client, (*both, *for_client))):
        for line in lines:
            out, err = run(command, *line, status=2)
            check_equal(out, '', f'output of {name} {line}')
            check(err.startswith(f'{name}: ') and err.endswith('; try --help\n')
                  and err.count('\n') == 1, f'{name} {line}: {err!r}')


# ---- The program -----------------------------------------------------------

def main(args):
    if args == ['--list']:
        print('\n'.join(cases))
        return 0
    name = args[0]
    at = args.index('--server')
    client[:] = args[args.index('--client') + 1:at]
    server[:] = args[at + 1:]
    watchdog = threading.Timer(SECONDS + 5, os._exit, [1])
    watchdog.daemon = True
    watchdog.start()
    try:
        cases[name]()
    except Skipped as e:
        print(f'SKIP programs.{name}: {e}')
        return 77
    except (Failed, OSError) as e:
        print(f'FAIL programs.{name}: {e}', file=sys.stderr)
        return 1
    print(f'PASS programs.{name}')
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
