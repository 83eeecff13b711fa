"""The practice badge: on every screen while the money is not real."""

from textual.content import Content

from tui.text import _
from tui.widgets.glass import Text


class Badge(Text):
    DEFAULT_CSS = """
    Badge {
        display: none; width: auto; height: 1; padding: 0 1; text-style: bold;
        color: $warning; background: $badge;
    }
    """

    def render(self) -> Content:
        narrow = self.app.size.width < 100
        return Content(_("PRACTICE") if narrow else _("PRACTICE MONEY"))
