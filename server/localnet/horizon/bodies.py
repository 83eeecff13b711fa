"""Bodies of requests, read up to a limit."""

from urllib.parse import parse_qs

from starlette.requests import Request


async def read_body(request: Request, most: int) -> bytes | None:
    """None when the body has more bytes than that."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            return None
        parts.append(part)
    return b"".join(parts)


def form_value(body: bytes, name: str) -> str:
    """The field of an urlencoded form; "" when it is not there or the body is no form."""
    try:
        values = parse_qs(body.decode("ascii"), max_num_fields=16)
    except ValueError:
        return ""
    return values.get(name, [""])[0]
