"""What a checkpoint takes of memory where several processes write it."""

import weakref

import torch

from workflow_scripts.training import checkpoints
from workflow_scripts.training.checkpoints import Checkpoints
from workflow_scripts.training.processes import Processes


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
