"""SAML 2.0 Web Browser SSO as a service provider: signed requests by redirect, responses by post."""
