"""What a benchmark compares sees one device: the one that was asked for."""

import os
import time

import pytest
import torch

from benchmarks.device import clock, peak_memory, product_peak, take_device


@pytest.mark.parametrize(
    ("device", "visible", "left"),
    [
        ("cpu", None, ""),
        ("cpu", "2,3", ""),
        ("cuda", None, "0"),
        ("cuda", "2,3", "2"),
        ("cuda", "GPU-8932", "GPU-8932"),
    ],
)
def test_no_other_gpu_is_visible(monkeypatch, device, visible, left):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # so that what the call sets is undone
    if visible is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    take_device(device)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == left


def test_a_gpu_that_is_not_there_ends_the_program_with_one_line(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit) as ended:
        take_device("cuda")
    assert str(ended.value).startswith("--device cuda: torch finds no GPU")
    assert "\n" not in str(ended.value)


def test_a_gpu_has_done_all_when_the_clock_is_read(monkeypatch):
    waited = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: waited.append(True))
    assert clock("cuda")() > 0
    assert waited
    assert clock("cpu") is time.process_time
    assert clock("cpu", time.perf_counter) is time.perf_counter


def test_a_cpu_has_a_peak_of_memory_and_of_products():
    assert peak_memory("cpu") > 0
    assert product_peak("cpu", "float32", side=16, products=2) > 0
