"""The arrays of Google's Vision Transformer archives (Flax), from a model with timm's names, for `layouts.py`."""

import numpy as np
import torch
from torch import nn


class WithPreLogits(nn.Module):
    """The ImageNet-21k models' layer between the class token and the head: tanh of a linear map."""

    def __init__(self, vit: nn.Module, weight: torch.Tensor, bias: torch.Tensor):
        super().__init__()
        self.vit, self.weight, self.bias = vit, weight, bias

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        token = self.vit.forward_features(images)[:, 0]
        return self.vit.head(torch.tanh(nn.functional.linear(token, self.weight, self.bias)))


def arrays(state: dict[str, torch.Tensor], heads: int, style: str, extra: tuple[torch.Tensor, torch.Tensor]) -> dict[str, np.ndarray]:
    """By style: `augreg`; `big-vision`, which has a prefix and other numbers; `pre-logits` with the extra layer."""
    values = {name: tensor.numpy() for name, tensor in state.items()}
    big_vision = style == "big-vision"
    width = values["norm.weight"].shape[0]
    found = {
        "embedding/kernel": values["patch_embed.proj.weight"].transpose(2, 3, 1, 0),
        "embedding/bias": values["patch_embed.proj.bias"],
        "cls": values["cls_token"],
        "pos_embedding" if big_vision else "Transformer/posembed_input/pos_embedding": values["pos_embed"],
        "Transformer/encoder_norm/scale": values["norm.weight"],
        "Transformer/encoder_norm/bias": values["norm.bias"],
        "head/kernel": values["head.weight"].T,
        "head/bias": values["head.bias"],
    }
    if style == "pre-logits":
        found["pre_logits/kernel"], found["pre_logits/bias"] = extra[0].numpy().T, extra[1].numpy()
    attention_name = f"MultiHeadDotProductAttention_{0 if big_vision else 1}"
    second_norm, perceptron = ("LayerNorm_1", "MlpBlock_0") if big_vision else ("LayerNorm_2", "MlpBlock_3")
    depth = sum(name.endswith("norm1.weight") for name in values)
    for index in range(depth):
        source, target = f"blocks.{index}", f"Transformer/encoderblock_{index}"
        for mine, theirs in (("norm1", "LayerNorm_0"), ("norm2", second_norm)):
            found[f"{target}/{theirs}/scale"] = values[f"{source}.{mine}.weight"]
            found[f"{target}/{theirs}/bias"] = values[f"{source}.{mine}.bias"]
        weights = np.split(values[f"{source}.attn.qkv.weight"], 3)
        biases = np.split(values[f"{source}.attn.qkv.bias"], 3)
        for part, weight, bias in zip(("query", "key", "value"), weights, biases, strict=True):
            found[f"{target}/{attention_name}/{part}/kernel"] = weight.T.reshape(width, heads, -1)
            found[f"{target}/{attention_name}/{part}/bias"] = bias.reshape(heads, -1)
        found[f"{target}/{attention_name}/out/kernel"] = values[f"{source}.attn.proj.weight"].T.reshape(heads, -1, width)
        found[f"{target}/{attention_name}/out/bias"] = values[f"{source}.attn.proj.bias"]
        for mine, theirs in (("fc1", "Dense_0"), ("fc2", "Dense_1")):
            found[f"{target}/{perceptron}/{theirs}/kernel"] = values[f"{source}.mlp.{mine}.weight"].T
            found[f"{target}/{perceptron}/{theirs}/bias"] = values[f"{source}.mlp.{mine}.bias"]
    prefix = "params/" if big_vision else ""
    return {prefix + name: np.ascontiguousarray(value) for name, value in found.items()}
