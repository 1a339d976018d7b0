"""A second process that tries to write into a store: answers each line `try` with `locked` or `wrote N`."""

import sqlite3
import sys


def attempt(path, number):
    """Open, write one row, close; say how that went."""
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO xt_settings VALUES (?, '1')", (f"intruder{number}",))
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        return "locked" if "locked" in str(error) else str(error)
    finally:
        connection.close()
    return f"wrote {number}"


def main():
    """Answer the lines of the test; `count LAYER` and `rows` are looked up by a fresh connection as well."""
    path, number = sys.argv[1], 0
    for line in sys.stdin:
        if line.strip() == "try":
            number += 1
            answer = attempt(path, number)
        else:
            connection = sqlite3.connect(path)
            answer = str(connection.execute(line).fetchone()[0])
            connection.close()
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


main()
