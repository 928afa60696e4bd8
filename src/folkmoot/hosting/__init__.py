"""How a network stays up, and how it leaves: the embedded database, the supervisor; later backup, standby and move."""
