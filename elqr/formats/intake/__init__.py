"""Intake (取込): one delivered file as a whole: checked, taken in, inspected, compared, masked, read again later."""
