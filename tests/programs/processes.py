"""Programs under test and the patience a case has with them."""

import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time

PATIENCE = int(os.environ.get('IDEM_TEST_PATIENCE', '1'))
SECONDS = 50 * PATIENCE  # a whole case; CTest ends it after 60
_began = time.monotonic()


class Failed(Exception):
    """The case does not hold."""


class Skipped(Exception):
    """The case means nothing here; the reason is its text."""


def left():
    """Seconds that this case may still wait."""
    return max(0.01, SECONDS - (time.monotonic() - _began))


def check(condition, what):
    if not condition:
        raise Failed(what)


def check_equal(got, want, what):
    check(got == want, f'{what}: got {got!r}, want {want!r}')


def emulated(command):
    """Whether it runs under Wine."""
    return os.name == 'posix' and command[-1].endswith('.exe')


class Output:
    """What a stream has brought so far, and how much of it was looked at."""

    def __init__(self, descriptor):
        self._descriptor = descriptor
        self._changed = threading.Condition()
        self._seen = 0
        self._ended = False
        self.data = b''
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self):
        while True:
            try:
                chunk = os.read(self._descriptor, 65536)
            except OSError:  # a terminal whose other side is gone
                chunk = b''
            with self._changed:
                self.data += chunk
                self._ended = not chunk
                self._changed.notify_all()
            if not chunk:
                return

    def find(self, pattern):
        """Wait for the pattern behind the last one that was found."""
        regex = re.compile(pattern.encode())
        with self._changed:
            while True:
                match = regex.search(self.data, self._seen)
                if match:
                    self._seen = match.end()
                    return match
                if self._ended or not self._changed.wait(left()):
                    raise Failed(f'no {pattern!r} in the output '
                                 f'{self.data[self._seen:]!r}')

    def all_bytes(self):
        """Everything, once the stream has ended."""
        self._thread.join(left())
        check(self._ended, 'the output does not end')
        return self.data

    def all(self):
        return self.all_bytes().decode()


class Program:
    """A process, ended at the latest when its block is left."""

    def __init__(self, command, *args, **options):
        env = dict(os.environ, LC_ALL='C.UTF-8')
        options = {'stdin': subprocess.PIPE, 'stdout': subprocess.PIPE,
                   'stderr': subprocess.PIPE, 'env': env, **options}
        self.process = subprocess.Popen([*command, *args], **options)
        self._emulated = emulated(command)
        self.name = ' '.join([os.path.basename(command[-1]), *args])
        self.out = self._output(self.process.stdout)
        self.err = self._output(self.process.stderr)

    @staticmethod
    def _output(stream):
        return Output(stream.fileno()) if stream else None

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(left())
        if kind and kind is not Skipped:
            for stream in (self.out, self.err):
                if stream:
                    print(f'{self.name}: {stream.data[-5000:]!r}',
                          file=sys.stderr)

    def type(self, text):
        """Give it input."""
        data = text if isinstance(text, bytes) else text.encode()
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def end_input(self):
        self.process.stdin.close()

    def stop(self, number):
        """End it as its user would. Wine makes Ctrl-C of SIGINT."""
        self.process.send_signal(number)
        self.leave(0)

    def leave(self, status=0):
        """Wait for its end, which must have this status."""
        try:
            got = self.process.wait(left())
        except subprocess.TimeoutExpired:
            raise Failed(f'{self.name} does not end') from None
        if self._was_tidied_up(got):
            got = status
        check_equal(got, status, f'exit status of {self.name}')

    def _was_tidied_up(self, status):
        """Wine 8 kills a process that is still there half a second after its
        last thread has ended, as on a busy machine, and its status is lost.
        Nobody else here kills. What was printed, its last line above all, tells
        whether it had finished; a case looks at that anyway."""
        return self._emulated and status == -signal.SIGKILL


class Terminal(Program):
    """A process that somebody watches, and types to, on a terminal of its own.
    Everything it prints is in `out`, with whatever moves the cursor."""

    def __init__(self, command, *args):
        import pty
        self._keyboard, theirs = pty.openpty()
        super().__init__(command, *args, stdin=theirs, stdout=theirs,
                         stderr=theirs, preexec_fn=self._take_terminal)
        os.close(theirs)
        self.out = Output(self._keyboard)

    @staticmethod
    def _take_terminal():
        import fcntl
        import termios
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def resize(self, columns):
        import fcntl
        import termios
        fcntl.ioctl(self._keyboard, termios.TIOCSWINSZ,
                    struct.pack('4H', 25, columns, 0, 0))

    def wait_for_keys(self):
        """Wait until every key is taken as it is typed. Wine does so while a
        program reads, and confuses what was typed in lines before."""
        import termios
        while termios.tcgetattr(self._keyboard)[3] & termios.ICANON:
            check(left() > 1, f'{self.name} does not read keys')
            time.sleep(0.01)

    def type(self, text):
        os.write(self._keyboard, text.encode())


def run(command, *args, text='', status=0):
    """A whole life: input, status, output and messages."""
    with Program(command, *args) as p:
        try:
            p.type(text)
            p.end_input()
        except OSError:
            pass  # it has ended without reading
        p.leave(status)
        return p.out.all(), p.err.all()
