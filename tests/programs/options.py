"""The command lines of both programs."""

from cases import case, client, server
from processes import check, check_equal, run


@case
def help_and_version():
    for command, name in ((client, 'idem-client'), (server, 'idem-server')):
        out, err = run(command, '--help')
        check(out.startswith(f'Usage: {name}') and '8080' in out, out)
        check(all(len(line) < 80 for line in out.split('\n')), 'wide help')
        check_equal(err, '', 'messages')
        check_equal(run(command, '-h'), (out, ''), '-h')
        out, err = run(command, '--version')
        check(out.startswith(f'{name} ') and out.count('.') == 2
              and out.count('\n') == 1, out)
        check_equal(err, '', 'messages')


def check_refused(name, command, *lines):
    """One clear line, and 2."""
    for line in (['--nothing'], ['-x'], ['--udp=1'], ['--help=1'], *lines):
        out, err = run(command, *line, status=2)
        check_equal(out, '', f'output of {name} {line}')
        check(err.startswith(f'{name}: ') and err.endswith('; try --help\n')
              and err.count('\n') == 1, f'{name} {line}: {err!r}')


@case
def bad_arguments():
    """Of the client."""
    check_refused(
        'idem-client', client,
        ['', '8080'], ['[::1]'], ['127.0.0.1', '0'], ['127.0.0.1', 'http'],
        ['127.0.0.1', '65536'],
        ['127.0.0.1', '8080', 'more'], ['127.0.0.1', '-1'], ['127.0.0.1', ''],
        ['--timeout'], ['--timeout', '-1'], ['--timeout', 'nan'],
        ['--timeout=inf'], ['--timeout='], ['--timeout=1.5s'],
        ['--timeout=0x1'], ['--timeout=.'], ['--udp', 'localhost', '80'],
        ['--udp', '--probe'])


@case
def server_arguments():
    """The same of the server."""
    check_refused(
        'idem-server', server,
        ['--port'], ['--port', 'x'], ['--port', '65536'], ['--port=-1'],
        ['--port='], ['--port=080800'], ['8080'], ['--host', 'localhost'],
        ['--host', ''],
        ['--host', '1.2.3'], ['--reply', 'a', '--echo'], ['--reply'],
        ['--timeout', '1'], ['--max-clients', '0'], ['--max-clients=-1'],
        ['--max-clients=1000000000'], ['--max-clients', '1k'],
        ['--idle-timeout', '0'], ['--idle-timeout', 'x'], ['--unix', ''],
        ['--unix', 'x' * 108], ['--unix', 'x', '--host', '::1'],
        ['--unix', 'x', '--dual'], ['--unix', 'x', '--port', '1'],
        ['--unix', 'x', '--udp'], ['--save-to', '.', '--echo'],
        ['--save-to', '.', '--udp'], ['--save-to', '.', '--reply', 'a'],
        ['--save-to'], ['--save-to', ''], ['--dual', '--host', '::1'], ['--stats=1'],
        ['--udp', '--max-clients', '1'], ['--udp', '--idle-timeout', '1'])
