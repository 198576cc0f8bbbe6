"""Excel (ブック): declared books as bytes, and books that people filled in read back. Knows no rules of the field."""
