"""Reads a report page as a parser sees it: elements with their attributes, and text without markup."""

from html.parser import HTMLParser

_IN_A_LINE = ("a", "code", "i", "mark", "span", "strong")


class Page(HTMLParser):
    """`elements`: (tag, attributes) in order; `text`: what is between them, without script and style."""

    def __init__(self, html: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inline: dict[str, str] = {}
        self._open = ""
        self._texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._open = tag

    def handle_endtag(self, tag):
        self._open = ""
        if tag not in _IN_A_LINE:
            self._texts.append(" ")

    def handle_data(self, data):
        if self._open in ("script", "style"):
            self.inline[self._open] = data
        else:
            self._texts.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self._texts).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]
