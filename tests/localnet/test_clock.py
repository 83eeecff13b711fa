import time

import pytest

from server.localnet.clock import NetworkClock


def test_it_follows_the_machine_and_what_was_added() -> None:
    clock = NetworkClock()
    assert abs(clock.now() - time.time()) < 2
    clock.advance(1_000)
    clock.advance(500)
    assert clock.advanced == 1_500
    assert abs(clock.now() - time.time() - 1_500) < 2


def test_it_never_goes_back() -> None:
    clock = NetworkClock()
    clock.advance(10)
    with pytest.raises(ValueError, match="forward"):
        clock.advance(-1)
    assert clock.advanced == 10
