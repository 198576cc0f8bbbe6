"""The databases (データベース): a file or a server, how tables are declared, and frames in and out of them."""
