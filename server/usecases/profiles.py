"""What somebody sees and changes of his own account."""

from collections.abc import Callable

from core import wire
from core.accounts import ChangeProfile, Changes
from core.clock import rfc3339
from core.errors import Absent
from core.links import check_handle
from server.usecases import credentials
from server.usecases.views import ProfileView, SignedInAs
from server.usecases.world import World


class Profiles:
    def __init__(self, world: World) -> None:
        self._world = world

    async def show(self, user: SignedInAs) -> wire.Profile:
        view = await self._world.accounts.profile(user.user_id)
        if view is None:
            raise Absent("request.not_found")
        return self._shown(view)

    async def change(self, user: SignedInAs, request: wire.ChangedProfile) -> wire.Profile:
        changes = Changes(
            handle=_checked(request.handle, check_handle),
            language=_checked(request.language, credentials.language),
            timezone=_checked(request.timezone, credentials.timezone),
            display_currency=_checked(request.display_currency, credentials.display_currency),
        )
        await self._world.engine.run(
            ChangeProfile(now_ms=self._world.now_ms(), user_id=user.user_id, changes=changes)
        )
        return await self.show(user)

    def _shown(self, view: ProfileView) -> wire.Profile:
        profile = view.profile
        personal = self._world.people.personal(profile.user_id, profile.sealed)
        return wire.Profile(
            user_id=profile.user_id,
            handle=profile.handle,
            name=personal.name,
            level=view.level,
            language=profile.language,
            timezone=profile.timezone,
            display_currency=profile.display_currency,
            handle_changeable=profile.handle_changed_ms is None,
            public_key=view.public_key,
            federation=self._world.site.federation_address(profile.handle),
            referral_code=profile.referral_code,
            created_at=rfc3339(profile.created_ms),
            email=personal.email,
            phone=personal.phone,
        )


def _checked(text: str | None, check: Callable[[str], str]) -> str | None:
    return check(text) if text is not None else None
