"""The web's ways in: providers' webhooks, Slack, the API, the pages. `app.py` joins them."""
