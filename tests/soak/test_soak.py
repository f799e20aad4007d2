"""What a long run would say of memory: flat is flat, growing is growing, unseen is not flat."""

from __future__ import annotations

import os

import pytest

from tests.soak.memory import Memory, resident_mb


def of(*looks: float) -> Memory:
    return Memory({"web": list(looks)})


def test_memory_that_rises_while_it_warms_up_and_stays_is_flat() -> None:
    memory = of(50, 70, 90, 95, *([100.0] * 12))
    assert memory.faults() == []
    assert memory.lines() == ["memory of web: 100 MB warmed up, 100 MB at the end, 100 MB at most"]


def test_memory_that_goes_on_rising_is_a_fault() -> None:
    assert of(*(100.0 + 5 * look for look in range(16))).faults() == [
        "memory of web grows: 128 MB, then 168 MB"
    ]


@pytest.mark.parametrize("looks", [(), (100.0,) * 7])
def test_of_too_few_looks_nothing_is_called_flat(looks: tuple[float, ...]) -> None:
    assert len(of(*looks).faults()) == 1


def test_a_process_holds_memory_and_one_that_is_gone_holds_none() -> None:
    assert resident_mb(os.getpid()) > 10
    assert resident_mb(2**22 + 1) == 0
