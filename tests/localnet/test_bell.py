import asyncio

from stellar_sdk.operation import ManageData

from server.localnet.bell import LedgerBell
from server.localnet.ledger.chain import Chain
from tests.localnet.driver import Driver


def test_all_who_wait_hear_the_next_close_and_only_that(chain: Chain) -> None:
    async def wait() -> None:
        bell = LedgerBell(chain)
        first = bell.next()
        waiting = [asyncio.create_task(bell.next().wait()) for _ in range(3)]
        await asyncio.sleep(0)
        chain.close(10)
        assert await asyncio.gather(*waiting) == [True] * 3
        assert first.is_set()
        assert not bell.next().is_set()

    asyncio.run(wait())


def test_a_transaction_is_given_once_a_ledger_holds_it(chain: Chain) -> None:
    driver = Driver(chain)
    chain.close(10)

    async def wait() -> None:
        bell = LedgerBell(chain)
        envelope = driver.build(driver.root, ManageData("name", b"value"))
        asked = asyncio.create_task(bell.applied(envelope.hash(), 5))
        await asyncio.sleep(0)
        driver.close()
        await asyncio.sleep(0)
        assert not asked.done()
        chain.submit(envelope.to_xdr_object().to_xdr_bytes())
        driver.close()
        applied = await asked
        assert applied is chain.find(envelope.hash())
        assert applied is not None
        assert await bell.applied(bytes(32), 0.01) is None

    asyncio.run(wait())
