"""The device that a job computes on."""

import torch

from workflow_scripts.data.gpus import take_gpu


def own_device() -> torch.device:
    """Return a GPU that no other job on this machine has (``take_gpu``) and make it torch's, or the CPU without one."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    device = torch.device("cuda", take_gpu(torch.cuda.device_count()))
    torch.cuda.set_device(device)
    return device
