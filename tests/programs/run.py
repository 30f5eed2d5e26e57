"""The programs under test: one case.

    run.py CASE --client COMMAND... --server COMMAND...
    run.py --list

A case that held ends with the line "PASS programs.CASE"; one that means nothing
here prints why and leaves with 77. Nothing but this machine is talked to, and
every wait is bounded.
"""

import os
import sys
import threading

import dialogue
import options
import serving
import hostile
import saving
import tools
from cases import cases, client, server
from processes import Failed, Skipped, SECONDS


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
