"""Names of files as text: on most systems they may hold bytes that are none."""


def printable(name: str) -> str:
    r"""A file's name with what is no text as escapes, so that it can be printed anywhere.

    Example:
        >>> printable("portrait.jpg"), printable("bad\udcff.jpg")
        ('portrait.jpg', 'bad\\udcff.jpg')
    """
    return name.encode("utf-8", errors="backslashreplace").decode("utf-8")
