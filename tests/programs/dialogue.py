"""The document's dialogue, with idem-client and idem-server on either side.

The other side is Python where a case says so: its own version of the
document's two programs.
"""

import os
import socket
import time

from cases import (ANSWER, GOODBYE, PROMPT, UNIX, WHO, Server, case, client,
                   conversation, server, skip_unless)
from peers import (REPLY, DocumentServer, closed_port, connect, listener,
                   receive_all, send)
from processes import (Program, Terminal, check, check_equal, emulated, left,
                       run)


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
        check_equal(p.out.all(), conversation(*['hello,world'] * 3), 'output')
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
            check_equal(out, conversation(*['hello,world'] * lines.count('\n')),
                        'output of the client')
            p.out.find(f'{WHO} ended with q\n')


@case
def end_of_input():
    """The end of the input is a q; so is one behind an unfinished line."""
    for text, answers in (('', []), ('hi\n', ['hello,world']),
                          ('hi', ['hello,world'])):
        peer = DocumentServer()
        out, err = run(client, '127.0.0.1', str(peer.port), text=text)
        check_equal(out, conversation(*answers), 'output')
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
    check_equal(out, conversation('hello,world', 'hello,world'), 'output')
    peer.check_heard(b'a', b'b\rc', b'q')


@case
def utf8():
    """Text of several scripts: lines and answers, an argument, an answer cut
    in the middle of a character."""
    peer = DocumentServer(lambda data: '🌳'.encode())
    out, _ = run(client, '127.0.0.1', str(peer.port), text='你好\nq\n')
    check_equal(out, conversation('🌳'), 'output')
    peer.check_heard('你好'.encode(), b'q')
    with Server('--reply', 'Grüße, 世界 🌳') as p:
        out, _ = run(client, '127.0.0.1', str(p.port), text='ü\nq\n')
        check_equal(out, conversation('Grüße, 世界 🌳'), 'output')
        p.out.find('said 2 bytes')
    peer = DocumentServer(lambda data: '世'.encode()[:2])
    with Program(client, '127.0.0.1', str(peer.port)) as p:
        p.type('cut\nq\n')
        p.leave(0)
        check_equal(p.out.all_bytes(),
                    conversation('CUT').encode().replace(b'CUT', b'\xe4\xb8'),
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
def unreadable_input():
    """No end of the input, but nothing to read: the client says so and fails."""
    s = DocumentServer()
    with open(os.devnull, 'wb') as unreadable:
        with Program(client, '127.0.0.1', str(s.port), stdin=unreadable) as p:
            p.leave(1)
            check_equal(p.err.all(),
                        'idem-client: cannot read the standard input\n',
                        'message')
    s.check_heard(b'')


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
