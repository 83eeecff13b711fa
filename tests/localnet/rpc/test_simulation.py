import pytest
from stellar_sdk import scval
from stellar_sdk.operation import BumpSequence, InvokeHostFunction, Payment
from stellar_sdk.operation.operation import Operation
from stellar_sdk.xdr import HostFunction, HostFunctionType, InvokeContractArgs, SCSymbol

from tests.localnet.driver import Driver
from tests.localnet.market import ALICE, BOB, XLM
from tests.localnet.rpc.client import Rpc


def _call() -> InvokeHostFunction:
    contract = scval.to_address("CDMLFMKMMD7MWZP3FKUBZPVHTUEDLSX4BYGYKH4GCESXYHS3IHQ4EIG4").address
    assert contract is not None
    function = HostFunction(
        HostFunctionType.HOST_FUNCTION_TYPE_INVOKE_CONTRACT,
        invoke_contract=InvokeContractArgs(contract, SCSymbol(b"balance"), []),
    )
    return InvokeHostFunction(function, [])


@pytest.mark.parametrize(
    ("operations", "words"),
    [
        ([_call()], "does not run contracts"),
        ([Payment(BOB.public_key, XLM, "1")], "unsupported operation type: OperationTypePayment"),
        ([BumpSequence(5)], "unsupported operation type: OperationTypeBumpSequence"),
        ([BumpSequence(5), BumpSequence(6)], "more than one operation"),
    ],
)
def test_the_error_is_in_the_result(
    market: Driver, rpc: Rpc, operations: list[Operation], words: str
) -> None:
    envelope = market.build(ALICE, *operations)
    found = rpc.ask("simulateTransaction", transaction=envelope.to_xdr())
    assert found.keys() == {"error", "latestLedger"}
    assert words in found["error"]
    assert found["latestLedger"] == 6


@pytest.mark.parametrize("text", ["", "AAAA", "!"])
def test_what_is_no_envelope(rpc: Rpc, text: str) -> None:
    found = rpc.ask("simulateTransaction", transaction=text)
    assert found["error"] == "Could not unmarshal transaction"


def test_params_of_another_type(rpc: Rpc) -> None:
    assert rpc.refuse("simulateTransaction", transaction=5)[0] == -32602
