"""The README's pictures, exported by the wallet itself in front of a real deployment.

python -m scripts.pictures
"""

import asyncio
import os
import re
import tempfile
from pathlib import Path

from tests.e2e.town import Town

FOLDER = Path("docs/pictures")


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="lumenpay-pictures-") as folder,
        Town(Path(folder) / "data") as town,
    ):
        os.environ |= {"LUMENPAY_STARS": "still", "COLORTERM": "truecolor"}
        asyncio.run(_take(town, Path(folder)))


async def _take(town: Town, folder: Path) -> None:
    from core import wire
    from tui.api import Api
    from tui.app import wallet
    from tui.profile import Profile
    from tui.session import Session

    asha = town.line["people"][0]
    profile = Profile("pictures", folder / "profiles")
    session = Session(Api(town.server, profile), profile)
    await session.api.sign_in(wire.SignIn(email=asha["email"], password=asha["password"]))
    app = wallet(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(3)
        _keep(app.export_screenshot(title="LumenPay"), "dashboard")
        await pilot.press("p")
        await pilot.pause(1)
        await pilot.press(*"ravi_menon", "enter")
        await pilot.pause(1)
        await pilot.press(*"25.5", "f7")
        await pilot.pause(2)
        _keep(app.export_screenshot(title="LumenPay"), "pay")


def _keep(picture: str, name: str) -> None:
    """Without the faces that the export would load from elsewhere: a monospace one is at hand."""
    local = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    (FOLDER / f"{name}.svg").write_text(local)


if __name__ == "__main__":
    main()
