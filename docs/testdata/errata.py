"""What docs/errata.md says of Python: it fails where that is not so."""
import io
import socket
import struct
import sys

# region socket
s = socket.socket()
assert (s.family, s.type) == (socket.AF_INET, socket.SOCK_STREAM)
# endregion

# region connect
try:
    s.connect_ex(("127.0.0.1", 70000))
    raise AssertionError
except OverflowError as e:
    assert "port must be 0-65535" in str(e)
# endregion

# region lines
assert len(list(io.BytesIO(b"\n" * 5000))) == 5000
assert len(list(io.BytesIO(b"x" * 5000))) == 1
# endregion

# region digit
assert "²".isdigit()
try:
    int("²")
    raise AssertionError
except ValueError:
    pass
# endregion

# region order
assert struct.pack("i", 1) == (1).to_bytes(4, sys.byteorder)
# endregion
