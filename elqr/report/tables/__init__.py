"""Tables (表): frames with Japanese headings, in files, books and on the page alike."""
