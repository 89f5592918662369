"""Describes the machine of a measurement; every script of bench/ prints it above its tables."""

import platform
from pathlib import Path

import psutil


def describe() -> str:
    """Return processor, cores and memory as one line."""
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.processor())
    return f"{model}, {psutil.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB"
