"""Excel (ブック): writes declared books and reads back those that people filled in. Knows no rules of the field."""
