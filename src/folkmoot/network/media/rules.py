"""What may be said about a picture, and how large it may be."""

from __future__ import annotations

from folkmoot import markup
from folkmoot.errors import Invalid

LONGEST_DESCRIPTION = 1500


def check_size(data: bytes, upload_mb: int) -> None:
    """Raise Invalid unless there is something in the file, and not too much."""
    if not data:
        raise Invalid("Validation failed: File can't be blank", field="file")
    if len(data) > upload_mb * 1024 * 1024:
        raise Invalid("Validation failed: File file size must be less than {mb} MB", field="file", mb=upload_mb)


def described(description: str) -> str:
    """The description as kept. Raises Invalid when it is too long."""
    description = markup.clean(description).strip()
    if len(description) > LONGEST_DESCRIPTION:
        raise Invalid(
            "Validation failed: Description is too long (maximum is {most} characters)",
            field="description",
            most=LONGEST_DESCRIPTION,
        )
    return description


def check_focus(focus: tuple[float, float]) -> None:
    """Raise Invalid unless both parts lie between -1 and 1."""
    if not all(-1 <= part <= 1 for part in focus):
        raise Invalid("Validation failed: Focus must lie between -1 and 1", field="focus")
