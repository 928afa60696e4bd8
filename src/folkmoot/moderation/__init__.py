"""How the network is kept civil."""
