"""Words in, finding out: what a post is before anybody sees it. A leaf, so that publishing may ask it."""
