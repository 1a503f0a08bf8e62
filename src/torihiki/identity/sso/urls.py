"""Addresses of single sign-on: the way in, what providers call, and the administrator's pages."""

from django.urls import path

from torihiki.identity.sso.pages import closing, connections, emergency, entering, oidc, saml

urlpatterns = [
    path("sso/find", entering.find_page, name="sso-find"),
    path("sso/start/<uuid:provider_id>", entering.start_page, name="sso-start"),
    path("sso/oidc/<uuid:provider_id>/callback", oidc.callback_page, name="sso-callback"),
    path("sso/oidc/<uuid:provider_id>/backchannel-logout", oidc.backchannel_page, name="sso-backchannel"),
    path("sso/saml/<uuid:provider_id>/acs", saml.acs_page, name="sso-acs"),
    path("sso/saml/<uuid:provider_id>/slo", saml.slo_page, name="sso-slo"),
    path("sso/<slug:slug>/emergency", emergency.password_page, name="sso-emergency"),
    path("sso/<slug:slug>/emergency/code", emergency.code_page, name="sso-emergency-code"),
    path("sso/<slug:slug>/emergency/decide", emergency.decide_page, name="sso-emergency-decide"),
    path("sso/<slug:slug>", entering.entrance_page, name="sso-entrance"),
    path("company/sign-in", connections.providers_page, name="identity-providers"),
    path("company/sign-in/only", closing.sso_only_page, name="sso-only"),
    path("company/sign-in/emergency", closing.rehearsal_page, name="sso-rehearsal"),
    path("company/sign-in/new/<str:protocol>", connections.new_provider_page, name="new-identity-provider"),
    path("company/sign-in/<uuid:provider_id>", connections.provider_page, name="identity-provider"),
    path("company/sign-in/<uuid:provider_id>/test", connections.test_page, name="test-identity-provider"),
    path("company/sign-in/<uuid:provider_id>/metadata", connections.metadata_page, name="our-metadata"),
    path("company/sign-in/<uuid:provider_id>/keys", connections.accept_metadata_page, name="accept-metadata"),
    path("company/sign-in/<uuid:provider_id>/on", connections.switch_on_page, name="switch-on-identity-provider"),
    path("company/sign-in/<uuid:provider_id>/off", connections.switch_off_page, name="switch-off-identity-provider"),
    path("company/sign-in/<uuid:provider_id>/remove", connections.remove_page, name="remove-identity-provider"),
    path("company/sign-in/links/<uuid:link_id>/remove", connections.unlink_member_page, name="unlink-member"),
    path("profile/links", connections.own_links_page, name="own-links"),
    path("profile/links/new/<uuid:provider_id>", connections.link_page, name="link-identity"),
    path("profile/links/<uuid:link_id>/remove", connections.unlink_page, name="unlink-identity"),
]
