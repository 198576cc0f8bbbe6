"""elqr: eL-QR public-payment reconciliation for Japanese cities (公金収納の消込)."""

__version__ = "0.5.0"
