"""The rules (規則): what is decided of payments, notices and money. Frames in and frames out; no file, clock or SQL."""
