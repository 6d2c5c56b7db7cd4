"""Pages that hold all they show, escape what they are told, and let nothing in from elsewhere."""

import base64
import re
import sys
from io import BytesIO

import jinja2
import numpy as np
import PIL.Image
import pytest

from p3m.core.errors import MissingExtraError
from p3m.imaging.page import picture_uri, render_page
from support.images import noise


@pytest.fixture
def templates(tmp_path, monkeypatch):
    """A package whose folder takes templates."""
    folder = tmp_path / f"pages_{tmp_path.name}"  # modules are kept: each test has its own
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def page(folder, body, values, **options):
    text = '{% extends "page.html.j2" %}{% block title %}T{% endblock %}'
    (folder / "a.html.j2").write_text(f"{text}{{% block body %}}{body}{{% endblock %}}")
    return render_page(folder.name, "a.html.j2", values, **options)


def test_values_are_escaped(templates):
    text = page(templates, "<p>{{ name }}</p>", {"name": "<script>alert('x')</script>&\"b\""})
    assert "<script" not in text
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&#34;b&#34;" in text


def test_nothing_comes_from_elsewhere(templates):
    text = page(templates, "", {})
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert not re.search(r"https?:|<script|@import|url\(", text)


def test_filters_can_be_given(templates):
    text = page(templates, "{{ name | loud }}", {"name": "a"}, filters={"loud": str.upper})
    assert "\nA" in text or ">A" in text


def test_a_name_that_is_missing_is_an_error_and_no_gap(templates):
    with pytest.raises(jinja2.UndefinedError, match="name"):
        page(templates, "{{ name }}", {})


def test_without_jinja2_the_extra_is_named(templates, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtraError, match=r"p3m\[evaluate\]"):
        page(templates, "", {})


@pytest.mark.parametrize("turned", [False, True])
def test_a_picture_becomes_text_and_comes_back(turned):
    image = np.repeat(np.repeat(noise(3, 4), 16, axis=0), 16, axis=1)
    image = np.rot90(image) if turned else image
    kind, _, data = picture_uri(image).partition(",")
    assert kind == "data:image/webp;base64"
    decoded = PIL.Image.open(BytesIO(base64.b64decode(data))).convert("RGB")
    assert np.abs(np.asarray(decoded).astype(int) - image).mean() < 12
