import pytest

from p3m.core.errors import ModelFormatError
from p3m.inference.spec import ModelSpec, read_spec


def test_a_file_that_says_nothing_gets_the_defaults():
    assert read_spec("a.onnx", {"framework": "other"}) == ModelSpec(name="a.onnx")


def test_what_the_file_says_is_read():
    spec = read_spec(
        "a.onnx",
        {
            "p3m.format": "1",
            "p3m.name": "net",
            "p3m.stride": "16",
            "p3m.area_px": "1000",
            "p3m.mean": "0.1,0.2,0.3",
            "p3m.std": "1,2,3e0",
            "p3m.detail": "a graph",
            "p3m.detail_multiple": "4",
            "p3m.detail_halo_px": "0",
        },
    )
    assert spec == ModelSpec(
        name="net",
        stride=16,
        area_px=1000,
        mean=(0.1, 0.2, 0.3),
        std=(1.0, 2.0, 3.0),
        window_multiple=4,
        halo_px=0,
        core_px=128,
        blend_px=0,
        detail=True,
    )


def test_without_a_detail_path_windows_are_large_and_fade_into_each_other():
    spec = read_spec("a.onnx", {"p3m.format": "1", "p3m.stride": "16"})
    assert (spec.window_multiple, spec.window_px) == (16, 512)
    assert spec.blend_px <= 2 * spec.halo_px
    assert spec.with_detail(multiple=2, halo_px=11).window_px == 128 + 2 * 12


def test_where_the_network_refines_itself_it_never_sees_more_than_a_window():
    spec = ModelSpec(name="a", area_px=10**6)
    assert spec.bounded_area_px == spec.window_px**2 == 512**2
    assert ModelSpec(name="a", area_px=10**4).bounded_area_px == 10**4
    assert spec.with_detail(multiple=2, halo_px=10).bounded_area_px == 10**6


def test_another_format_is_refused():
    with pytest.raises(ModelFormatError, match="a.onnx is of p3m's model format '2'.*reads.*'1'"):
        read_spec("a.onnx", {"p3m.format": "2"})


@pytest.mark.parametrize(
    ("key", "text", "cure"),
    [
        ("p3m.stride", "0", "a whole number, at least 1"),
        ("p3m.area_px", "many", "a whole number, at least 1"),
        ("p3m.detail_halo_px", "-1", "a whole number, at least 0"),
        ("p3m.mean", "0.5", "three numbers"),
        ("p3m.mean", "0.5,0.5,nan", "three numbers"),
        ("p3m.std", "1,0,1", "above 0"),
        ("p3m.std", "a,b,c", "three numbers"),
    ],
)
def test_a_value_that_cannot_be_used_is_told_with_its_key(key, text, cure):
    with pytest.raises(ModelFormatError, match=f"a.onnx: its metadata {key} is '{text}'.*{cure}"):
        read_spec("a.onnx", {"p3m.format": "1", "p3m.detail": "", key: text})
