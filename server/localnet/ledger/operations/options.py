"""Set options: flags, thresholds, signers, home domain."""

from __future__ import annotations

from struct import Struct

from stellar_sdk import xdr
from stellar_sdk.xdr import SetOptionsResultCode as Code

from server.localnet.ledger.addresses import is_text
from server.localnet.ledger.assets import account_id_bytes, arm
from server.localnet.ledger.context import Context
from server.localnet.ledger.entries import (
    AUTH_CLAWBACK_ENABLED,
    AUTH_IMMUTABLE,
    AUTH_REQUIRED,
    AUTH_REVOCABLE,
    Account,
    Signer,
)
from server.localnet.ledger.operations.operation import Operation, Threshold
from server.localnet.ledger.results import Refusal
from server.localnet.ledger.sponsorship import add_signer, remove_signer

_ALL_FLAGS = AUTH_REQUIRED | AUTH_REVOCABLE | AUTH_IMMUTABLE | AUTH_CLAWBACK_ENABLED
_MAX_WEIGHT = 255
_MAX_SIGNERS = 20
_ED25519_SIGNER = Struct(">I").pack(xdr.SignerKeyType.SIGNER_KEY_TYPE_ED25519)


class SetOptions(Operation):
    kind = xdr.OperationType.SET_OPTIONS

    __slots__ = (
        "clear_flags",
        "home_domain",
        "inflation_destination",
        "set_flags",
        "signer",
        "signs_nothing",
        "threshold",
        "thresholds",
    )

    clear_flags: int
    set_flags: int
    inflation_destination: bytes | None
    home_domain: bytes | None
    thresholds: tuple[int | None, int | None, int | None, int | None]
    signer: Signer | None
    signs_nothing: bool  # a signed-payload signer with an empty payload

    def read(self, body: xdr.OperationBody) -> None:
        source = arm(body.set_options_op)
        self.clear_flags = _number(source.clear_flags) or 0
        self.set_flags = _number(source.set_flags) or 0
        destination = source.inflation_dest
        self.inflation_destination = None if destination is None else account_id_bytes(destination)
        self.home_domain = None if source.home_domain is None else source.home_domain.string32
        self.thresholds = (
            _number(source.master_weight),
            _number(source.low_threshold),
            _number(source.med_threshold),
            _number(source.high_threshold),
        )
        self.signer = None if source.signer is None else _read_signer(source.signer)
        payload = None if source.signer is None else source.signer.key.ed25519_signed_payload
        self.signs_nothing = payload is not None and not payload.payload
        keys_change = source.signer is not None or any(t is not None for t in self.thresholds)
        self.threshold = Threshold.HIGH if keys_change else Threshold.MEDIUM

    def check(self) -> None:
        if (self.set_flags | self.clear_flags) & ~_ALL_FLAGS:
            raise Refusal(Code.SET_OPTIONS_UNKNOWN_FLAG)
        if self.set_flags & self.clear_flags:
            raise Refusal(Code.SET_OPTIONS_BAD_FLAGS)
        if any(value is not None and value > _MAX_WEIGHT for value in self.thresholds):
            raise Refusal(Code.SET_OPTIONS_THRESHOLD_OUT_OF_RANGE)
        if self.signer is not None:
            self._check_signer(self.signer)
        if self.home_domain is not None and not is_text(self.home_domain):
            raise Refusal(Code.SET_OPTIONS_INVALID_HOME_DOMAIN)

    def _check_signer(self, signer: Signer) -> None:
        is_master = signer.key == _ED25519_SIGNER + self.source
        if is_master or signer.weight > _MAX_WEIGHT or self.signs_nothing:
            raise Refusal(Code.SET_OPTIONS_BAD_SIGNER)

    def apply(self, context: Context) -> bytes:
        account = context.state.edit_account(self.source)
        self._set_inflation_destination(context, account)
        self._set_flags(account)
        if self.home_domain is not None:
            account.home_domain = self.home_domain
        if any(value is not None for value in self.thresholds):
            pairs = zip(self.thresholds, account.thresholds, strict=True)
            account.thresholds = bytes(old if new is None else new for new, old in pairs)
        if self.signer is not None:
            self._set_signer(context, account, self.signer)
        return b""

    def _set_inflation_destination(self, context: Context, account: Account) -> None:
        if self.inflation_destination is None:
            return
        if context.state.account(self.inflation_destination) is None:
            raise Refusal(Code.SET_OPTIONS_INVALID_INFLATION)
        account.inflation_destination = self.inflation_destination

    def _set_flags(self, account: Account) -> None:
        if not self.set_flags | self.clear_flags:
            return
        if account.flags & AUTH_IMMUTABLE:
            raise Refusal(Code.SET_OPTIONS_CANT_CHANGE)
        account.flags = account.flags & ~self.clear_flags | self.set_flags
        if account.flags & AUTH_CLAWBACK_ENABLED and not account.flags & AUTH_REVOCABLE:
            raise Refusal(Code.SET_OPTIONS_AUTH_REVOCABLE_REQUIRED)

    @staticmethod
    def _set_signer(context: Context, account: Account, signer: Signer) -> None:
        known = next((member for member in account.signers if member.key == signer.key), None)
        if not signer.weight:
            if known is not None:
                remove_signer(context.state, account, known)
        elif known is not None:
            changed = known._replace(weight=signer.weight)
            account.signers = tuple(changed if m is known else m for m in account.signers)
        elif len(account.signers) == _MAX_SIGNERS:
            raise Refusal(Code.SET_OPTIONS_TOO_MANY_SIGNERS)
        else:
            add_signer(context, account, signer, Code.SET_OPTIONS_LOW_RESERVE)


def _read_signer(source: xdr.Signer) -> Signer:
    return Signer(source.key.to_xdr_bytes(), source.weight.uint32, None)


def _number(source: xdr.Uint32 | None) -> int | None:
    return None if source is None else source.uint32
