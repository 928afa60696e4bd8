"""The same decision inside a statement."""

from __future__ import annotations


def sql_may_see(post: str, reader: str) -> str:
    """A condition true for the rows of `posts` (alias `post`) that the account in `reader` (`$1`, may be NULL) may see."""
    return f"""(
        {post}.account_id = {reader}::bigint
        OR ({post}.hidden_at IS NULL
            AND EXISTS (SELECT FROM accounts author WHERE author.id = {post}.account_id
                        AND author.approved_at IS NOT NULL AND author.suspended_at IS NULL AND author.closed_at IS NULL)
            AND NOT EXISTS (SELECT FROM blocks WHERE blocks.account_id = {post}.account_id AND blocks.target_id = {reader}::bigint)
            AND ({post}.visibility IN ('public', 'unlisted')
                 OR EXISTS (SELECT FROM mentions WHERE mentions.post_id = {post}.id
                            AND mentions.author_id = {post}.account_id AND mentions.account_id = {reader}::bigint)
                 OR ({post}.visibility = 'followers'
                     AND EXISTS (SELECT FROM follows WHERE follows.account_id = {reader}::bigint
                                 AND follows.target_id = {post}.account_id))))
    )"""


def sql_is_public(post: str) -> str:
    """A condition true for the rows of `posts` (alias `post`) that are meant for everybody, whatever has become of them."""
    return f"({post}.visibility IN ('public', 'unlisted'))"
