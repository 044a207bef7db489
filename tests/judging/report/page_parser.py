"""A page as its reader meets it: tags, attributes, charts and the text of each section."""

from html.parser import HTMLParser

VOID = {"meta", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """Collects tags, attributes, text and the text of each section; checks that tags nest."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.sections, self.svgs = [], [], {}, []
        self.text, self._open, self._section = "", [], None
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append(tag)
        self.attributes += attrs.items()
        if tag == "section":
            self._section = attrs["id"]
            self.sections[self._section] = ""
        if tag == "svg":
            self.svgs.append([attrs, []])
        elif "svg" in self._open:
            self.svgs[-1][1].append((tag, attrs))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag):
        assert self._open.pop() == tag
        if tag == "section":
            self._section = None

    def handle_data(self, data):
        if "style" not in self._open:
            self.text += data
            if self._section:
                self.sections[self._section] += data
