"""What a checkpoint takes of memory where several processes write it, and what they do where they read others."""

import weakref

import pytest
import torch

from workflow_scripts.data.errors import InputError
from workflow_scripts.training import checkpoints
from workflow_scripts.training.checkpoints import Checkpoints
from workflow_scripts.training.processes import Processes


class _First(Processes):
    """The first of two processes, of which the other has found another checkpoint."""

    def gather(self, own):
        return torch.stack([own, own - 2])

    def wait(self):
        pass


def test_processes_that_find_another_checkpoint_each_are_told_so(tmp_path):
    model = torch.nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(model.parameters())
    Checkpoints(tmp_path, "key").save(3, model, optimizer)
    with pytest.raises(InputError, match=r"another last checkpoint each, of updates 3, 1; run again"):
        Checkpoints(tmp_path, "key", _First(0, 2)).restore(model, optimizer)


class _Second(Processes):
    """The second of two processes that need no other."""

    def gather(self, own):
        return torch.stack([own, own])

    def wait(self):
        pass


def test_the_first_process_alone_holds_more_than_a_whole_tensor_at_a_time(tmp_path, monkeypatch):
    made, held = [], []

    def whole_tensor(tensor):
        numbers = torch.as_tensor(tensor).detach().numpy().copy()
        made.append(weakref.ref(numbers))
        held.append(sum(reference() is not None for reference in made))
        return torch.from_numpy(numbers)  # which keeps the numbers as long as there is a tensor of them

    monkeypatch.setattr(checkpoints, "whole_tensor", whole_tensor)
    model = torch.nn.Sequential(*(torch.nn.Linear(4, 4) for _ in range(3)))
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(1, 4)).sum().backward()
    optimizer.step()
    kept = Checkpoints(tmp_path, "key", _Second(1, 2))
    kept.save(1, model, optimizer)
    kept.save_best(model)
    assert len(held) == 6 + 3 * 6 + 6  # weights, their counts and moments, and weights again
    assert max(held) <= 2  # the one at hand, and the one before it
    assert not list(tmp_path.iterdir())
