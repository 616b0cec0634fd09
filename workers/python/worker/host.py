"""How many cores there are for us."""

from __future__ import annotations

import math
import os


def _cpu_quota() -> float:
    """Of the container, in cores; 0 when there is none. cgroup v2, then v1."""
    try:
        with open("/sys/fs/cgroup/cpu.max", encoding="ascii") as file:
            quota, period = file.read().split()
        return 0 if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        pass
    try:
        with open("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", encoding="ascii") as quota_file, \
                open("/sys/fs/cgroup/cpu/cpu.cfs_period_us", encoding="ascii") as period_file:
            return max(int(quota_file.read()) / int(period_file.read()), 0)
    except (OSError, ValueError, ZeroDivisionError):
        return 0


def usable_cores() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _cpu_quota()
    return max(min(cores, math.ceil(quota)) if quota > 0 else cores, 1)
