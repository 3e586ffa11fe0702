"""How fast the tagger is, beside its peers: `make bench` measures all of docs/speed.md's table."""
