"""The worker: takes jobs from the queue in PostgreSQL and runs the periodic ones. Procrastinate does the queueing."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import procrastinate
import psycopg
import structlog
import uvloop

from folkmoot.bus import Bus
from folkmoot.bus.reader import OutboxReader
from folkmoot.database import Database
from folkmoot.errors import FolkmootError, Unavailable
from folkmoot.jobs.schedule import JOBS, OFTEN, PERIODIC
from folkmoot.jobs.tools import Tools
from folkmoot.log import configure
from folkmoot.moderation.notices.doors import keep_doors
from folkmoot.network.gate import Gate
from folkmoot.settings import Settings
from folkmoot.storage import open_storage
from folkmoot.vault import open_vault

CONCURRENT_JOBS = 4
POLL_SECONDS = 2.0
"""How long a job may wait if the wake-up for it is lost."""
STALLED = "jobs.take_up_stalled"
STALLED_SECONDS = 30
"""A worker that gave no sign of life for so long is taken for dead; a living one gives one every 10 s."""

log = structlog.get_logger(__name__)


def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; jobs under way are finished first, for at most 10 s."""
    configure(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(settings))


async def _work(settings: Settings) -> None:
    db = await Database.open(settings.database_url, connections=CONCURRENT_JOBS)
    db.seals = open_vault(settings.data)
    bus = Bus()
    db.deliver = bus.deliver
    reader = asyncio.create_task(OutboxReader(settings.database_url, bus).run())
    tools = Tools(db, open_storage(settings), settings, Gate(db, settings))
    doors = asyncio.create_task(keep_doors(db, tools.gate, settings))
    often = [asyncio.create_task(_again_and_again(tools, name)) for name in OFTEN]
    app = queue(settings.database_url, tools)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with app.open_async():
        working = asyncio.create_task(
            app.run_worker_async(
                concurrency=CONCURRENT_JOBS,
                fetch_job_polling_interval=POLL_SECONDS,
                install_signal_handlers=False,
                shutdown_graceful_timeout=10,
                delete_jobs="successful",
            )
        )
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        ended_by_itself = working.done()
        working.cancel()
        await asyncio.gather(working, return_exceptions=not ended_by_itself)
    for task in (reader, doors, *often):
        task.cancel()
    await asyncio.gather(doors, return_exceptions=True)  # a mail half taken is told to come again
    with contextlib.suppress(FolkmootError):
        await tools.gate.write_counts()
    await db.close()


async def _again_and_again(tools: Tools, name: str) -> None:
    seconds, act = OFTEN[name]
    while True:
        try:
            await act(tools)
        except Unavailable as error:
            log.debug("periodic work waits for the database", name=name, cause=error.cause)
        except Exception:  # the next time may go well
            log.exception("periodic work failed", name=name)
        await asyncio.sleep(seconds)


class _Patient(psycopg.AsyncConnection[Any]):
    """Waits for the server without looking up ten times a second, which was most of what an idle worker cost."""

    async def wait(self, gen: Any, interval: float = 10, timeout: float | None = None) -> Any:  # noqa: ASYNC109  # theirs
        return await super().wait(gen, interval=interval, timeout=timeout)


def queue(url: str, tools: Tools) -> procrastinate.App:
    """The queue with every job we know, bound to the tools jobs work with."""
    app = procrastinate.App(
        connector=procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=3, connection_class=_Patient)
    )

    def bound(act: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def work(**arguments: Any) -> None:
            await act(tools, **arguments)

        return work

    def periodic(act: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def work(timestamp: int) -> None:
            await act(tools)

        return work

    retry = procrastinate.RetryStrategy(max_attempts=8, exponential_wait=4)
    for name, act in JOBS.items():
        app.task(name=name, queue="default", retry=retry)(bound(act))

    for name, (cron, act) in PERIODIC.items():
        task = app.task(name=name, queue="default", queueing_lock=name, pass_context=False)(periodic(act))
        app.periodic(cron=cron)(task)

    async def take_up_stalled(timestamp: int) -> None:
        """Jobs whose worker was killed: another takes them up, which is why each may run twice."""
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
            await app.job_manager.retry_job(job)

    app.periodic(cron="* * * * *")(app.task(name=STALLED, queue="default", queueing_lock=STALLED)(take_up_stalled))
    return app
