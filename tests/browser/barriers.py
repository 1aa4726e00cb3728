"""Barriers that axe finds in a page at rest."""

from axe_playwright_python.sync_playwright import Axe

# Colours on their way, and words that are faded because they are being asked anew, have contrasts
# that they have for a moment only.
IS_AT_REST = """() => document.getAnimations().every((one) =>
    one.playState !== 'running' || one.effect.getComputedTiming().endTime === Infinity)
    && ![...document.querySelectorAll('.is-old')].some((one) => one.checkVisibility())"""


def barriers(page, context=None):
    """Return what axe finds, in words; an empty text is as it should be.

    Parameters
    ----------
    page
        The page, which is waited for until nothing in it moves.
    context
        What to look at, as axe takes it; `None` is the whole page.
    """
    page.wait_for_function(IS_AT_REST)
    result = Axe().run(page, context=context)
    return result.generate_report() if result.violations_count else ""
