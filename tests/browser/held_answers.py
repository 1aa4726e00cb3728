"""Answers of the site that come when a test lets them, as on a slow connection."""


class HeldAnswers:
    """Questions to an address, kept back until they may be answered."""

    def __init__(self, page, pattern):
        self._page = page
        self._routes = []
        self._are_held = True
        page.route(pattern, self._keep)

    def _keep(self, route):
        if self._are_held:
            self._routes.append(route)
        else:
            route.fallback()

    @property
    def count(self):
        """How many questions have no answer yet."""
        return len(self._routes)

    def expect(self, part=""):
        """Wait for a question, the last of which has some text in its address or its body."""
        self._wait(lambda: self._routes and part in self._last())
        assert self._routes, "nothing was asked"
        assert part in self._last()

    def expect_methods(self, *methods):
        """Wait until as many questions are there, and no others, in whatever order they came."""
        self._wait(lambda: len(self._routes) >= len(methods))
        assert sorted(route.request.method for route in self._routes) == sorted(methods)

    def expect_number(self, number):
        """Wait until there are so many questions, and no more."""
        self._wait(lambda: len(self._routes) >= number)
        assert len(self._routes) == number

    def _wait(self, condition):
        for _ in range(200):
            if condition():
                return
            self._page.wait_for_timeout(100)

    def _last(self):
        request = self._routes[-1].request
        return f"{request.url} {request.post_data or ''}"

    def answer(self, method=None):
        """Let a question go on: the last one, or the first one with a method."""
        if method is None:
            self._routes.pop().continue_()
            return
        route = next(route for route in self._routes if route.request.method == method)
        self._routes.remove(route)
        route.continue_()

    def tell(self, answer, status=200):
        """Answer the last question with a text, or with an object as JSON."""
        if isinstance(answer, str):
            kind = "text/plain; charset=utf-8"
            self._routes.pop().fulfill(status=status, content_type=kind, body=answer)
        else:
            self._routes.pop().fulfill(status=status, json=answer)

    def fail(self):
        """Break the connection of the last question."""
        self._routes.pop().abort()

    def go_to(self, address):
        """Answer the last question with the page to which htmx goes."""
        self._routes.pop().fulfill(status=200, headers={"HX-Redirect": address})

    def let_all_go(self):
        """Keep nothing back any longer."""
        self._are_held = False
        while self._routes:
            self._routes.pop(0).continue_()
