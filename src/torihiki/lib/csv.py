"""CSV for spreadsheets: cells that a spreadsheet would take for a formula are made inert."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def inert(cell: object) -> str:
    """The cell's text, led by an apostrophe where a spreadsheet would compute it. Plain numbers stay numbers."""
    text = str(cell)
    if not text.startswith(FORMULA_STARTS):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text
