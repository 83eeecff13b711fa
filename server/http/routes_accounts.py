"""Signing up and in; the profile."""

from core import wire
from server.http.operations import Caller, Nothing, Operation, operation
from server.usecases.catalogue import UseCases

SIGN_UP_CODES = """account.email_malformed account.phone_malformed account.contact_missing
    account.contact_taken account.password_weak account.name_malformed account.pin_malformed
    account.pin_weak account.language_unknown account.timezone_unknown account.referral_unknown
    handle.malformed handle.reserved handle.taken auth.too_many server.busy"""
SIGN_IN_CODES = "auth.wrong_credentials auth.too_many account.contact_missing server.busy"
PROFILE_CODES = """account.language_unknown account.timezone_unknown account.currency_unknown
    handle.malformed handle.reserved handle.taken handle.changed_before server.busy"""


def account_operations(use: UseCases) -> list[Operation]:
    return [*_signing_up(use), *_sessions(use), *_profile(use)]


def _signing_up(use: UseCases) -> list[Operation]:
    async def sign_up(caller: Caller, request: wire.SignUp) -> wire.SignedUp:
        return await use.accounts.sign_up(
            request, key=caller.idempotency_key, body=caller.body, address=caller.address
        )

    return [
        operation(
            "POST",
            "/api/auth/signup",
            sign_up,
            name="signUp",
            summary="Sign up; the account on the network is opened in the background",
            sends=wire.SignUp,
            replies=wire.SignedUp,
            status=201,
            public=True,
            idempotent=True,
            codes=SIGN_UP_CODES,
        ),
    ]


def _sessions(use: UseCases) -> list[Operation]:
    async def sign_in(caller: Caller, request: wire.SignIn) -> wire.SignedIn:
        return await use.sessions.sign_in(request, caller.address)

    async def refresh(_caller: Caller, request: wire.Refresh) -> wire.SignedIn:
        return await use.sessions.refresh(request)

    async def sign_out(caller: Caller, _request: wire.SignOut) -> None:
        await use.sessions.sign_out(caller.user, everywhere=False)

    async def sign_out_everywhere(caller: Caller, _request: wire.SignOutEverywhere) -> None:
        await use.sessions.sign_out(caller.user, everywhere=True)

    return [
        operation(
            "POST",
            "/api/auth/session",
            sign_in,
            name="signIn",
            summary="Sign in",
            sends=wire.SignIn,
            replies=wire.SignedIn,
            public=True,
            codes=SIGN_IN_CODES,
        ),
        operation(
            "POST",
            "/api/auth/session",
            refresh,
            name="refresh",
            summary="Exchange a refresh token, once, for a new session",
            sends=wire.Refresh,
            replies=wire.SignedIn,
            public=True,
            codes="auth.session_expired auth.refresh_reused server.busy",
        ),
        operation(
            "POST",
            "/api/auth/session",
            sign_out,
            name="signOut",
            summary="End this session",
            sends=wire.SignOut,
            codes="server.busy",
        ),
        operation(
            "POST",
            "/api/auth/session",
            sign_out_everywhere,
            name="signOutEverywhere",
            summary="End all sessions",
            sends=wire.SignOutEverywhere,
            codes="server.busy",
        ),
    ]


def _profile(use: UseCases) -> list[Operation]:
    async def profile(caller: Caller, _request: Nothing) -> wire.Profile:
        return await use.profiles.show(caller.user)

    async def change_profile(caller: Caller, request: wire.ChangedProfile) -> wire.Profile:
        return await use.profiles.change(caller.user, request)

    return [
        operation(
            "GET",
            "/api/profile",
            profile,
            name="profile",
            summary="The own profile",
            sends=Nothing,
            replies=wire.Profile,
        ),
        operation(
            "PATCH",
            "/api/profile",
            change_profile,
            name="changeProfile",
            summary="Change what is given; a handle that was derived may be changed once",
            sends=wire.ChangedProfile,
            replies=wire.Profile,
            codes=PROFILE_CODES,
        ),
    ]
