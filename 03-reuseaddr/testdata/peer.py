"""A server and a client in Python for the restart, to try ours against.

usage: peer.py serve ADDR on|off server|client    SO_REUSEADDR; who hangs up first
       peer.py call ADDR server|client
serve prints "listening on ADDR", and "in use" where it may not listen.
"""
import errno
import socket
import sys


def where(addr):
    host, port = addr.rsplit(":", 1)
    return host, int(port)


def to_the_end(conn):
    while conn.recv(1024):
        pass


def hang_up(conn, first):
    if not first:
        to_the_end(conn)
    conn.close()


match sys.argv[1:]:
    case ["serve", addr, option, first]:
        phone = socket.socket()
        if option == "on":
            phone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            phone.bind(where(addr))
        except OSError as e:
            if e.errno != errno.EADDRINUSE:
                raise
            print("in use")
            sys.exit()
        phone.listen(5)
        print("listening on %s:%d" % phone.getsockname(), flush=True)
        conn, _ = phone.accept()
        hang_up(conn, first == "server")
        phone.close()
    case ["call", addr, first]:
        hang_up(socket.create_connection(where(addr)), first == "client")
    case _:
        sys.exit(__doc__)
