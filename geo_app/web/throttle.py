"""How many requests one person, or one address without a person, may send: beyond that 429 with a time to wait."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, ClassVar

from flask import current_app, g, request
from limits import RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from layers.schema import PersonError

if TYPE_CHECKING:
    from limits import RateLimitItem

    from geo_app.config import Settings

TILES = RateLimitItemPerSecond(200, 4)
"""50 tiles a second with bursts of 200 (requirement R22)."""
GENERAL = RateLimitItemPerMinute(1200)
ANONYMOUS = RateLimitItemPerMinute(240)
SIGN_IN = RateLimitItemPerMinute(30, 15)
"""Failed attempts to sign in from one address, whatever the accounts; those of one account are counted in the store.

Successes do not count: a whole bureau may sit behind one address.
"""


class TooManyRequestsError(PersonError, PermissionError):
    """More requests than one person may send; `retry_after` are the seconds to wait."""

    code: ClassVar[str] = "too_many_requests"

    def __init__(self, retry_after: int) -> None:
        """Keep the seconds beside the sentence."""
        super().__init__(f"Too many requests. Wait {retry_after} seconds and try again.")
        self.retry_after = retry_after


def make() -> MovingWindowRateLimiter:
    """Make the counter of an application; each process counts for itself."""
    return MovingWindowRateLimiter(MemoryStorage())


def check(settings: Settings) -> None:
    """Count this request against its limit; an installation without accounts has none.

    Raises:
        TooManyRequestsError: with the seconds to wait.
    """
    if settings.access == "local" or request.endpoint in {"static", "health.healthz"}:
        return
    account = g.person.account_id
    who = f"account {account}" if account is not None else f"address {request.remote_addr}"
    if request.path.startswith("/tiles/"):
        _hit(TILES, "tiles", who)
    else:
        _hit(GENERAL if account is not None else ANONYMOUS, "requests", who)
    if request.endpoint == "accounts.enter" and not _counter().test(SIGN_IN, *_sign_in_key()):
        raise _too_many(SIGN_IN, *_sign_in_key())


def note_failed_sign_in() -> None:
    """Count an attempt to sign in that was refused against its address."""
    _counter().hit(SIGN_IN, *_sign_in_key())


def _sign_in_key() -> tuple[str, str]:
    return "sign-in", f"address {request.remote_addr}"


def _counter() -> MovingWindowRateLimiter:
    limiter: MovingWindowRateLimiter = current_app.extensions["xiangtu-limits"]
    return limiter


def _hit(limit: RateLimitItem, *key: str) -> None:
    if not _counter().hit(limit, *key):
        raise _too_many(limit, *key)


def _too_many(limit: RateLimitItem, *key: str) -> TooManyRequestsError:
    wait = _counter().get_window_stats(limit, *key).reset_time - time.time()
    return TooManyRequestsError(max(1, math.ceil(wait)))
