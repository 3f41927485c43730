"""What lies inside the box: three files that need numpy and nothing of gradtwin.

They are mounted alone, so that a submission finds neither a reference nor a mistake to read.
"""
