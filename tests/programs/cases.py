"""What the cases share: how they are found, and the programs under test."""

import os
import signal
import sys

from processes import Program, Skipped, check, emulated

PROMPT = '请输入你要发送的内容:'
ANSWER = '服务器返回的数据: '
GOODBYE = '链接断开\n'
UNIX = os.name == 'posix'
LINUX = sys.platform == 'linux'
WHO = r'(127\.0\.0\.1:\d+)'

cases = {}
client = []  # the words that start it
server = []


def case(function):
    cases[function.__name__] = function
    return function


def skip_unless(condition, reason):
    if not condition:
        raise Skipped(reason)


class Server(Program):
    """idem-server on a free port. It is stopped as its user would stop it:
    killing it with clients is what Wine 8 may not survive."""

    def __init__(self, *args, **options):
        if '--port' not in args and '--unix' not in args:
            args = ('--port', '0', *args)
        self._quiet = '--quiet' in args
        super().__init__(server, *args, **options)
        if self.out:
            at = self.out.find(r'listening on (\S+?)(:(\d+))?\n')
            self.port = int(at[3]) if at[3] else None

    def __exit__(self, kind, *rest):
        try:
            if UNIX and not kind and self.process.poll() is None:
                self.stop(signal.SIGINT)
        finally:
            super().__exit__(kind, *rest)

    def leave(self, status=0):
        super().leave(status)
        if status == 0 and self.out and not self._quiet:
            check(self.out.all().endswith('stopped\n'),
                  'not said to be stopped')

    def break_off(self, status):
        """Wait for an end that is not a clean one."""
        super().leave(status)
        check(b'stopped' not in self.out.all_bytes(), 'it took its time')


def conversation(*answers):
    """What the client prints in a conversation with these answers."""
    said = ''.join(f'{PROMPT}{ANSWER}{answer}\n' for answer in answers)
    return f'{said}{PROMPT}{GOODBYE}'
