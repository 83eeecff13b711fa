"""The last line: the keys that work now, from the real bindings; at most seven at 80 columns."""

from typing import NamedTuple

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Static

from tui.text import _

KEYS_MAX = 7
ALWAYS = ("app.help", "app.quit")


class Key(NamedTuple):
    """A key that works: `node` is what its action is run on."""

    id: str
    display: str
    words: str
    action: str
    node: DOMNode


def working_keys(screen: Screen[object]) -> list[Key]:
    """The active bindings, without those that the focused field takes as text, without repeats."""
    keys: dict[tuple[DOMNode, str], Key] = {}
    for key, (node, binding, enabled, _tooltip) in screen.active_bindings.items():
        typed = key if len(key) == 1 else ("?" if key == "question_mark" else None)
        swallowed = screen.focused and screen.focused.check_consume_key(key, typed)
        if enabled and binding.description and not binding.system and not swallowed:
            display = screen.app.get_key_display(binding)
            found = Key(binding.id or "", display, _(binding.description), binding.action, node)
            action = node, binding.action
            keys[action] = _plainer(found, keys.get(action))
    return list(keys.values())


def _plainer(found: Key, before: Key | None) -> Key:
    """Of two keys for one action the one without a modifier."""
    return before if before and "+" not in before.display else found


def shown_keys(screen: Screen[object]) -> list[Key]:
    """Those of the working keys that the last line has."""
    active = screen.active_bindings.values()
    shown = {(node, binding.action) for node, binding, _enabled, _tip in active if binding.show}
    return [key for key in working_keys(screen) if (key.node, key.action) in shown]


class KeyBar(Static):
    """One widget, one line; a tap on a key does what the key does."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    KeyBar {
        dock: bottom; width: 100%; height: 1; padding: 0 1; background: $keys; color: $ink-muted;
        text-wrap: nowrap; text-overflow: clip;
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._ends: list[tuple[int, Key]] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._changed)
        self._changed(self.screen)

    def _changed(self, screen: Screen[object]) -> None:
        if screen is self.screen:
            self.refresh()

    def render(self) -> Content:
        """Screen's own keys first; help and quit keep their place whatever else must go."""
        keys = self._fitting(shown_keys(self.screen))
        parts, self._ends, x = [], [], 0
        for key in keys:
            x += cell_len(key.display) + cell_len(key.words) + 3
            self._ends.append((x, key))
            parts.append(Content.assemble((key.display, "bold $ink"), f" {key.words}  "))
        return Content("").join(parts)

    def _fitting(self, keys: list[Key]) -> list[Key]:
        room = self.content_size.width + 2
        fixed = [key for wanted in ALWAYS for key in keys if key.id == wanted]
        others = [key for key in keys if key.id not in ALWAYS]
        while others and (len(others) + len(fixed) > KEYS_MAX or self._cells(others, fixed) > room):
            others.pop()
        return others + fixed

    def _cells(self, *groups: list[Key]) -> int:
        keys = [key for group in groups for key in group]
        return sum(cell_len(key.display) + cell_len(key.words) + 3 for key in keys)

    async def on_click(self, event: events.Click) -> None:
        at = event.x - self.gutter.left
        for end, key in self._ends:
            if at < end - 2:
                await self.app.run_action(key.action, key.node)
                return
