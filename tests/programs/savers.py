"""The other side of a file that is sent, in Python."""

import socket
import threading
import time

from processes import check, left


class Peer(threading.Thread):
    """Serves one client: serve(conn) is what it does, and what that returns is
    what outcome() gives."""

    def __init__(self, serve, path=None):
        super().__init__(daemon=True)
        if path:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.bind(path)
            self._socket.listen()
        else:
            self._socket = socket.create_server(('127.0.0.1', 0))
            self.port = str(self._socket.getsockname()[1])
        self._socket.settimeout(left())
        self._serve = serve
        self._outcome = self._error = None
        self.start()

    def run(self):
        try:
            conn, _ = self._socket.accept()
            with conn, self._socket:
                conn.settimeout(left())
                self._outcome = self._serve(conn)
        except Exception as e:  # it belongs to the case
            self._error = e

    def outcome(self):
        self.join(left())
        check(not self.is_alive(), 'the peer does not end')
        if self._error:
            raise self._error
        return self._outcome


def read_header(conn):
    """Size and name."""
    line = b''
    while not line.endswith(b'\n'):
        byte = conn.recv(1)
        check(byte, f'end of stream in the header {line!r}')
        line += byte
    word, size, name = line[:-1].split(b' ', 2)
    check(word == b'file', f'not a header: {line!r}')
    return int(size), name.decode()


def read_content(conn, size):
    data = bytearray()
    while len(data) < size:
        chunk = conn.recv(min(1 << 20, size - len(data)))
        check(chunk, f'end of stream after {len(data)} of {size} bytes')
        data += chunk
    return bytes(data)


def read_on(conn, size=None):
    """Read until the client leaves, however it does so, and tell it when so
    many bytes are saved; how many came."""
    total = 0
    try:
        while True:
            chunk = conn.recv(1 << 20)
            if not chunk:
                return total
            total += len(chunk)
            if total == size:
                conn.sendall(b'saved %d\n' % size)
    except ConnectionError:
        return total


def await_standstill(conn):
    """Wait until nothing more has come for a while; nothing is read."""
    import fcntl
    import termios
    before, now = None, b''
    while now != before:
        time.sleep(0.3)
        before, now = now, fcntl.ioctl(conn, termios.FIONREAD, b'    ')
        check(left() > 1, 'it never stands still')


def save(conn):
    """What a server that saves files does: name and content."""
    size, name = read_header(conn)
    data = read_content(conn, size)
    conn.sendall(b'saved %d\n' % size)
    check(conn.recv(1) == b'', 'there is more than the file')
    return name, data


def answering(answer):
    """One that takes everything, and answers this."""
    def serve(conn):
        size, _ = read_header(conn)
        read_content(conn, size)
        conn.sendall(answer)
    return serve
