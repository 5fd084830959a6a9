"""Reports: declared once, told in the same numbers on the page, as files and to programs."""
