"""The sign-in theme (clause 2-7): a colour and a pattern that a person chose, shown before the password is typed, on
that person's browsers and by this site alone."""
