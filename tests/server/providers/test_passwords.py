"""Passwords: hashed for keeps, told apart, in bounded threads."""

import asyncio
from collections.abc import Awaitable, Iterator
from typing import TypeVar

import pytest

from core.errors import Unavailable
from server.providers.passwords import Argon2Passwords

T = TypeVar("T")


@pytest.fixture
def passwords() -> Iterator[Argon2Passwords]:
    made = Argon2Passwords(threads=1, waiting_max=2)
    yield made
    made.close()


def run(work: Awaitable[T]) -> T:
    async def wait() -> T:
        return await work

    return asyncio.run(wait())


def test_a_password_fits_its_own_hash_alone(passwords: Argon2Passwords) -> None:
    first, second = (run(passwords.hash("correct horse")) for _ in range(2))
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert run(passwords.fits("correct horse", first))
    assert not run(passwords.fits("correct hors", first))
    assert not run(passwords.fits("correct horse", None))
    assert not run(passwords.fits("", first))


def test_what_is_no_hash_fits_nothing(passwords: Argon2Passwords) -> None:
    with pytest.raises(ValueError):
        run(passwords.fits("x", "not a hash"))


def test_beyond_the_queue_a_hash_is_refused_and_the_loop_stays_free(
    passwords: Argon2Passwords,
) -> None:
    async def crowd() -> tuple[list[str | BaseException], int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.001)
                ticks += 1

        ticking = asyncio.create_task(tick())
        tries = [passwords.hash(f"password {number}") for number in range(6)]
        results = await asyncio.gather(*tries, return_exceptions=True)
        ticking.cancel()
        return results, ticks

    results, ticks = asyncio.run(crowd())
    refused = [result for result in results if isinstance(result, BaseException)]
    assert len(refused) == 3
    for refusal in refused:
        assert isinstance(refusal, Unavailable)
        assert (refusal.code, refusal.retry_after) == ("server.busy", 2)
    assert ticks > 5
    assert run(passwords.hash("room again")).startswith("$argon2id$")
