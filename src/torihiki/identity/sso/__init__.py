"""Single sign-on (clause 2-4-2): each company connects its own identity providers, by OpenID Connect or SAML 2.0."""
