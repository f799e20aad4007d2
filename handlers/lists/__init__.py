"""Lists of people who opted out elsewhere: reading them, whatever they look like."""
