"""A person's own keys, from their file to the key that acts."""

from pathlib import Path

import pytest

from tests.tui.conftest import opened, settle, shown, wallet_of
from tui.keymap import FILE, BadKeymap, read_keymap
from tui.session import Session


def test_no_file_is_no_keymap(tmp_path: Path) -> None:
    assert read_keymap(tmp_path) == {}


@pytest.mark.parametrize(
    "text", ["keys = 7", "[keys", '[keys]\n"app.lock" = 7', '[keys]\n"app.lock" = " "', "\xff"]
)
def test_a_bad_file_is_refused_with_its_name(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text, encoding="latin-1")
    with pytest.raises(BadKeymap, match=FILE):
        read_keymap(tmp_path)


async def test_own_keys_act_and_are_shown(signed_in: Session, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('[keys]\n"go.pay" = "z"\n"app.lock" = "f12"\n')
    async with opened(signed_in) as pilot:
        assert "Z Pay" in shown(pilot).splitlines()[-1]
        await pilot.press("p")
        await settle(pilot)
        assert pilot.app.current_mode == "home"
        await pilot.press("f12")
        await settle(pilot)
        assert wallet_of(pilot).locked


async def test_a_bad_file_is_told_and_the_usual_keys_stay(
    signed_in: Session, tmp_path: Path
) -> None:
    (tmp_path / FILE).write_text("[keys")
    async with opened(signed_in, (120, 40)) as pilot:
        assert FILE in wallet_of(pilot).notices[0]
        await pilot.press("p")
        await settle(pilot)
        assert pilot.app.current_mode == "pay"
