"""Pages for a browser that hold all they show: no script, no other origin."""

import base64
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any

import numpy as np

from p3m.core.extras import require_extra
from p3m.imaging.encode import encode
from p3m.imaging.types import Image

_BASE = "page.html.j2"


def render_page(
    package: str,
    template: str,
    values: Mapping[str, Any],
    *,
    filters: Mapping[str, Callable[..., str]] | None = None,
) -> str:
    """The text of a page.

    The template extends ``page.html.j2``, which brings the style and forbids scripts and everything
    from elsewhere; all values are escaped.

    Args:
        package: The package whose folder holds the template, such as ``"p3m.privacy"``.
        template: Its file name.
        values: What it names.
        filters: Functions that it uses.

    Raises:
        MissingExtraError: If jinja2 is not installed.
    """
    require_extra("evaluate", "A report", "jinja2")
    import jinja2  # noqa: PLC0415 -- an extra, and only for pages

    sources = {
        _BASE: resources.files("p3m.imaging").joinpath(_BASE).read_text(encoding="utf-8"),
        template: resources.files(package).joinpath(template).read_text(encoding="utf-8"),
    }
    environment = jinja2.Environment(
        loader=jinja2.DictLoader(sources),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters or {})
    page: str = environment.get_template(template).render(**values)
    return page


def picture_uri(image: Image) -> str:
    """A small picture as text that a page can hold (a ``data:`` URI of a WebP file).

    Args:
        image: Shape (H, W, 3).
    """
    data = base64.b64encode(encode(np.ascontiguousarray(image), "webp")).decode("ascii")
    return f"data:image/webp;base64,{data}"
