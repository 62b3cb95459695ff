"""Ends the engine that answers on the local socket, known by the pid that the kernel gives for it.

An engine outlives its hub on purpose; this is for a trial on one's own machine, which ends whole.
"""

import os
import signal
import socket
import struct

from multiplespawner.daemon import DEFAULT_DIRECTORY, local_url

with socket.socket(socket.AF_UNIX) as connection:
    try:
        connection.connect(local_url(DEFAULT_DIRECTORY)[len("unix://") :])
    except OSError:
        print("the engine was not running")
        raise SystemExit from None
    peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    os.kill(struct.unpack("3i", peer)[0], signal.SIGTERM)
    print("the engine is stopped")
