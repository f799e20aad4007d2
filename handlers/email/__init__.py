"""Mail: reading what comes in over SMTP, and writing what goes out."""
