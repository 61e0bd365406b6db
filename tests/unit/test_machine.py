import platform
import sys
from types import SimpleNamespace

import pytest

from workflow_scripts.data import machine
from workflow_scripts.data.machine import describe_machine, machine_line

CPUINFO = "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD  EPYC 7763 64-Core Processor \nflags\t: fpu\n"


@pytest.fixture
def cpuinfo(tmp_path, monkeypatch):
    path = tmp_path / "cpuinfo"
    path.write_text(CPUINFO, encoding="utf-8")
    monkeypatch.setattr(machine, "_PROCESSORS", path)
    return path


def test_processor_and_memory_are_described(cpuinfo):
    found = describe_machine()
    assert found["processor"] == "AMD EPYC 7763 64-Core Processor"
    assert found["processors"] >= 1 and found["memory_gb"] >= 1
    assert found["system"] == f"{platform.system()} {platform.machine()}"


def test_gpus_are_those_of_torch_where_a_job_has_imported_it(cpuinfo, monkeypatch):
    cuda = SimpleNamespace(is_available=lambda: True, device_count=lambda: 2, get_device_name=lambda i: f"GPU {i}")
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    assert describe_machine()["gpus"] == ["GPU 0", "GPU 1"]
    cuda.is_available = lambda: False
    assert "gpus" not in describe_machine()
    monkeypatch.delitem(sys.modules, "torch")
    assert "gpus" not in describe_machine()


def test_what_a_system_does_not_tell_is_left_out(cpuinfo, monkeypatch):
    cpuinfo.unlink()
    monkeypatch.setattr(platform, "processor", lambda: "")
    monkeypatch.setattr(machine.os, "sysconf", lambda name: (_ for _ in ()).throw(ValueError(name)))
    found = describe_machine()
    assert not {"processor", "memory_gb"} & set(found)
    assert machine_line(found) == f"{found['processors']} processors, {found['system']}"


def test_a_line_counts_equal_gpus_together():
    described = {"gpus": ["A", "B", "A"], "processors": 16, "processor": "P", "memory_gb": 128, "system": "Linux"}
    assert machine_line(described) == "2 × A, 1 × B, P, 16 processors, 128 GB, Linux"
