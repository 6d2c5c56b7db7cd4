import dataclasses

import pytest
import torch
from torch import Tensor, nn

from p3m.core.errors import ConfigError
from p3m.training.borrowed_faces import CopyPasteSettings
from p3m.training.copy_paste import FeatureCopyPaste, ImageCopyPaste, find_stage
from support.faces import DrawnFaces, oval

ALWAYS = CopyPasteSettings(probability=1, stage="early")
STILL = CopyPasteSettings(probability=1, stage="early", turn_degrees=0, stretch=0, mirror=0)


def _batch(*, count=3, side=64) -> dict[str, Tensor]:
    draw = torch.Generator().manual_seed(0)
    batch = {
        name: torch.randint(200, 256, (count, side, side, 3), dtype=torch.uint8, generator=draw)
        for name in ("image", "foreground", "background")
    }
    batch["faces"] = torch.from_numpy(oval(side) * 255).expand(count, -1, -1).clone()
    batch["index"] = torch.arange(count)
    return batch


class Network(nn.Module):
    """Two parts, the second of which sees what the first one says."""

    def __init__(self) -> None:
        super().__init__()
        self.early = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.late = nn.Conv2d(4, 2, 3, padding=1)
        self.never = nn.Conv2d(3, 1, 1)
        self.flat = nn.Flatten()

    def forward(self, image: Tensor) -> Tensor:
        out: Tensor = self.late(self.early(image))
        self.flat(out)
        return out


@pytest.fixture
def network() -> Network:
    return Network()


def test_outside_of_the_faces_nothing_changes() -> None:
    batch = _batch()
    changed = ImageCopyPaste(DrawnFaces(), ALWAYS, seed=1)(batch)
    outside = batch["faces"] == 0
    for name in ("image", "foreground"):
        assert torch.equal(changed[name][outside], batch[name][outside]), name
        assert (changed[name][~outside] < 200).float().mean() > 0.85, name
    assert torch.equal(changed["background"], batch["background"])


def test_picture_and_foreground_get_the_same_face_and_the_batch_is_kept() -> None:
    batch, again = _batch(), _batch()
    changed = ImageCopyPaste(DrawnFaces(), ALWAYS, seed=1)(batch)
    inner = torch.from_numpy(oval(64, radii=(6, 12)) > 0).expand(3, -1, -1)
    assert torch.equal(changed["image"][inner], changed["foreground"][inner])
    assert all(torch.equal(batch[name], again[name]) for name in batch)


def test_a_face_of_the_same_place_and_size_is_copied_as_it_is() -> None:
    faces = DrawnFaces(side=64)
    batch = _batch(count=1)
    image = ImageCopyPaste(faces, STILL, seed=1)(batch)["image"][0]
    inside = batch["faces"][0] > 0
    patches = [torch.from_numpy(faces.face(number)[0]) for number in range(4)]
    distances = [(image.int() - patch.int()).abs()[inside].max() for patch in patches]
    assert min(distances) <= 1


def test_a_large_face_is_averaged_as_it_shrinks() -> None:
    class Striped(DrawnFaces):
        def face(self, number):
            patch, mask = super().face(number)
            patch[::2], patch[1::2] = 0, 200
            return patch, mask

    image = ImageCopyPaste(Striped(side=256), STILL, seed=1)(_batch(side=32))["image"]
    middle = image[:, 14:18, 15:17].float()
    assert (middle - 100).abs().max() < 12


def test_probability_zero_gives_the_batch_itself(network) -> None:
    never = CopyPasteSettings(probability=0, stage="early")
    batch = _batch()
    assert ImageCopyPaste(DrawnFaces(), never, seed=1)(batch) is batch
    image = torch.rand(3, 3, 64, 64)
    with FeatureCopyPaste(DrawnFaces(), never, seed=1).during(network, batch):
        pasted = network(image)
    assert torch.equal(pasted, network(image))


def test_features_change_within_the_faces_alone(network) -> None:
    image = torch.rand(3, 3, 64, 64)
    plain = network.early(image)
    seen = []
    network.late.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))
    with FeatureCopyPaste(DrawnFaces(), ALWAYS, seed=1).during(network, _batch()):
        network(image)
    outside = torch.nn.functional.max_pool2d((_batch()["faces"] > 0).float(), 2) == 0
    outside = outside[:, None].expand_as(plain)
    assert torch.equal(seen[-1][outside], plain[outside])
    assert ((seen[-1] != plain) & ~outside).float().sum() > 0.8 * (~outside).float().sum()


def test_only_samples_with_faces_get_features(network) -> None:
    batch = _batch()
    batch["faces"][1] = 0
    image = torch.rand(3, 3, 64, 64)
    with FeatureCopyPaste(DrawnFaces(), ALWAYS, seed=1).during(network, batch):
        pasted = network(image)
    differs = (pasted != network(image)).flatten(1).any(dim=1)
    assert differs.tolist() == [True, False, True]


def test_channels_may_come_last() -> None:
    class Transformer(Network):
        def __init__(self) -> None:
            super().__init__()
            self.tokens = nn.Identity()

        def forward(self, image: Tensor) -> Tensor:
            tokens = self.tokens(self.early(image).movedim(1, -1))
            out: Tensor = self.late(tokens.movedim(-1, 1))
            return out

    network, image = Transformer(), torch.rand(3, 3, 64, 64)
    last = dataclasses.replace(STILL, stage="tokens", channels="last")
    results = []
    for settings in (STILL, last):
        with FeatureCopyPaste(DrawnFaces(), settings, seed=1).during(network, _batch()):
            results.append(network(image))
    torch.testing.assert_close(*results)


def test_gradients_flow_through_both_pictures_and_borrowed_faces(network) -> None:
    image = torch.rand(3, 3, 64, 64, requires_grad=True)
    paste = FeatureCopyPaste(DrawnFaces(), STILL, seed=1)
    with paste.during(network, _batch()):
        network(image).sum().backward()
    pasted = network.early.weight.grad.clone()
    network.zero_grad()
    network(image).sum().backward()
    assert image.grad.abs().sum() > 0
    assert pasted.abs().sum() > 0
    assert not torch.allclose(pasted, network.early.weight.grad)
    # Only what is pasted depends on the borrowed faces: without any hidden face, all is as it was.
    network.zero_grad()
    bare = {**_batch(), "faces": torch.zeros(3, 64, 64, dtype=torch.uint8)}
    with paste.during(network, bare):
        network(image).sum().backward()
    plain = network.early.weight.grad.clone()
    network.zero_grad()
    network(image).sum().backward()
    assert torch.equal(plain, network.early.weight.grad)


def test_the_network_is_left_as_it_was(network) -> None:
    paste = FeatureCopyPaste(DrawnFaces(), ALWAYS, seed=1)
    with pytest.raises(ZeroDivisionError), paste.during(network, _batch()):
        raise ZeroDivisionError
    assert not any(module._forward_hooks for module in network.modules())


def test_a_stage_must_be_there_be_called_and_have_maps(network) -> None:
    with pytest.raises(ConfigError, match=r"'eraly'.*Its parts: early, late, never, flat"):
        find_stage(network, "eraly")
    for stage, text in (("never", "never calls"), ("flat", "one map a channel")):
        settings = CopyPasteSettings(probability=1, stage=stage)
        paste = FeatureCopyPaste(DrawnFaces(), settings, seed=1)
        with pytest.raises(ConfigError, match=text), paste.during(network, _batch()):
            pass


def test_the_same_seed_pastes_the_same_faces() -> None:
    half = CopyPasteSettings(probability=0.5)
    batch = _batch(count=12)
    changed = ImageCopyPaste(DrawnFaces(), half, seed=9)(batch)["image"]
    assert 0 < (changed != batch["image"]).flatten(1).any(dim=1).sum() < 12
    again = ImageCopyPaste(DrawnFaces(), half, seed=9)(batch)["image"]
    assert torch.equal(again, changed)
