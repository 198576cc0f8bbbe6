"""The disk (ファイルとフォルダ): inboxes, the archive, files that people wrote, and how our own files are written."""
