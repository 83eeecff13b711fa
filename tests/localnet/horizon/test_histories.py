from server.localnet.horizon.effects import TYPES
from tests.localnet.fields import OPERATIONS
from tests.localnet.horizon.explorer import Explorer


def test_each_type_of_operation_has_its_fields(horizon: Explorer) -> None:
    shown = {
        record["type"]
        for record in horizon.every("Operation", "/operations?limit=200&include_failed=true")
    }
    switched_off = {
        "inflation",
        "invoke_host_function",
        "extend_footprint_ttl",
        "restore_footprint",
        "liquidity_pool_deposit",
        "liquidity_pool_withdraw",
    }
    assert shown == OPERATIONS["types"].keys() - switched_off


def test_each_type_of_effect_has_its_fields(horizon: Explorer) -> None:
    shown = {record["type"] for record in horizon.every("Effect", "/effects?limit=200")}
    assert shown == TYPES.keys()
