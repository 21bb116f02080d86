"""Reference maths of the inspectors, in numpy.

Attention arrays are [L,B,H,N,N]; token 0 is the class token.
"""

import numpy as np


def fuse(attention: np.ndarray, fusion: str) -> np.ndarray:
    """[L,B,H,N,N] to [L,B,N,N]."""
    return {"mean": np.mean, "max": np.max, "min": np.min}[fusion](attention, axis=2)


def discard_smallest(matrix: np.ndarray, fraction: float) -> np.ndarray:
    """Sets the floor(fraction·N²) smallest values of one [N,N] matrix to zero.

    Those of them that are in the class token's column stay as they are.
    """
    order = np.argsort(matrix, axis=None, kind="stable")[: int(fraction * matrix.size)]
    kept = matrix.copy()
    kept.flat[order[order % matrix.shape[1] != 0]] = 0
    return kept


def rollout(attention: np.ndarray, fusion: str, residual: bool, discard: float) -> np.ndarray:
    """Attention rollout (Abnar & Zuidema, 2020), [L,B,H,N,N] to [B,N,N]."""
    fused = fuse(attention.astype(np.float64), fusion)
    layers, batch, count, _ = fused.shape
    result = []
    for image in range(batch):
        rolled = np.eye(count)
        for layer in range(layers):
            matrix = discard_smallest(fused[layer, image], discard)
            if residual:
                matrix = 0.5 * matrix + 0.5 * np.eye(count)
            rolled = (matrix / matrix.sum(axis=1, keepdims=True)) @ rolled
        result.append(rolled)
    return np.stack(result)


def principal_components(filters: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Principal components of [filters, values], largest first, and the variance along each.

    The same as scikit-learn's PCA but for the signs: a component's largest absolute entry is positive.
    """
    centred = filters.astype(np.float64) - filters.astype(np.float64).mean(axis=0)
    _, singular, components = np.linalg.svd(centred, full_matrices=False)
    components = components[:count]
    largest = components[np.arange(count), np.abs(components).argmax(axis=1)]
    return components * np.sign(largest)[:, None], singular[:count] ** 2 / (len(filters) - 1)


def cosine_similarity(rows: np.ndarray) -> np.ndarray:
    """[N,D] to [N,N]."""
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit @ unit.T


def patch_distances(side: int, patch: int) -> np.ndarray:
    """Euclidean distances in pixels between the centres of side × side patches, [side²,side²]."""
    rows, columns = np.divmod(np.arange(side * side), side)
    return patch * np.hypot(rows[:, None] - rows[None], columns[:, None] - columns[None])


def attention_distance(attention: np.ndarray, patch: int) -> np.ndarray:
    """Mean attention distance in pixels, [L,B,H,N,N] to [L,H].

    The class token is dropped, and what is left of its rows is not scaled up again.
    """
    between_patches = attention[..., 1:, 1:].astype(np.float64)
    side = round(between_patches.shape[-1] ** 0.5)
    return (between_patches * patch_distances(side, patch)).sum(axis=-1).mean(axis=(1, 3))
