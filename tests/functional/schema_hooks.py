"""What schemathesis does not know of by itself: how a tus piece becomes bytes."""

import schemathesis


@schemathesis.serializer("application/offset+octet-stream")
def tus_piece(_, value):
    return value if isinstance(value, bytes) else str(value).encode()
