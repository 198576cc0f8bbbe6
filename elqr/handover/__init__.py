"""The handover (引渡し): what leaves the house: files for the core system, and printed notices for the post."""
