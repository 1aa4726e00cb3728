"""Answers of the site that come when a test lets them, as on a slow connection."""


class HeldAnswers:
    """Questions to an address, kept back until they may be answered."""

    def __init__(self, page, pattern):
        self._page, self._pattern = page, pattern
        self._routes = []
        page.route(pattern, self._keep)

    def _keep(self, route):
        self._routes.append(route)

    @property
    def count(self):
        """How many questions have no answer yet."""
        return len(self._routes)

    def expect(self, part=""):
        """Wait for a question, the last of which has some text in its address or its body."""
        for _ in range(200):
            if self._routes and part in self._last():
                return
            self._page.wait_for_timeout(100)
        raise AssertionError(f"{part!r} was not asked: {self._routes}")

    def _last(self):
        request = self._routes[-1].request
        return f"{request.url} {request.post_data or ''}"

    def answer(self):
        """Let the last question go on."""
        self._routes.pop().continue_()

    def tell(self, answer, status=200):
        """Answer the last question with a JSON object."""
        self._routes.pop().fulfill(status=status, json=answer)

    def refuse(self, words):
        """Answer the last question with what is wrong with it."""
        self.tell({"error": words}, status=422)

    def fail(self):
        """Break the connection of the last question."""
        self._routes.pop().abort()

    def go_to(self, address):
        """Answer the last question with the page to which htmx goes."""
        self._routes.pop().fulfill(status=200, headers={"HX-Redirect": address})

    def stop(self):
        """Keep nothing back any longer."""
        while self._routes:
            self.answer()
        self._page.unroute(self._pattern)
