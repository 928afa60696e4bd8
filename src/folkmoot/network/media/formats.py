"""What a file is, judged by its first bytes alone: names and declared types are only what the sender says."""

from __future__ import annotations

from PIL import features

from folkmoot.errors import Invalid

READABLE = ("image/jpeg", "image/png", "image/gif", "image/webp", *(("image/avif",) if features.check("avif") else ()))
"""What members may upload; the API tells clients."""
_PILLOW = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP", "image/avif": "AVIF"}


def sniff(data: bytes) -> str:
    """The content type of a picture we read. Raises Invalid for everything else."""
    found = _look(data[:32])
    if found == "image/heic":
        raise Invalid("Validation failed: File is a HEIC picture, please send it as JPEG", field="file")
    if found not in READABLE:
        raise Invalid("Validation failed: File content type is invalid", field="file")
    return found


def decoder_of(content_type: str) -> str:
    """The one decoder that may look at such a file."""
    return _PILLOW[content_type]


def _look(head: bytes) -> str:
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in (b"avif", b"avis"):
            return "image/avif"
        if brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"):
            # mif1 is the common wrapper of both; who is compatible with what follows it
            return "image/avif" if b"avif" in head[16:] else "image/heic"
    return ""


def count_gif_frames(data: bytes, *, most: int) -> int:
    """How many pictures a GIF shows, without decoding any; counting ends just above `most`."""
    place = 13 + _table(data[10:11])
    count = 0
    while place < len(data) and count <= most:
        block = data[place]
        if block == 0x2C:
            count += 1
            place += 10 + _table(data[place + 9 : place + 10]) + 1
        elif block == 0x21:
            place += 2
        else:
            break
        while place < len(data) and data[place]:
            place += data[place] + 1
        place += 1
    return count


def _table(packed: bytes) -> int:
    """Length of the colour table that the packed byte announces."""
    return 3 << ((packed[0] & 7) + 1) if packed and packed[0] & 0x80 else 0
