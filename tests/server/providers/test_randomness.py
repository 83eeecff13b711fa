"""Randomness in pieces: no byte twice, whatever the sizes and threads."""

from concurrent.futures import ThreadPoolExecutor

from server.providers.randomness import PIECE_BYTES, Randomness


def test_no_byte_is_handed_out_twice() -> None:
    draw = Randomness()
    with ThreadPoolExecutor(4) as threads:
        drawn = list(threads.map(lambda number: draw(10 + number % 7), range(5_000)))
    assert [len(one) for one in drawn] == [10 + number % 7 for number in range(5_000)]
    assert len(set(drawn)) == 5_000


def test_sizes_at_the_edges() -> None:
    draw = Randomness()
    assert draw(0) == b""
    for size in (1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 10 * PIECE_BYTES):
        one, other = draw(size), draw(size)
        assert len(one) == len(other) == size
        assert one != other or size == 1
