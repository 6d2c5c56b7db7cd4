import pytest

from p3m.config.load import load_settings, preset
from p3m.core.errors import ConfigError, UnknownNameError, WeightsError
from p3m.pipelines.start import build_model, exported_weights
from p3m.pipelines.train_settings import TrainRun
from p3m.weights.store import find_weights


def test_exported_weights_are_told_by_name_or_ending(tmp_path) -> None:
    assert exported_weights("p3mnet-lite") == find_weights("p3mnet-lite")
    assert exported_weights("p3mnet-lite@v0") == find_weights("p3mnet-lite@v0")
    for other in ("imagenet", "scratch", "imagnet", "p3m-basic", "runs/weights.safetensors"):
        assert exported_weights(other) is None
    with pytest.raises(UnknownNameError, match="p3mnet-lite@v0"):
        exported_weights("p3mnet-lite@v99")
    with pytest.raises(WeightsError, match="is not there"):
        exported_weights(str(tmp_path / "none.onnx"))


def test_side_heads_start_from_nothing_where_files_lack_them() -> None:
    model = build_model(load_settings(TrainRun, preset("p3mnet-lite"), ["initial=p3mnet-lite"]))
    sides = [value for name, value in model.state_dict().items() if ".side." in name]
    assert len(sides) == 6
    assert not any(value.any() for value in sides)


def test_only_p3mnet_lite_starts_from_a_file_of_onnx() -> None:
    run = load_settings(TrainRun, preset("p3m-10k-r34"), ["initial=p3mnet-lite"])
    with pytest.raises(ConfigError, match="'p3mnet-r34' cannot start from an ONNX file"):
        build_model(run)
