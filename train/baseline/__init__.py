"""The supervised baseline of the paper: an encoder with a fixed layer of BIO tags over the 155 fine types."""
