"""Room: the sandbox phone: one page that looks and behaves like a chat with the official account.

It acts as the platform's user only: what it does leaves as sealed callbacks, what it shows came from the service's
replies and API calls, or from the SMS gateway's inbox.
"""
