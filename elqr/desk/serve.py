"""Serving (窓口を開く): the application behind waitress, which runs alike on Linux and Windows.

There is no TLS here: browsers of other machines come through a reverse proxy that has it.
"""

from collections.abc import Callable

import waitress
from waitress.server import BaseWSGIServer, MultiSocketServer

from elqr.desk.place import Place
from elqr.desk.web import LARGEST_FORM_BYTES, make_app
from elqr.vocabulary.errors import Refused, cause

_THREADS = 8
_CONNECTIONS = 500
_IDLE_SECONDS, _CLEANUP_SECONDS = 20, 5
"""A connection that says nothing is closed, so that nobody keeps others out by opening many."""

_LARGEST_BYTES = 16 * LARGEST_FORM_BYTES
"""What is larger than a form, but not as large as this, is refused in words by the application."""


def serve(place: Place, host: str, port: int, announce: Callable[[str], None]) -> None:
    """窓口を開く, until it is interrupted. `announce` gets the address once browsers may come; port 0 is any free one.

    Raises LedgerError for a ledger that cannot be read, Refused for an address that cannot be listened on.
    """
    with place.look():
        pass
    server = open_server(place, host, port)
    announce(f"http://{host}:{server.effective_port}/")
    server.run()


def open_server(place: Place, host: str, port: int) -> MultiSocketServer | BaseWSGIServer:
    """待ち受ける, without answering yet. Raises Refused for an address that cannot be listened on."""
    try:
        return waitress.create_server(
            make_app(place),
            host=host,
            port=port,
            threads=_THREADS,
            ident=None,
            connection_limit=_CONNECTIONS,
            channel_timeout=_IDLE_SECONDS,
            cleanup_interval=_CLEANUP_SECONDS,
            max_request_body_size=_LARGEST_BYTES,
            clear_untrusted_proxy_headers=False,  # the gate knows whom to trust
        )
    except OSError as error:
        raise Refused(
            f"{host} のポート {port} で待ち受けられません（{cause(error)}）。"
            "ほかの窓口が動いていないかを確かめるか、ジョブの [desk] の host と port を直してください。"
        ) from error
