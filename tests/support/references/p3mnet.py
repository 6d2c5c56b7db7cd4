"""P3M-Net, restated from its published description as functions of a state dict."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

State = Mapping[str, Tensor]
_BLOCKS = {1: 3, 2: 4, 3: 6, 4: 3}


def p3mnet_r34(state: State, image: Tensor) -> dict[str, Tensor]:
    """Every output of the network in eval mode, by the names of the released code's variables."""
    e0 = _norm(state, "resnet.bn1", F.conv2d(image, state["resnet.conv1.weight"], padding=3)).relu()
    encoder, indices = _encode(state, e0)
    return decode(state, e0, encoder, indices)


def decode(
    state: State, e0: Tensor, encoder: list[Tensor], indices: list[Tensor]
) -> dict[str, Tensor]:
    """Every output, from the features at stride 1, at strides 2 to 32, and the pools' indices."""
    semantic, outputs = _decode_semantic(state, encoder[4])
    outputs["local"] = _decode_local(state, e0, encoder, semantic, indices)
    classes = outputs["global"].argmax(1, keepdim=True)
    outputs["fusion"] = torch.where(
        classes == 1, outputs["local"], (classes == 2).to(outputs["local"].dtype)
    )
    return outputs


def _encode(state: State, e0: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """The features at strides 2 (pooled only), 4, 8, 16 and 32, and the five pools' indices."""
    pooled, index = F.max_pool2d(e0, 3, 2, 1, return_indices=True)
    features, indices = [pooled], [index]
    for level, blocks in _BLOCKS.items():
        feature, index = F.max_pool2d(features[-1], 3, 2, 1, return_indices=True)
        for block in range(blocks):
            name = f"resnet.layer{level}.{block}"
            out = _conv_norm(state, name, "conv1", "bn1", feature).relu()
            out = _conv_norm(state, name, "conv2", "bn2", out)
            if f"{name}.downsample.0.weight" in state:
                feature = F.conv2d(feature, state[f"{name}.downsample.0.weight"])
                feature = _norm(state, f"{name}.downsample.1", feature)
            feature = (out + feature).relu()
        features.append(feature)
        indices.append(index)
    return features, indices


def _decode_semantic(state: State, e4: Tensor) -> tuple[list[Tensor], dict[str, Tensor]]:
    """The semantic features at strides 16, 8, 4 and 2; the main logits and the side logits."""
    d4 = _double(_stack(state, "decoder4_g", e4, 3))
    features, outputs = [d4, _double(_stack(state, "decoder3_g", d4, 3))], {}
    for level, stride in ((2, 4), (1, 8), (0, 16)):
        name = f"dbfi_{level}"
        own = F.conv2d(features[-1], state[f"{name}.transform1.weight"])
        deep = _enlarge(F.conv2d(e4, state[f"{name}.transform2.weight"]), stride)
        out = _conv_norm(state, name, "conv1", "bn1", torch.cat([own, deep], 1)).relu()
        out = out + features[-1]
        side = F.conv2d(out, state[f"{name}.conv2.weight"], padding=1)
        outputs[f"side{level}"] = _enlarge(side, 32 // stride)
        if level:
            features.append(_double(_stack(state, f"decoder{level}_g", out, 3)))
    out = _stack(state, "decoder0_g", out, 2)
    weight, bias = state["decoder0_g.6.weight"], state["decoder0_g.6.bias"]
    outputs["global"] = _double(F.conv2d(out, weight, bias, padding=1))
    if "decoder_final_g.weight" in state:  # the variants of 2023
        weight, bias = state["decoder_final_g.weight"], state["decoder_final_g.bias"]
        outputs["global"] = F.conv2d(outputs["global"], weight, bias, padding=1)
    return features, outputs


def _decode_local(
    state: State,
    e0: Tensor,
    encoder: list[Tensor],
    semantic: list[Tensor],
    indices: list[Tensor],
) -> Tensor:
    out = _stack(state, "decoder4_l", encoder[4], 3)
    for level in (3, 2, 1, 0):
        out = F.max_unpool2d(out, indices[level + 1], [2, 2], [2, 2])
        project = state[f"tfi_{level}.transform.weight"]
        parts = [F.conv2d(part, project) for part in (semantic[3 - level], out, encoder[level])]
        out = _conv_norm(state, f"tfi_{level}", "conv1", "bn1", torch.cat(parts, 1)).relu()
        if level < 3:
            name = f"sbfi_{level}"
            shallow = F.max_pool2d(e0, 2, stride=2 ** (level + 1))
            parts = [
                F.conv2d(out, state[f"{name}.transform1.weight"]),
                F.conv2d(shallow, state[f"{name}.transform2.weight"]),
            ]
            out = _conv_norm(state, name, "conv1", "bn1", torch.cat(parts, 1)).relu() + out
        out = _stack(state, f"decoder{level}_l", out, 3 if level else 2)
    out = F.max_unpool2d(out, indices[0], [2, 2], [2, 2])
    weight, bias = state["decoder_final_l.weight"], state["decoder_final_l.bias"]
    return F.conv2d(out, weight, bias, padding=1).sigmoid()


def _stack(state: State, name: str, feature: Tensor, convolutions: int) -> Tensor:
    for index in range(0, 3 * convolutions, 3):
        weight, bias = state[f"{name}.{index}.weight"], state[f"{name}.{index}.bias"]
        feature = F.conv2d(feature, weight, bias, padding=1)
        feature = _norm(state, f"{name}.{index + 1}", feature).relu()
    return feature


def _conv_norm(state: State, name: str, conv: str, norm: str, feature: Tensor) -> Tensor:
    feature = F.conv2d(feature, state[f"{name}.{conv}.weight"], padding=1)
    return _norm(state, f"{name}.{norm}", feature)


def _norm(state: State, name: str, feature: Tensor) -> Tensor:
    mean, variance = state[f"{name}.running_mean"], state[f"{name}.running_var"]
    weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
    return F.batch_norm(feature, mean, variance, weight, bias)


def _double(feature: Tensor) -> Tensor:
    return _enlarge(feature, 2)


def _enlarge(feature: Tensor, factor: int) -> Tensor:
    return F.interpolate(feature, scale_factor=factor, mode="bilinear", align_corners=False)
