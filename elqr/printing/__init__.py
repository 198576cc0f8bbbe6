"""Printing (印刷): notices with their payloads → sheets that are proved, page by page, before they leave."""
