"""Pictures of every layout that Heed sends to Slack, for docs/slack.md (`make pictures`)."""
