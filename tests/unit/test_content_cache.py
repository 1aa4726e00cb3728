"""Values by content: made once, forgotten in order, errors never remembered."""

import pytest

from photometry_core.content_cache import ContentCache


def test_a_value_is_made_once_per_content():
    cache = ContentCache[int](10)
    made = []
    for content in ("a", "b", "a", "b"):
        assert cache.get(content, lambda c=content: made.append(c) or len(made)) == (
            1 if content == "a" else 2
        )
    assert made == ["a", "b"]


def test_the_oldest_are_forgotten():
    cache = ContentCache[str](2)
    for content in "abc":
        cache.get(content, lambda c=content: c)
    assert cache.get("c", lambda: "again") == "c"
    assert cache.get("a", lambda: "again") == "again"


def test_errors_are_not_remembered():
    cache = ContentCache[int](2)

    def fail() -> int:
        raise ValueError("damaged")

    for _ in range(2):
        with pytest.raises(ValueError, match="damaged"):
            cache.get("a", fail)
    assert cache.get("a", lambda: 5) == 5


def test_a_value_is_replaced():
    cache = ContentCache[int](1)
    cache.put("a", 1)
    cache.put("a", 2)
    assert cache.get("a", lambda: 3) == 2
