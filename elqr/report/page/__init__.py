"""The page (今朝の一枚): one file for the browser, with its charts, style and script."""
