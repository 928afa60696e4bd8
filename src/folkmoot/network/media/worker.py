"""Where pictures are worked on: two threads, so that uploads neither stop the web nor fill the memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="pictures")


async def aside(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of `act`, worked out in a thread once one of the two is free."""
    return await asyncio.get_running_loop().run_in_executor(_threads, partial(act, *args, **kwargs))
