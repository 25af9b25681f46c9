"""Ports of the loopback address."""

import socket

from modules.errors import UserError

HOST = "127.0.0.1"


def demand_port(port: int, host: str = HOST) -> None:
    """Check that a port of an address can be listened on.

    Raises:
        UserError: if it is taken or not allowed.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise UserError(f"--port {port}: cannot be listened on ({error}); give another") from error


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
