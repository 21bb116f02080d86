"""Makes the reference values of attention flow, gradient-weighted rollout and head and token statistics.

    python -m pip install "torch==2.13.*" numpy safetensors "networkx==3.*"
    python scripts/golden/attribution.py

It reads tests/golden/vit-small, which make.py writes, and writes below tests/golden/attribution:

    flow-{fusion}-{residual|plain}.npy    [2,17]: flow from the class token of the first two images,
                                          by networkx's preflow-push on the layered graph
    network-{n}.npy, network-{n}-flow.npy  [depth,N,N] row-stochastic capacities that are far from even,
                                          and [N,N]: flow from every source to every sink
    gradient-rollout.npy                  [4,17,17] for the classes in classes.npy, by PyTorch's autograd
    entropy.npy head-similarity.npy       [3,4] in nats and [3,4,4], of vit-small/attention.npy
    tokens.npy                            [4,4,17,48]: before the first block and after each
    token-norms.npy mean-similarity.npy   [4,16] and [4], of the first image's patches
"""

from pathlib import Path

import networkx as nx
import numpy as np
import torch
from safetensors.torch import load_file

import inspection
from vit import Sizes, VisionTransformer

golden = Path(__file__).resolve().parents[2] / "tests" / "golden"
classes = [0, 3, 4, 1]


def save(name: str, values: np.ndarray) -> None:
    path = golden / "attribution" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = np.int32 if np.issubdtype(values.dtype, np.integer) else np.float32
    np.save(path, np.ascontiguousarray(values.astype(kind)))


def layered_graph(capacities: np.ndarray) -> nx.DiGraph:
    """Nodes (layer, token); an arc from (l+1, i) to (l, j) for each capacities[l, i, j]."""
    graph = nx.DiGraph()
    for layer, matrix in enumerate(capacities):
        for i, row in enumerate(matrix):
            for j, capacity in enumerate(row):
                graph.add_edge((layer + 1, i), (layer, j), capacity=float(capacity))
    return graph


def flows(capacities: np.ndarray, source: int) -> np.ndarray:
    graph = layered_graph(capacities)
    depth, count, _ = capacities.shape
    return np.array([nx.maximum_flow_value(graph, (depth, source), (0, j)) for j in range(count)])


def mixing(attention: np.ndarray, fusion: str, residual: bool) -> np.ndarray:
    """[L,B,H,N,N] to [L,B,N,N]: fused, with half an identity, rows divided by their sum."""
    fused = inspection.fuse(attention.astype(np.float64), fusion)
    if residual:
        fused = 0.5 * fused + 0.5 * np.eye(fused.shape[-1])
    return fused / fused.sum(axis=-1, keepdims=True)


def make_flows(attention: np.ndarray) -> None:
    for fusion in ("mean", "max"):
        for residual in (True, False):
            matrices = mixing(attention, fusion, residual)
            name = f"flow-{fusion}-{'residual' if residual else 'plain'}.npy"
            save(name, np.stack([flows(matrices[:, image], 0) for image in range(2)]))
    generator = np.random.default_rng(5)
    for number, (depth, count, sharpness) in enumerate([(1, 5, 1.0), (2, 6, 3.0), (5, 9, 4.0), (8, 7, 5.0)]):
        weights = np.exp(sharpness * generator.normal(size=(depth, count, count)))
        capacities = (weights / weights.sum(axis=-1, keepdims=True)).astype(np.float32)
        save(f"network-{number}.npy", capacities)
        save(f"network-{number}-flow.npy", np.stack([flows(capacities, source) for source in range(count)]))


def make_gradient_rollout(model: VisionTransformer, images: torch.Tensor) -> None:
    """Chefer, Gur & Wolf (2021): R starts as the identity and goes R + mean over heads of relu(grad * A) @ R."""
    kept = []

    def keep(module, inputs, output):
        output[1].retain_grad()
        kept.append(output[1])

    hooks = [block.attn.register_forward_hook(keep) for block in model.blocks]
    logits, _ = model(images)
    logits[torch.arange(len(images)), torch.tensor(classes)].sum().backward()
    for hook in hooks:
        hook.remove()
    relevance = torch.eye(kept[0].shape[-1], dtype=torch.float64).repeat(len(images), 1, 1)
    for attention in kept:
        relevance = relevance + (attention.grad * attention).clamp(min=0).mean(dim=1) @ relevance
    save("gradient-rollout.npy", relevance.detach().numpy())
    save("classes.npy", np.array(classes))


def make_head_statistics(attention: np.ndarray) -> None:
    weights = attention.astype(np.float64)
    save("entropy.npy", -(weights * np.log(weights)).sum(axis=-1).mean(axis=(1, 3)))
    flat = weights.reshape(*weights.shape[:3], -1)
    unit = flat / np.linalg.norm(flat, axis=-1, keepdims=True)
    save("head-similarity.npy", (unit @ unit.swapaxes(-1, -2)).mean(axis=1))


def make_tokens(model: VisionTransformer, images: torch.Tensor) -> None:
    with torch.no_grad():
        patches = model.patch_embed(images)
        depths = [torch.cat([model.cls_token.expand(len(images), -1, -1), patches], dim=1) + model.pos_embed]
        for block in model.blocks:
            depths.append(block(depths[-1])[0])
    tokens = torch.stack(depths).numpy()
    save("tokens.npy", tokens)
    first = tokens[:, 0, 1:]
    norms = np.linalg.norm(first, axis=-1)
    save("token-norms.npy", norms)
    unit = first / norms[..., None]
    pairs = unit @ unit.swapaxes(-1, -2)
    count = pairs.shape[-1]
    save("mean-similarity.npy", pairs[:, ~np.eye(count, dtype=bool)].mean(axis=-1))


if __name__ == "__main__":
    model = VisionTransformer(Sizes(image=32, patch=8, width=48, depth=3, heads=4, classes=5)).double()
    model.load_state_dict({name: value.double() for name, value in load_file(golden / "vit-small/weights.safetensors").items()})
    images = torch.from_numpy(np.load(golden / "vit-small/input.npy")).double()
    attention = np.load(golden / "vit-small/attention.npy")
    make_flows(attention)
    make_gradient_rollout(model, images)
    make_head_statistics(attention)
    make_tokens(model, images)
