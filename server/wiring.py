"""The one place where the parts meet."""

import asyncio
import fcntl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from importlib.metadata import version
from pathlib import Path
from secrets import token_bytes
from time import perf_counter
from typing import TextIO

import aiohttp
from msgspec import Struct
from prometheus_client import CollectorRegistry, Counter, Gauge
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp

from core.clock import SystemClock
from core.ids import Random, ulid
from core.money import Asset
from server.chain.client import Client
from server.chain.node import RemoteNode, Urls
from server.chain.preflight import Preflight
from server.chain.signing import Signing, Treasury
from server.chain.transactions import network_id
from server.documents.statements import FORMATS
from server.http.app import create_app
from server.http.metrics import HttpMetrics
from server.http.routes import route_table
from server.jobs.expire import Expire
from server.jobs.follow import Follow
from server.jobs.house import KeepHouse
from server.jobs.loop import Bell, Job, Tally, run_job
from server.jobs.market import Market
from server.jobs.open import HouseSigning, Open
from server.jobs.settle import Settle
from server.providers.passwords import Argon2Passwords
from server.providers.randomness import Randomness
from server.settings import Settings
from server.store.audit import AuditChain
from server.store.database import Database, open_database
from server.store.engine import StoreEngine
from server.store.keyring import keyring
from server.store.reads import StoreReads
from server.store.schema import SchemaUnknown, require_newest
from server.usecases.catalogue import use_cases
from server.usecases.events import Feed
from server.usecases.network import Ledger
from server.usecases.people import People
from server.usecases.site import Site
from server.usecases.world import World
from server.vault.keks import CannotOpen, LocalKek
from server.vault.keyring import Secrets, new_keyring, open_keyring
from server.vault.sealing import Sealing
from server.vault.vault import Vault

FEE, SPONSOR = "fee", "sponsor"
WORKERS_MAX = 64
PASSWORD_THREADS = 2


class CannotStart(Exception):
    """What an operator has to change first."""


class Foundation(Struct, frozen=True, kw_only=True):
    """Database, vault and network of one process: what all commands stand on."""

    settings: Settings
    worker: str
    clock: SystemClock
    engine: StoreEngine
    reads: StoreReads
    vault: Vault
    client: Client
    node: RemoteNode
    random: Random
    registry: CollectorRegistry

    def new_id(self) -> str:
        return ulid(self.clock.wall_ms(), self.random)

    @property
    def practice(self) -> bool:
        """Accounts open with practice money."""
        return self.settings.network != "public"

    @property
    def network(self) -> bytes:
        return network_id(self.settings.passphrase)

    @property
    def usdc(self) -> str:
        return Asset("USDC", self.settings.usdc_issuer).name


@asynccontextmanager
async def open_foundation(settings: Settings) -> AsyncIterator[Foundation]:
    """Raises `CannotStart`: for the database, the encryption key, the data folder."""
    try:
        await require_newest(settings.database_url)
    except SchemaUnknown as unknown:
        raise CannotStart(str(unknown)) from None
    except (SQLAlchemyError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        raise CannotStart(f"DATABASE_URL: the database does not open ({cause})") from None
    clock = SystemClock()
    database = open_database(
        settings.database_url, prepared_statements=settings.prepared_statements
    )
    kek = LocalKek(settings.wallet_encryption_key, token_bytes)
    sealing = Sealing(kek, token_bytes)
    urls = Urls(settings.rpc_url, settings.horizon_url, settings.friendbot_url)
    async with AsyncExitStack() as stack:
        await database.open()
        stack.push_async_callback(database.close)
        keys = await _open_keys(database, sealing, clock.wall_ms())
        worker = stack.enter_context(claimed_worker(settings.data))
        engine = StoreEngine(database, AuditChain(keys.audit, worker))
        reads = StoreReads(database)
        for part in (engine, reads):
            part.start()
            stack.push_async_callback(part.stop)
        client = Client(await stack.enter_async_context(aiohttp.ClientSession()))
        yield Foundation(
            settings=settings,
            worker=worker,
            clock=clock,
            engine=engine,
            reads=reads,
            vault=Vault(sealing, keys, token_bytes),
            client=client,
            node=RemoteNode(client, urls),
            random=Randomness(),
            registry=CollectorRegistry(),
        )


async def _open_keys(database: Database, sealing: Sealing, now_ms: int) -> Secrets:
    sealed = await keyring(database, lambda: new_keyring(sealing, token_bytes), now_ms)
    try:
        return open_keyring(sealing, sealed)
    except CannotOpen:
        raise CannotStart("WALLET_ENCRYPTION_KEY is another than the one in use") from None


@contextmanager
def claimed_worker(folder: Path) -> Iterator[str]:
    """The name under which this process signs and keeps its audit chain: the first of the folder
    that no living process has, so that a restarted one goes on where it broke off."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(WORKERS_MAX):
        with (folder / f"worker-{number}").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield _kept_name(file)
            return
    raise CannotStart(f"{WORKERS_MAX} processes share {folder}")


def _kept_name(file: TextIO) -> str:
    """Unique among all servers of the database, whatever folders they have."""
    file.seek(0)
    name = file.read().strip()
    if not name:
        name = ulid(SystemClock().wall_ms(), token_bytes)
        file.write(name)
        file.flush()
    return name


async def open_signing(foundation: Foundation) -> Signing:
    """Raises `CannotStart` while there is no treasury."""
    by_role = {one.role: one.user_id for one in await foundation.reads.house()}
    if not {FEE, SPONSOR} <= by_role.keys():
        raise CannotStart("there is no treasury yet; run `lumenpay treasury init`")
    wallets = await foundation.reads.wallets([by_role[FEE], by_role[SPONSOR]])
    treasury = Treasury(fee=wallets[by_role[FEE]], sponsor=wallets[by_role[SPONSOR]])
    return Signing(foundation.network, treasury, foundation.vault.sign_hash)


@asynccontextmanager
async def running_jobs(foundation: Foundation, signing: Signing) -> AsyncIterator[None]:
    """All background loops, until the block is left."""
    tasks = [
        asyncio.create_task(run_job(job, bell), name=job.name)
        for job, bell in _jobs(foundation, signing)
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _jobs(foundation: Foundation, signing: Signing) -> list[tuple[Job, Bell]]:
    engine, reads, node = foundation.engine, foundation.reads, foundation.node
    clock, worker = foundation.clock, foundation.worker
    settle_bell, open_bell = Bell(), Bell(pace_seconds=0.2)
    engine.on_commit(settle_bell.ring)
    engine.on_commit(open_bell.ring)

    def followed(ledger: Ledger) -> None:
        clock.followed(ledger.close_ms)

    tally = _tally(foundation.registry)
    settle = Settle(
        engine,
        reads,
        node,
        sign=signing.payments,
        bump=signing.bump,
        worker=worker,
        clock=clock,
        bell=settle_bell,
        tally=tally,
    )
    follow = Follow(
        engine,
        reads,
        node,
        passphrase=foundation.settings.passphrase,
        practice=foundation.practice,
        new_id=foundation.new_id,
        clock=clock,
        followed=followed,
        tally=tally,
    )
    opening = Open(
        engine,
        reads,
        node,
        signing=HouseSigning(signing.opening, signing.trusting, signing.gifts, signing.trust),
        assets=[foundation.usdc],
        practice=foundation.practice,
        worker=worker,
        clock=clock,
        signed=settle_bell.ring,
    )
    house = KeepHouse(
        engine,
        reads,
        node,
        sign_channels=signing.channels,
        worker=worker,
        clock=clock,
        signed=settle_bell.ring,
    )
    market = Market(engine, reads, node, assets=[foundation.usdc], offer=signing.offer, clock=clock)
    return [
        (settle, settle_bell),
        (follow, Bell()),
        (opening, open_bell),
        (house, Bell()),
        (market, Bell()),
        (Expire(engine, reads, clock), Bell()),
    ]


class Application(Struct, frozen=True):
    """What answers requests. `feed` has to be closed before the server waits for its streams."""

    asgi: ASGIApp
    feed: Feed


@asynccontextmanager
async def open_application(
    foundation: Foundation, signing: Signing, public_url: str
) -> AsyncIterator[Application]:
    passwords = Argon2Passwords(threads=PASSWORD_THREADS)
    use = use_cases(_world(foundation, signing, passwords, public_url))
    foundation.engine.on_commit(use.feed.wake)
    _measure(foundation)
    metrics = HttpMetrics(foundation.registry, perf_counter)
    table = route_table(use, metrics, version=version("lumenpay"), public_url=public_url)
    asgi = create_app(table, use.sessions.authenticate, metrics, foundation.new_id)
    polling = asyncio.create_task(use.feed.run(), name="feed")
    try:
        yield Application(asgi, use.feed)
    finally:
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
        passwords.close()


def _world(
    foundation: Foundation, signing: Signing, passwords: Argon2Passwords, public_url: str
) -> World:
    settings, reads = foundation.settings, foundation.reads
    site = Site(
        network=settings.network,
        passphrase=settings.passphrase,
        usdc_issuer=settings.usdc_issuer,
        public_url=public_url,
        timezone=settings.limits_timezone,
        payment_expiry_ms=settings.payment_expiry_seconds * 1000,
        pays_per_minute=settings.pays_per_minute,
        signups_per_hour=settings.signups_per_hour,
        worker=foundation.worker,
    )
    preflight = Preflight(
        foundation.client,
        settings.rpc_url,
        network=foundation.network,
        assets=[foundation.usdc],
        clock=foundation.clock,
    )
    return World(
        engine=foundation.engine,
        accounts=reads,
        payments=reads,
        events=reads,
        vault=foundation.vault,
        people=People(foundation.vault, foundation.clock),
        sign=signing.payments,
        network=preflight,
        passwords=passwords,
        clock=foundation.clock,
        random=foundation.random,
        site=site,
        forms=FORMATS,
    )


def _tally(registry: CollectorRegistry) -> Tally:
    """What the background jobs did, by event and outcome."""
    events = Counter(
        "lumenpay_job_events", "Work of the jobs", ["event", "detail"], registry=registry
    )

    def tally(event: str, detail: str) -> None:
        events.labels(event, detail).inc()

    return tally


def _measure(foundation: Foundation) -> None:
    """Figures of the parts that stand behind the requests."""
    engine, clock = foundation.engine, foundation.clock
    gauges: dict[str, tuple[str, Callable[[], float]]] = {
        "lumenpay_commands_waiting": ("Commands in the engine's queue", lambda: engine.waiting),
        "lumenpay_batches": ("Batches committed since the start", lambda: engine.batches),
        "lumenpay_commands": ("Commands decided since the start", lambda: engine.decided),
        "lumenpay_network_age_seconds": (
            "Since the close of the last ledger followed",
            lambda: (clock.wall_ms() - clock.business_ms()) / 1000,
        ),
    }
    for name, (meaning, read) in gauges.items():
        Gauge(name, meaning, registry=foundation.registry).set_function(read)
