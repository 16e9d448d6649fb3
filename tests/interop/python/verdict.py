"""How the client programs of this directory say what they found: a line per fact, the first wrong one ends it."""

import sys
import time
from collections import defaultdict


def check(what, actual, expected):
    if actual != expected:
        sys.exit(f"WRONG {what}: {actual!r}, expected {expected!r}")
    print(f"ok {what}")


def settles(what, actual, expected):
    """Like check, for what brokers hear of a moment after the client that changed it."""
    end = time.monotonic() + 10
    while actual() != expected and time.monotonic() < end:
        time.sleep(0.05)
    check(what, actual(), expected)


def in_order(records):
    """(partition, number) of records as they came: within a partition the numbers grow."""
    partitions = defaultdict(list)
    for partition, number in records:
        partitions[partition].append(number)
    for partition, numbers in sorted(partitions.items()):
        check(f"order within partition {partition}", numbers, sorted(set(numbers)))
