"""Sign-in by the coalition's own identity provider (OpenID Connect, code flow with PKCE): settings, protocol, accounts.

``settings`` reads ``<data>/oidc.toml``, ``flow`` talks to the provider, ``accounts`` says whom it lets in.
"""
