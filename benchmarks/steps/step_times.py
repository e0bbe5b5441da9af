"""What the Python programs here share."""

import statistics
import time


def print_median(warm_up, count, step):
    """Prints the median time of `count` steps in milliseconds, after some that are not counted."""
    times = []
    for i in range(warm_up + count):
        start = time.perf_counter()
        step()
        if i >= warm_up:
            times.append(1e3 * (time.perf_counter() - start))
    print(f"{statistics.median(times):.4f} ms")
