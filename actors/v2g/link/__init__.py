"""What the link decides without a socket: whom to let in, what a byte stream means, what is still to do."""
