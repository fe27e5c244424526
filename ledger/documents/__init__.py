"""
Statements to keep: CSV, XLSX and PDF, all written from one ``Paper``.

Movements are read and written in chunks, so that memory does not grow with them; a PDF keeps its
finished pages. What can be verified without us is the copy that ``ledger.exporting`` writes.
"""
