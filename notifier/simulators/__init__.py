"""Room: the sandbox. One process that plays WeChat, the SMS gateway, the EMS and the credit registry on the wire.

It obeys magic values and a script of faults, keeps what it was told under `var/sandbox/`, and is reached through the
same clients as the real systems. Nothing here is imported by the rest of the house but `app.run` and `server.started`.
"""
