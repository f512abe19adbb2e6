"""A site for people at a terminal: what the Gateway tells, drawn. Data in, rich renderables out; no I/O."""
