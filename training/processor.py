"""What the processor is and can do: costs and teaching times mean little without it."""

from __future__ import annotations

from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
VNNI = frozenset({"avx512_vnni", "avx_vnni", "asimddp"})
"""What a processor that multiplies whole numbers in one instruction says it can do."""
BFLOAT16 = frozenset({"amx_bf16", "avx512_bf16", "bf16"})
"""What one says that multiplies bfloat16 faster than single precision; on one with AVX2 alone no batch ended within two minutes."""


def name(cpuinfo: str) -> str:
    """What was measured on: on a processor without VNNI a look of the encoder takes twice as long."""
    able = "" if flags(cpuinfo) & VNNI else "out"
    return f"{_said(cpuinfo).get('model name', 'an unnamed processor')} with{able} VNNI"


def flags(cpuinfo: str) -> frozenset[str]:
    """What a file like /proc/cpuinfo says the processor can do."""
    said = _said(cpuinfo)
    return frozenset((said.get("flags") or said.get("features", "")).split())


def _said(cpuinfo: str) -> dict[str, str]:
    said = dict(line.partition(":")[::2] for line in cpuinfo.splitlines() if ":" in line)
    return {name.strip().lower(): value.strip() for name, value in said.items()}
