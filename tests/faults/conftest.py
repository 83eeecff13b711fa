import json
import subprocess
import sys
from collections.abc import Iterator

import pytest


@pytest.fixture
def network() -> Iterator[dict[str, str]]:
    command = "-m core localnet --port 0 --json --close-seconds 0.5".split()
    with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(10)
