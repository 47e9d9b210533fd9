"""The centre's papers: what they say (`content`), how they are drawn (`printer`, `templates/`), and what makes one of several (`bind`).

A paper's content is a function of the case as the paper found it, the event it carries and the directory of that moment; a template's
version turns it into a PDF, byte for byte the same whenever it is drawn by the same programs.
"""
