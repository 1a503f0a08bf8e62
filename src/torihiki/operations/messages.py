"""The console's one-time messages, in a cookie that the portal neither reads nor writes."""

from django.contrib.messages.storage.cookie import CookieStorage


class ConsoleMessages(CookieStorage):
    cookie_name = "console-messages"
