"""The other side of the dialogue, in Python."""

import os
import socket
import struct
import threading

from processes import check, check_equal, left

REPLY = b'hello,world'

kept = []  # what stays open as long as the process


def listener():
    """A listening socket on a free port, and the port."""
    s = socket.create_server(('127.0.0.1', 0))
    s.settimeout(left())
    return s, s.getsockname()[1]


def closed_port():
    """A port that nobody listens on, kept from others until the case ends."""
    s = socket.socket()
    kept.append(s)
    s.bind(('127.0.0.1', 0))
    return s.getsockname()[1]


def connect(port):
    return socket.create_connection(('127.0.0.1', port), left())


def send(s, data):
    """Send one message and take its answer."""
    s.sendall(data)
    return s.recv(1024)


def receive_all(s, size):
    data = b''
    while len(data) < size:
        chunk = s.recv(65536)
        check(chunk, f'end of stream after {len(data)} of {size} bytes')
        data += chunk
    return data


def receive_rest(s):
    """Everything until the end of the stream."""
    data = bytearray()
    while True:
        chunk = s.recv(65536)
        if not chunk:
            return bytes(data)
        data += chunk


def at_end(s):
    """Whether the end has come to a socket that does not wait."""
    try:
        return s.recv(1) == b''
    except BlockingIOError:
        return False


def break_off(s):
    """Break the connection."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                 struct.pack('hh' if os.name == 'nt' else 'ii', 1, 0))
    s.close()


def fill(s):
    """Send until nothing more goes out for a while; what was sent."""
    block = bytes(range(256)) * 256
    sent = 0
    s.settimeout(0.5)
    try:
        while sent < 64 << 20:
            at = sent % 256
            sent += s.send(block[at:])
    except socket.timeout:
        pass
    s.settimeout(left())
    check(sent < 64 << 20, 'the server reads on without being read')
    return (block * (sent // len(block) + 1))[:sent]


class DocumentServer(threading.Thread):
    """The document's server: one client, until it says q. `heard` is what the
    client said. `answer` makes an answer of a message."""

    def __init__(self, answer=lambda data: REPLY):
        super().__init__(daemon=True)
        self._socket, self.port = listener()
        self._answer = answer
        self.heard = []
        self.start()

    def run(self):
        conn, _ = self._socket.accept()
        with conn, self._socket:
            conn.settimeout(left())
            while True:
                data = conn.recv(1024)
                self.heard.append(data)
                if data in (b'', b'q'):
                    break
                conn.sendall(self._answer(data))

    def check_heard(self, *want):
        self.join(left())
        check_equal(self.heard, list(want), 'heard by the server')
