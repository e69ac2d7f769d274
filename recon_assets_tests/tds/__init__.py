"""A small TDS server over the embedded source: the peer that Microsoft's and FreeTDS's drivers talk to in tests.
Import `serve` from `server`; the other modules are its own matter."""
