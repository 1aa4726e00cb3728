"""What parts of a saved product are called inside; known without the science that makes it."""

from __future__ import annotations

REQUEST_KEY = b"spherex_explorer"
"""Metadata of a product: what was asked for and where it comes from, as JSON."""
STAMP_PLANES = (
    ("IMAGE", "image_mjy_sr", "MJy / sr"),
    ("VARIANCE", "variance_mjy2_sr2", "MJy2 / sr2"),
    ("MODEL", "model_mjy_sr", "MJy / sr"),
    ("FLAGS", "flags", ""),
)
"""HDUs of stamps: name, field of `Stamps`, unit."""
