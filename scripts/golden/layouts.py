"""Makes small checkpoints in the layouts of published models, with their libraries' own logits.

They are kept with the tests, so this is only run when a layout is added or changed:

    python -m pip install "torch==2.13.*" "torchvision==0.28.*" timm==1.0.28 transformers==5.23.0 safetensors
    python scripts/golden/layouts.py
    python scripts/golden/layouts.py --check FOLDER

It writes below tests/golden/layouts: one folder for each case with the checkpoint as its library
saves it, `logits.npy` [2, classes], and `cases.json` with what a reader should find. The images are
`input-16.npy` and `input-56.npy`, [2,3,S,S]. `positions.json` has position embeddings resampled by timm,
`timm-vit/logits-24.npy` the logits of a model with such positions for `input-24.npy`.

With --check it loads what `vitrine convert` wrote (FOLDER/CASE/LIBRARY/model.safetensors; the golden
test keeps it where the variable VITRINE_EXPORTS names a folder) strictly into each library's own
class and compares the logits; it exits with 1 where one differs.
"""

import argparse
import json
import logging
import shutil
import sys
from pathlib import Path

import numpy as np
import timm
import torch
import torchvision
import transformers
from safetensors.torch import load_file, save_file
from timm.layers import resample_abs_pos_embed
from timm.models.deit import VisionTransformerDistilled
from timm.models.vision_transformer import VisionTransformer
from torch import nn

import google_layout
import notebook_model
from vit import randomise

golden = Path(__file__).resolve().parents[2] / "tests" / "golden" / "layouts"
width, heads, depth, hidden, classes = 16, 2, 2, 32, 3
plain = {"img_size": 16, "patch_size": 4, "embed_dim": width, "depth": depth, "num_heads": heads, "mlp_ratio": 2}
dino = {**plain, "img_size": 56, "patch_size": 14, "init_values": 1.0}


def timm_models() -> dict[str, nn.Module]:
    return {
        "timm-vit": VisionTransformer(**plain, num_classes=classes),
        "timm-headless": VisionTransformer(**plain, num_classes=0),
        "timm-deit-distilled": VisionTransformerDistilled(**plain, num_classes=classes),
        "timm-deit3": VisionTransformer(**plain, num_classes=classes, init_values=1.0, no_embed_class=True),
        "timm-mean-pooling": VisionTransformer(**plain, num_classes=classes, global_pool="avg"),
        "timm-no-qkv-bias": VisionTransformer(**plain, num_classes=classes, qkv_bias=False),
        "timm-dinov2": VisionTransformer(**dino, num_classes=0),
        "timm-dinov2-registers": VisionTransformer(**dino, num_classes=0, reg_tokens=4, no_embed_class=True),
    }


def hugging_face_config(kind: str, **changes: object) -> transformers.PretrainedConfig:
    sizes = {
        "hidden_size": width,
        "num_hidden_layers": depth,
        "num_attention_heads": heads,
        "image_size": 16,
        "patch_size": 4,
        "id2label": {0: "cat", 1: "dog", 2: "owl"},
        "label2id": {"cat": 0, "dog": 1, "owl": 2},
    }
    if kind in ("ViT", "DeiT"):
        sizes["intermediate_size"] = hidden
    else:
        sizes["mlp_ratio"] = 2
    return getattr(transformers, f"{kind}Config")(**{**sizes, **changes})


def hugging_face_models() -> dict[str, transformers.PreTrainedModel]:
    dinov2 = {"image_size": 56, "patch_size": 14}
    registers = {**dinov2, "num_register_tokens": 4}
    return {
        "hf-vit": transformers.ViTForImageClassification(hugging_face_config("ViT")),
        "hf-vit-state-dict": transformers.ViTForImageClassification(hugging_face_config("ViT")),
        "hf-vit-sharded": transformers.ViTForImageClassification(hugging_face_config("ViT")),
        "hf-vit-pooler": transformers.ViTModel(hugging_face_config("ViT")),
        "hf-deit": transformers.DeiTForImageClassification(hugging_face_config("DeiT")),
        "hf-deit-teacher": transformers.DeiTForImageClassificationWithTeacher(hugging_face_config("DeiT")),
        "hf-dinov2": transformers.Dinov2ForImageClassification(hugging_face_config("Dinov2", **dinov2)),
        "hf-dinov2-headless": transformers.Dinov2Model(hugging_face_config("Dinov2", **dinov2)),
        "hf-dinov2-registers": transformers.Dinov2WithRegistersForImageClassification(
            hugging_face_config("Dinov2WithRegisters", **registers)
        ),
    }


def torchvision_model(representation: int | None = None) -> nn.Module:
    return torchvision.models.VisionTransformer(
        image_size=16,
        patch_size=4,
        num_layers=depth,
        num_heads=heads,
        hidden_dim=width,
        mlp_dim=hidden,
        num_classes=classes,
        representation_size=representation,
    )


def prepared(model: nn.Module, seed: int) -> nn.Module:
    """Random weights that float16 and bfloat16 hold exactly, so that a file's type changes no logit."""
    randomise(model, seed)
    generator = torch.Generator().manual_seed(seed + 1000)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if any(part in name for part in ("token", "pos", "cls", "lambda1", "gamma")) and "mask" not in name:
                parameter.copy_(0.5 * torch.randn(parameter.shape, generator=generator))
            elif "ln" in name.split(".")[-2] or "layernorm" in name:
                noise = 0.2 * torch.randn(parameter.shape, generator=generator)
                parameter.copy_(noise + (1 if name.endswith("weight") else 0))
            parameter.copy_(parameter.bfloat16().clamp(-8, 8).half().float())
    return model.eval()


def logits_of(model: nn.Module, images: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        output = model(images)
    if isinstance(output, torch.Tensor):
        return output
    if hasattr(output, "logits"):
        return output.logits
    return output.last_hidden_state[:, 0] if output.pooler_output is None else output.pooler_output


def images_for(side: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(side)
    return torch.randn(2, 3, side, side, generator=generator).half().float()


def build() -> dict[str, nn.Module]:
    models = {
        **timm_models(),
        **hugging_face_models(),
        "torchvision": torchvision_model(),
        "notebook": notebook_model.NotebookVit(16, 4, width, depth, heads, hidden, classes),
    }
    return {name: prepared(model, seed) for seed, (name, model) in enumerate(models.items())}


def save_case(name: str, model: nn.Module, folder: Path) -> str:
    """The checkpoint as its library saves it; returns the file's name."""
    state = {key: value.contiguous() for key, value in model.state_dict().items()}
    if name == "hf-vit-sharded":
        model.save_pretrained(folder, max_shard_size="12KB")
        return "model.safetensors.index.json"
    if name == "hf-vit-state-dict":
        # The names in memory, which transformers 5 changes when it saves.
        torch.save(state, folder / "pytorch_model.bin", pickle_protocol=4)
        model.config.save_pretrained(folder)
        return "pytorch_model.bin"
    if name.startswith("hf-"):
        model.save_pretrained(folder)
        return "model.safetensors"
    if name == "timm-deit-distilled":
        torch.save({"model": state, "epoch": 3}, folder / "checkpoint.pth")
        return "checkpoint.pth"
    if name in ("torchvision", "notebook"):
        torch.save(model.state_dict(), folder / "model.pth")
        return "model.pth"
    kind = {"timm-headless": torch.float16, "timm-deit3": torch.bfloat16, "timm-dinov2": torch.float16}
    dtype = kind.get(name, torch.float32)
    save_file({key: value.to(dtype) for key, value in state.items()}, folder / "model.safetensors")
    return "model.safetensors"


def case_of(name: str, model: nn.Module, file: str, side: int, folder: Path) -> dict[str, object]:
    logits = logits_of(model, images_for(side))
    np.save(folder / "logits.npy", logits.numpy().astype(np.float32))
    layout = {"hf": "huggingface"}.get(name.split("-")[0], name.split("-")[0])
    return {"name": name, "file": f"{name}/{file}", "layout": layout, "heads": heads, "side": side}


def make_google(vit: nn.Module) -> list[dict[str, object]]:
    """Google's archives, from the weights of the plain model: AugReg's, big_vision's, and ImageNet-21k's with its extra layer."""
    cases = []
    generator = torch.Generator().manual_seed(99)
    extra = (torch.randn(width, width, generator=generator) / 4).half().float(), torch.randn(width, generator=generator) / 4
    for name, style in (("google", "augreg"), ("google-big-vision", "big-vision"), ("google-pre-logits", "pre-logits")):
        folder = golden / name
        folder.mkdir()
        model = vit
        if style == "pre-logits":
            model = google_layout.WithPreLogits(vit, *extra).eval()
        arrays = google_layout.arrays(vit.state_dict(), heads, style, extra)
        save = np.savez_compressed if style == "big-vision" else np.savez
        save(folder / "model.npz", **arrays)
        cases.append(case_of(name, model, "model.npz", 16, folder))
    # timm's own reader of these archives agrees with the way they were written.
    fresh = VisionTransformer(**plain, num_classes=classes)
    for name in ("google", "google-big-vision"):
        fresh.load_pretrained(str(golden / name / "model.npz"))
        assert torch.equal(logits_of(fresh.eval(), images_for(16)), logits_of(vit, images_for(16)))
    return cases


def make_hub_dinov2(model: nn.Module) -> dict[str, object]:
    """The names in Meta's own files: registers have another, positions have a row for the class token."""
    name = "dinov2-hub"
    folder = golden / name
    folder.mkdir()
    state = dict(model.state_dict())
    state["register_tokens"] = state.pop("reg_token")
    state["mask_token"] = torch.zeros(1, width)
    state["pos_embed"] = torch.cat([torch.zeros(1, 1, width), state["pos_embed"]], dim=1)
    torch.save(state, folder / "model.pth")
    return {**case_of(name, model, "model.pth", 56, folder), "layout": "timm"}


def make_positions() -> None:
    generator = torch.Generator().manual_seed(5)
    positions = torch.randn(1, 17, 6, generator=generator)
    results = [
        {"side": side, "values": resample_abs_pos_embed(positions, [side, side]).flatten().tolist()} for side in (2, 3, 5, 7, 9)
    ]
    value = {"width": 6, "side": 4, "values": positions.flatten().tolist(), "resampled": results}
    (golden / "positions.json").write_text(json.dumps(value) + "\n")


def make_resized(vit: nn.Module) -> None:
    """The plain model for images of 24 pixels, whose positions timm has resampled."""
    state = dict(vit.state_dict())
    state["pos_embed"] = resample_abs_pos_embed(state["pos_embed"], [6, 6])
    larger = VisionTransformer(**{**plain, "img_size": 24}, num_classes=classes)
    larger.load_state_dict(state, strict=True)
    np.save(golden / "input-24.npy", images_for(24).numpy())
    np.save(golden / "timm-vit" / "logits-24.npy", logits_of(larger.eval(), images_for(24)).numpy())


def make() -> None:
    shutil.rmtree(golden, ignore_errors=True)
    golden.mkdir(parents=True)
    for side in (16, 56):
        np.save(golden / f"input-{side}.npy", images_for(side).numpy())
    models = build()
    cases = []
    for name, model in models.items():
        folder = golden / name
        folder.mkdir()
        side = 56 if "dinov2" in name else 16
        cases.append(case_of(name, model, save_case(name, model, folder), side, folder))
    cases += make_google(models["timm-vit"])
    cases.append(make_hub_dinov2(models["timm-dinov2-registers"]))
    make_positions()
    make_resized(models["timm-vit"])
    (golden / "cases.json").write_text(json.dumps({"cases": cases}, indent=1) + "\n")
    for path in golden.rglob("*.*"):
        path.chmod(0o644)


def timm_model_for(state: dict[str, torch.Tensor], side: int) -> nn.Module:
    """The options of timm's class that a file's names and shapes tell."""
    patch = state["patch_embed.proj.weight"].shape[-1]
    prefix = sum(state[name].shape[1] for name in ("cls_token", "reg_token", "dist_token") if name in state)
    options = {
        **plain,
        "img_size": side,
        "patch_size": patch,
        "num_classes": len(state["head.bias"]) if "head.bias" in state else 0,
        "qkv_bias": "blocks.0.attn.qkv.bias" in state,
        "init_values": 1.0 if "blocks.0.ls1.gamma" in state else None,
        "global_pool": "avg" if "fc_norm.weight" in state else "token",
    }
    if "head_dist.bias" in state:
        return VisionTransformerDistilled(**options)
    return VisionTransformer(
        **options,
        class_token="cls_token" in state,
        reg_tokens=state["reg_token"].shape[1] if "reg_token" in state else 0,
        no_embed_class=state["pos_embed"].shape[1] != (side // patch) ** 2 + prefix,
    )


def load_strictly(folder: Path, library: str, side: int) -> nn.Module:
    state = load_file(folder / "model.safetensors")
    if library == "huggingface":
        name = json.loads((folder / "config.json").read_text())["architectures"][0]
        options = {"add_pooling_layer": "pooler.dense.weight" in state} if name in ("ViTModel", "DeiTModel") else {}
        model, report = getattr(transformers, name).from_pretrained(folder, output_loading_info=True, **options)
        problems = {key: value for key, value in report.items() if value}
        assert not problems, problems
        return model
    if library == "torchvision":
        layer = state.get("heads.pre_logits.bias")
        model = torchvision_model(None if layer is None else len(layer))
        if "heads.head.bias" not in state:
            model.heads.head = nn.Identity()
    else:
        model = timm_model_for(state, side)
    model.load_state_dict(state, strict=True)
    return model


def check(folder: Path) -> bool:
    """Loads each exported file strictly and compares its logits with the source's."""
    passed = True
    for path in sorted(folder.glob("*/*/model.safetensors")):
        case, library = path.parent.parent.name, path.parent.name
        side = 56 if "dinov2" in case else 16
        logits = logits_of(load_strictly(path.parent, library, side).eval(), images_for(side))
        expected = torch.from_numpy(np.load(golden / case / "logits.npy"))
        difference = (logits - expected).abs().max().item()
        passed &= difference < 1e-4
        print(f"{case} as {library}: {difference:.1e}")
    return passed


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", type=Path)
    folder = parser.parse_args().check
    if folder is None:
        make()
    elif not check(folder):
        sys.exit(1)
