"""The disk (ファイルとフォルダ): inboxes, the archive, files that people wrote, and how a file of ours is written."""
