"""The demo page: a phone, a mail composer and a Slack that speak to Heed through its real doors."""
