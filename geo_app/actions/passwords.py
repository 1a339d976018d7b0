"""Passwords: hashed with argon2id, checked at a cost that does not tell whether there is such an account."""

from __future__ import annotations

import secrets
import threading
from typing import ClassVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from layers.schema import PersonError

SHORTEST, LONGEST = 10, 200
_hasher = PasswordHasher()
"""The defaults of argon2-cffi: argon2id with the low-memory parameters of RFC 9106 (64 MiB, 3 passes, 4 lanes)."""
_room = threading.BoundedSemaphore(4)
"""Each check takes 64 MiB: at most four at once."""
_spare: list[str] = []
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class WeakPasswordError(PersonError, ValueError):
    """A new password is too short, too long or told by the login."""

    code: ClassVar[str] = "weak_password"


def hashed(password: str) -> str:
    """Hash a password; the text carries its own salt and parameters."""
    with _room:
        return _hasher.hash(password)


def holds(held: str | None, password: str) -> bool:
    """Say whether a password fits a hash; without a hash the same work is done on a spare one and the answer is no."""
    with _room:
        try:
            _hasher.verify(held or _spare_hash(), password[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False
    return held is not None


def outdated(held: str) -> bool:
    """Say whether a hash was made with other parameters than are used now."""
    return _hasher.check_needs_rehash(held)


def accepted(password: str, login: str) -> str:
    """Give a new password back when it may be used.

    Raises:
        WeakPasswordError: it has fewer than 10 or more than 200 characters, few different ones, or holds the login.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPasswordError(f"A password has {SHORTEST} to {LONGEST} characters; found {len(password)}.")
    if len(set(password)) < SHORTEST // 2 or login.casefold() in password.casefold():
        raise WeakPasswordError("The password is too easy to guess: take more different characters, and not the login.")
    return password


def invented() -> str:
    """Invent a password of 79 random bits that can be read over the telephone.

    Example:
        >>> len(invented()), invented() == invented()
        (19, False)
    """
    letters = [secrets.choice(_LETTERS) for _ in range(16)]
    return "-".join("".join(letters[at : at + 4]) for at in range(0, 16, 4))


def _spare_hash() -> str:
    if not _spare:
        _spare.append(_hasher.hash(secrets.token_urlsafe(24)))
    return _spare[0]
