"""LoRA (arXiv 2106.09685): train small matrices beside frozen ones, for models too large to train whole."""

from typing import Any

import torch

from workflow_scripts.data.errors import InputError


def add_adapters(encoder: torch.nn.Module, lora: dict[str, Any]) -> torch.nn.Module:
    """Freeze ``encoder`` and put adapters beside its linear layers of the names ``lora.targets``; return it wrapped.

    ``lora`` is the config entry: ``rank``, ``alpha``, ``targets``, ``dropout``. Raises InputError where a name is
    no layer's.
    """
    from peft import LoraConfig, get_peft_model

    layers = [name for name, _ in encoder.named_modules()]
    for target in lora["targets"]:
        # peft is content where one of several is found.
        if not any(layer == target or layer.endswith(f".{target}") for layer in layers):
            raise InputError(
                f"model.lora.targets: no layer is called {target!r}; name linear layers of its architecture"
            )
    config = LoraConfig(
        r=lora["rank"], lora_alpha=lora["alpha"], target_modules=lora["targets"], lora_dropout=lora["dropout"]
    )
    try:
        return get_peft_model(encoder, config)
    except ValueError as error:
        raise InputError(
            f"model.lora.targets: {', '.join(lora['targets'])}: {str(error).splitlines()[0]}; "
            "name linear layers of this architecture"
        ) from error


def merge_adapters(adapted: torch.nn.Module) -> torch.nn.Module:
    """Return the plain encoder whose weights are those of ``adapted`` with its adapters added in."""
    return adapted.merge_and_unload()
