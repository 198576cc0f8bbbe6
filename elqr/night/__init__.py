"""The night (夜間処理): open, take in, issue, match and post, settle, draw; on one machine or on many."""
