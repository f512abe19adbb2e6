"""One module per EVerest interface, named as EVerest names it in lower case."""
