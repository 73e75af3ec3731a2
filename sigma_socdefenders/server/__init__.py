"""The endpoint itself: an HTTP server that answers as the documented API does, over any source.

A list is read in a process of its own, into a snapshot that never changes (`loading`, `snapshot`);
the server answers from the snapshot's bytes and puts the next one in its place in one step
(`store`). Needs the extra `serve`, but for `keys`, which the command line uses without it.
"""
