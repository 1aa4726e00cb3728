"""Answers of the site that come when a test lets them, as on a slow connection."""

import json


class HeldAnswers:
    """Questions to an address, kept back until they may be answered."""

    def __init__(self, page, pattern):
        self._page, self._pattern = page, pattern
        self._routes = []
        page.route(pattern, self._keep)

    def _keep(self, route):
        self._routes.append(route)

    def expect(self, part="", count=1):
        """Wait for some more questions, of which the last one holds a part of a text."""
        for _ in range(200):
            if len(self._routes) >= count and part in self._last():
                return
            self._page.wait_for_timeout(100)
        raise AssertionError(f"{part!r} was not asked: {self._routes}")

    def _last(self):
        request = self._routes[-1].request
        return f"{request.url} {request.post_data or ''}"

    def answer(self):
        """Let the last question go on."""
        self._routes.pop().continue_()

    def refuse(self, words):
        """Answer the last question with what is wrong with it."""
        self._routes.pop().fulfill(
            status=422, content_type="application/json", body=json.dumps({"error": words})
        )

    def go_to(self, address):
        """Answer the last question with the page to which htmx goes."""
        self._routes.pop().fulfill(status=200, headers={"HX-Redirect": address})

    def stop(self):
        """Keep nothing back any longer; what is kept stays so."""
        self._page.unroute(self._pattern)
