"""How the screening model is made, measured and described. Nothing here runs with a network."""
