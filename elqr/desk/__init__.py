"""The desk (窓口): pages for browsers of a closed network. An edge: it calls what commands call, and knows no rules."""
