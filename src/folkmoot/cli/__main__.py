"""`python -m folkmoot.cli`: how the supervisor starts its children, whatever the name of the script."""

from folkmoot.cli import main

main()
