"""Approvals (二人の目): what one person requests and another approves, and what they see before they decide."""
