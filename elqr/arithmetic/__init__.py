"""Arithmetic (計算): check digits, calendars, numbers and names as people write them. No files, no columns of ours."""
