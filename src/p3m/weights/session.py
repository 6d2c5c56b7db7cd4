"""Opening ONNX Runtime sessions: threads, providers, and errors that say what to do."""

import base64
import binascii
import ctypes
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from p3m.core.checks import check_threads
from p3m.core.errors import ModelFormatError, ProviderError, WeightsError
from p3m.core.paths import is_file
from p3m.core.processors import usable_processors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession, RunOptions

_SUFFIX = "ExecutionProvider"


def open_session(
    source: Path | bytes, *, name: str, threads: int | None = None, provider: str | None = None
) -> "InferenceSession":
    """A session for one ONNX graph, on the wanted provider or not at all.

    It is set for the least memory: results are made in the graph's own order, which the exporter
    has laid so that large ones are used up early, and each is given up as soon as nothing needs it
    any more. By default ONNX Runtime orders by depth, keeps memory for later results of the same
    shape, and lays out a second plan of it when a picture's size comes again.

    Args:
        source: The file, or its bytes.
        name: What errors call it.
        threads: Threads within one operation; ``None`` takes every processor that this process may
            use.
        provider: ``"cpu"`` (the same as ``None``), ``"cuda"``, ``"coreml"`` …, or ONNX Runtime's
            full name.

    Raises:
        WeightsError: If the file is missing or cannot be read.
        ModelFormatError: If it is not ONNX, or needs what this ONNX Runtime does not have.
        ProviderError: If the provider is not available, or ONNX Runtime dropped it while loading.
        RangeError: If ``threads`` is less than 1.
    """
    check_threads(threads)
    import onnxruntime  # noqa: PLC0415 - slow to import, and not needed to list models

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = _default_threads() if threads is None else threads
    options.inter_op_num_threads = 1
    # Idle threads would spin for a while, and take the cores from NumPy and from the other graph.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.execution_order = onnxruntime.ExecutionOrder.PRIORITY_BASED
    options.enable_mem_reuse = False
    # A pattern is one more block as large as all that a run of that shape needs, and shapes vary.
    options.enable_mem_pattern = False
    wanted = resolve_provider(provider)
    try:
        session = onnxruntime.InferenceSession(
            source if isinstance(source, bytes) else _readable(source),
            options,
            providers=list(dict.fromkeys((wanted, f"CPU{_SUFFIX}"))),
        )
    except _native_errors() as error:
        raise ModelFormatError(
            f"{name} is not an ONNX file that can be run: {_first_line(error)}"
        ) from error
    _give_back_freed_memory()
    if wanted not in session.get_providers():
        raise ProviderError(
            f"Provider {provider!r} is installed but could not be started for {name}; "
            f"it would run on {_listed(session.get_providers())}. Check the driver, or use that."
        )
    return session


def run_session(
    session: "InferenceSession",
    outputs: Sequence[str],
    feed: "Mapping[str, NDArray[np.float32]]",
    options: "RunOptions | None" = None,
    *,
    name: str,
) -> list[Any]:
    """What a graph makes of its inputs.

    Args:
        session: The graph.
        outputs: The names of what is wanted.
        feed: The inputs by name.
        options: Those of this run.
        name: What errors call the graph.

    Raises:
        ModelFormatError: If it fails on inputs of these shapes, or for want of memory.
    """
    try:
        return list(session.run(list(outputs), dict(feed), options))
    except _native_errors() as error:
        shapes = ", ".join(f"{key} {value.shape}" for key, value in feed.items())
        raise ModelFormatError(f"{name} failed on {shapes}: {_first_line(error)}") from error


def decoded_graph(text: str, name: str) -> bytes:
    """The graph that a file of p3m's format carries as text in its metadata.

    Args:
        text: Its base64.
        name: What errors call the file.

    Raises:
        ModelFormatError: If the text is damaged.
    """
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ModelFormatError(f"{name}: its detail graph is damaged; export it again.") from error


def on_processor(session: "InferenceSession") -> bool:
    """Whether a session runs on the processor, not on an accelerator."""
    return bool(session.get_providers()[0] == f"CPU{_SUFFIX}")


def releasing(session: "InferenceSession") -> "RunOptions | None":
    """Options for a run after which the session hands back what it does not need.

    It would keep blocks that fit the sizes of this run; one of another size needs others beside
    them. ``None`` where the session does not run on the processor.
    """
    import onnxruntime  # noqa: PLC0415 - slow to import, and not needed to list models

    if not on_processor(session):
        return None
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


def resolve_provider(provider: str | None) -> str:
    """ONNX Runtime's full name of a provider that is available here.

    Raises:
        ProviderError: If it is not; the text lists those that are.

    Example:
        >>> resolve_provider("cpu")
        'CPUExecutionProvider'
    """
    import onnxruntime  # noqa: PLC0415 - slow to import, and not needed to list models

    available = onnxruntime.get_available_providers()
    for full_name in available:
        if (provider or "cpu").lower() in (full_name.lower(), _short(full_name)):
            return str(full_name)
    raise ProviderError(
        f"No provider {provider!r} in the installed ONNX Runtime. Available: {_listed(available)}."
    )


def _native_errors() -> tuple[type[Exception], ...]:
    """What ONNX Runtime raises on graphs that it cannot load or run."""
    from onnxruntime.capi import onnxruntime_pybind11_state as native  # noqa: PLC0415

    return (
        native.Fail,
        native.InvalidArgument,
        native.InvalidGraph,
        native.InvalidProtobuf,
        native.NoModel,
        native.NotImplemented,
        native.RuntimeException,
    )


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _give_back_freed_memory() -> None:
    """Hands what loading has freed, as much as the weights, to the system; glibc would keep it."""
    if sys.platform.startswith("linux"):
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:  # other C libraries have none
            trim(0)


def _short(full_name: str) -> str:
    return full_name.removesuffix(_SUFFIX).lower()


def _listed(full_names: list[str]) -> str:
    return ", ".join(_short(full_name) for full_name in full_names)


def _default_threads() -> int:
    """0, ONNX Runtime's word for all physical cores, unless this process may use only some."""
    usable = usable_processors()
    return 0 if usable == os.cpu_count() else usable


def _readable(path: Path) -> str:
    if not is_file(path):
        raise WeightsError(f"{path} is not there or is no file; give the path of an ONNX file.")
    if not os.access(path, os.R_OK):
        raise WeightsError(f"{path} may not be read; check its permissions.")
    return str(path)
