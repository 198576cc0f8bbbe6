"""The words of the field (用語): terms, columns, codes and limits. Each concept has one word, spelt once."""
