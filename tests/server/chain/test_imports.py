"""The SDK stays out of the serving process: it costs half a second and 55 MiB."""

import subprocess
import sys


def test_the_server_reads_and_writes_the_network_without_the_sdk():
    program = "import sys, server.wiring; print('stellar_sdk' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
