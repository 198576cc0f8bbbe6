"""Approvals (二人の目): what one person asks for and another approves, and what they are shown to decide by."""
