"""Which class reads which operation type."""

from __future__ import annotations

from stellar_sdk import xdr

from server.localnet.ledger.addresses import Address, read_address
from server.localnet.ledger.operations.accounts import (
    AccountMerge,
    BumpSequence,
    CreateAccount,
)
from server.localnet.ledger.operations.authorization import AllowTrust, SetTrustLineFlags
from server.localnet.ledger.operations.claimable_balances import (
    ClaimClaimableBalance,
    CreateClaimableBalance,
)
from server.localnet.ledger.operations.clawbacks import Clawback, ClawbackClaimableBalance
from server.localnet.ledger.operations.data import ManageData
from server.localnet.ledger.operations.offers import (
    CreatePassiveSellOffer,
    ManageBuyOffer,
    ManageSellOffer,
)
from server.localnet.ledger.operations.operation import Operation, UnsupportedOperation
from server.localnet.ledger.operations.options import SetOptions
from server.localnet.ledger.operations.path_payments import (
    PathPaymentStrictReceive,
    PathPaymentStrictSend,
)
from server.localnet.ledger.operations.payments import Payment
from server.localnet.ledger.operations.sponsoring import (
    BeginSponsoringFutureReserves,
    EndSponsoringFutureReserves,
    RevokeSponsorship,
)
from server.localnet.ledger.operations.trust import ChangeTrust

_SUPPORTED: tuple[type[Operation], ...] = (
    CreateAccount,
    Payment,
    SetOptions,
    ChangeTrust,
    AccountMerge,
    ManageData,
    BumpSequence,
    BeginSponsoringFutureReserves,
    EndSponsoringFutureReserves,
    RevokeSponsorship,
    PathPaymentStrictReceive,
    PathPaymentStrictSend,
    ManageSellOffer,
    ManageBuyOffer,
    CreateClaimableBalance,
    ClaimClaimableBalance,
    Clawback,
    ClawbackClaimableBalance,
    AllowTrust,
    SetTrustLineFlags,
)
_BY_KIND: dict[xdr.OperationType, type[Operation]] = {
    **{one.kind: one for one in _SUPPORTED},
    xdr.OperationType.CREATE_PASSIVE_SELL_OFFER: CreatePassiveSellOffer,  # answers as another kind
}


def read_operation(source: xdr.Operation, transaction_source: Address) -> Operation:
    """`transaction_source` acts unless the operation names a source of its own."""
    actor = transaction_source
    if source.source_account is not None:
        actor = read_address(source.source_account)
    reader = _BY_KIND.get(source.body.type, UnsupportedOperation)
    operation = reader(
        actor.account, actor.muxed_id, has_own_source=source.source_account is not None
    )
    operation.read(source.body)
    return operation
