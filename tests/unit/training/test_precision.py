import pytest
import torch

from p3m.training.precision import autocast, mixed_precision

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.mark.parametrize("wanted", ["no", "bf16", "fp16"])
def test_what_is_asked_for_is_taken(wanted) -> None:
    assert mixed_precision(wanted, CPU) == mixed_precision(wanted, GPU) == wanted


@pytest.mark.parametrize(("has_bf16", "expected"), [(True, "bf16"), (False, "fp16")])
def test_auto_takes_what_the_gpu_has(monkeypatch, has_bf16, expected) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda *, including_emulation: has_bf16)
    assert mixed_precision("auto", GPU) == expected
    assert mixed_precision("auto", CPU) == "no"


@pytest.mark.parametrize(
    ("precision", "dtype"),
    [("no", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)],
)
def test_products_are_computed_in_it(precision, dtype) -> None:
    with autocast(precision, CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype
