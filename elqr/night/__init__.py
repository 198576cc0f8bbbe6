"""The night (夜間処理): opened, taken in, issued, matched and posted, settled, drawn; on one machine or on many."""
