"""One file an engine: `right.py` is right, each of the others has the mistake of its name."""
