# Prints the name of an entry and the line with which Python reports it.
import asyncio, errno, json, os, socket, struct, traceback


def show(name, error):
    print(name, "".join(traceback.format_exception_only(type(error), error)).strip())


for name, number in {
    "refused": errno.ECONNREFUSED, "timeout": errno.ETIMEDOUT, "in-use": errno.EADDRINUSE,
    "not-mine": errno.EADDRNOTAVAIL, "low-port": errno.EACCES, "too-many-files": errno.EMFILE,
    "reset": errno.ECONNRESET, "broken-pipe": errno.EPIPE, "not-connected": errno.ENOTCONN,
    "datagram": errno.EMSGSIZE, "exists": errno.EEXIST, "disk-full": errno.ENOSPC,
}.items():
    show(name, OSError(number, os.strerror(number)))
for number in errno.ENETUNREACH, errno.EHOSTUNREACH:
    show("unreachable", OSError(number, os.strerror(number)))


def closed(phone):
    phone.close()
    phone.recv(1)


def silent(phone):
    phone.settimeout(0.001)
    phone.recv(1)


async def read_line():
    lines = asyncio.StreamReader(limit=4)
    lines.feed_data(b"a" * 9)
    await lines.readuntil()


for name, call in {
    "deadline": silent,
    "closed": closed,
    "unexpected-eof": lambda phone: struct.unpack("i", b"ab"),
    "json": lambda phone: json.loads("hello"),
    "bad-address": lambda _: socket.socket().connect(("127.0.0.1", 99999)),
    "bad-address ": lambda _: socket.socket().connect("127.0.0.1"),
    "no-host": lambda _: socket.getaddrinfo("nobody", 80, flags=socket.AI_NUMERICHOST),
    "long-line": lambda _: asyncio.run(read_line()),
}.items():
    here, there = socket.socketpair()
    with here, there:
        try:
            call(here)
        except Exception as error:
            show(name.strip(), error)

show("canceled", asyncio.CancelledError())
show("unexpected-eof", asyncio.IncompleteReadError(b"ab", 4))
here, there = socket.socketpair()
there.close()
print("eof", here.recv(1))
