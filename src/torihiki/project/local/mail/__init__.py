"""The mail sink: takes what the platform sends, keeps it in `var/mail`, shows it. Nothing leaves this machine."""
