"""A process that starts writers and kills them: `start SEED MODE`, `kill PID`; it has one thread, so that its forks are sound.

A writer notes every change in a file as soon as it is acknowledged (mode late), or, for the control, before (mode early).
"""

import os
import random
import signal
import sys
import threading

import scene


def write_on(where, acks, seed, mode, nursery):
    """Write until killed, or alone; every tenth turn or so the store is closed and opened again."""
    rng = random.Random(seed)
    note = os.open(acks, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    turn = 0
    while os.getppid() == nursery:
        with scene.opened(where) as store:
            while rng.random() > 0.1 and os.getppid() == nursery:
                turn += 1
                reason = f"e{seed}_{turn}"
                if mode == "early":
                    os.write(note, f"{reason}\n".encode())
                done = scene.try_edit(store, rng, reason)
                if done == (mode == "late"):
                    os.write(note, f"{'' if done else '-'}{reason}\n".encode())


def tell(what):
    """Answer with one line."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def main():
    """Answer the lines of the test."""
    where, acks, nursery = *sys.argv[1:3], os.getpid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "kill":
            os.kill(int(rest[0]), signal.SIGKILL)
            status = os.waitpid(int(rest[0]), 0)[1]
            killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
            tell("killed" if killed else f"status {status}")
            continue
        if threading.active_count() != 1:
            sys.exit("a fork out of several threads")
        pid = os.fork()
        if pid == 0:
            try:
                write_on(where, acks, int(rest[0]), rest[1], nursery)
            finally:
                sys.stderr.flush()
                os._exit(3)
        tell(pid)


main()
