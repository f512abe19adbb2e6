"""One module per EVerest types file, named as EVerest names it in lower case."""
