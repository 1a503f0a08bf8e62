"""Forms of connections: what an administrator types, and what becomes of it."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from pydantic import ValidationError

from torihiki.identity.forms import LOGIN_ID_LENGTH_MAX, PASSWORD_LENGTH_MAX
from torihiki.identity.permissions import Role
from torihiki.identity.sso.actions.emergency import HOURS_MAX, REASON_LENGTH_MAX
from torihiki.identity.sso.connections import OidcSettings, SamlSettings, read_domains
from torihiki.identity.sso.oidc.asking import discover
from torihiki.identity.sso.saml.gate import MESSAGE_BYTES_MAX
from torihiki.identity.sso.saml.metadata import fetch_metadata, read_metadata
from torihiki.ledger.refusals import Refused

SECRET_LENGTH_MAX = 500
METADATA_FIELDS = ("entity_id", "sso_url", "slo_url", "slo_response_url", "certificates")
GROUPS_LENGTH_MAX = 20_000
DOMAINS_LENGTH_MAX = 4_000


class ProviderForm(forms.Form):
    """What connections of both protocols have in common."""

    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("As your members know it, such as “Aoba account”.")
    )
    domains = forms.CharField(
        label=_("E-mail domains"),
        required=False,
        max_length=DOMAINS_LENGTH_MAX,
        help_text=_("Whoever types an address of these domains is led here, such as aoba.example."),
    )
    creates_members = forms.BooleanField(
        label=_("Create members at their first sign-in"),
        required=False,
        help_text=_("Otherwise only who was linked or invited comes in."),
    )
    default_role = forms.ChoiceField(label=_("Role of new members"), choices=Role.choices, initial=Role.VIEWER)
    groups_from = forms.CharField(label=_("Groups stand in"), max_length=200, initial="groups")
    roles_by_group = forms.CharField(
        label=_("Roles by group"),
        required=False,
        max_length=GROUPS_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One to a line: group = viewer, clerk, approver or administrator. The highest one counts."),
    )
    provisioned_from = forms.CharField(
        label=_("SCIM: who signs in stands in"),
        required=False,
        max_length=200,
        help_text=_("A claim or attribute, such as oid with Entra ID. Left empty: the subject itself."),
    )
    provisioned_as = forms.ChoiceField(
        label=_("SCIM: and is equal to"),
        required=False,
        choices=[("externalId", "externalId"), ("userName", "userName")],
        initial="externalId",
    )
    signs_out_there = forms.BooleanField(
        label=_("Sign out at the provider too"),
        required=False,
        help_text=_("Whoever signs out here is led on to the provider. Otherwise a link offers that."),
    )

    def clean_domains(self) -> list[str]:
        try:
            return read_domains(self.cleaned_data["domains"])
        except ValueError as error:
            raise forms.ValidationError(_("“%(word)s” is no domain.") % {"word": str(error)[:100]}) from error

    def clean_roles_by_group(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in self.cleaned_data["roles_by_group"].splitlines():
            if not line.strip():
                continue
            group, _sign, role = (part.strip() for part in line.rpartition("="))
            if not group or role not in Role.values:
                raise forms.ValidationError(_("This line is not understood: %(line)s") % {"line": line[:100]})
            found[group] = role
        return found

    def rules(self) -> dict[str, Any]:
        names = (
            "creates_members",
            "default_role",
            "groups_from",
            "roles_by_group",
            "provisioned_from",
            "provisioned_as",
            "signs_out_there",
        )
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data[name] or name != "provisioned_as"}

    def refuse(self, error: ValidationError) -> None:
        """What the schema objects to, beside the field of that name."""
        for one in error.errors(include_url=False):
            name = str(one["loc"][0]) if one["loc"] else ""
            self.add_error(
                name if name in self.fields else None, _now("This cannot be used: %(field)s.") % {"field": name}
            )


class OidcForm(ProviderForm):
    issuer = forms.URLField(
        label=_("Issuer"),
        max_length=1_000,
        assume_scheme="https",
        help_text=_("Everything else is read from its discovery document when you save."),
    )
    client_id = forms.CharField(label=pgettext_lazy("OpenID Connect", "Client ID"), max_length=200)
    client_secret = forms.CharField(
        label=_("Client secret"),
        max_length=SECRET_LENGTH_MAX,
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Kept encrypted and never shown. Left empty, the present one stays."),
    )
    scopes = forms.CharField(
        label=pgettext_lazy("OpenID Connect", "Scopes"), max_length=300, initial="openid profile email"
    )
    field_order = ("name", "issuer", "client_id", "client_secret", "scopes", "domains")

    settings: OidcSettings

    def __init__(self, *args: Any, present: OidcSettings | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.has_secret = present is not None

    def clean(self) -> dict[str, Any]:
        """Asks the provider, where everything that was typed can be used."""
        cleaned = super().clean() or self.cleaned_data
        if not self.has_secret and not cleaned.get("client_secret"):
            self.add_error("client_secret", _("Type the secret that the provider shows."))
        if self.errors:
            return cleaned
        try:
            told = discover(cleaned["issuer"])
            typed = {"client_id": cleaned["client_id"], "scopes": cleaned["scopes"]}
            self.settings = OidcSettings.model_validate({**told, **typed, **self.rules()})
        except Refused as refusal:
            self.add_error("issuer", str(refusal.message))
        except ValidationError as error:
            self.refuse(error)
        return cleaned

    def secrets(self) -> dict[str, str]:
        typed = self.cleaned_data["client_secret"]
        return {"client_secret": typed} if typed else {}


class SamlForm(ProviderForm):
    metadata_url = forms.URLField(
        label=_("Address of the provider’s metadata"),
        required=False,
        max_length=1_000,
        assume_scheme="https",
        help_text=_(
            "It is read anew several times a day. New keys are taken over by themselves only where a former key has"
            " signed the metadata; otherwise you are asked by mail."
        ),
    )
    metadata = forms.FileField(
        label=_("Or the metadata as a file"),
        required=False,
        help_text=_("The XML file that the provider offers. With several certificates in it, each is accepted."),
    )
    email_from = forms.CharField(label=_("The address stands in"), max_length=200, initial="email")
    name_from = forms.CharField(label=_("The name stands in"), max_length=200, initial="name")
    wants_encrypted = forms.BooleanField(label=_("Only encrypted assertions"), required=False)
    idp_initiated = forms.BooleanField(
        label=_("Accept sign-ins that begin at the provider"),
        required=False,
        help_text=_("Anybody can then make a browser sign in as somebody else: leave it off unless you need it."),
    )
    field_order = ("name", "metadata_url", "metadata", "email_from", "name_from", "groups_from", "domains")

    settings: SamlSettings

    def __init__(self, *args: Any, present: SamlSettings | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.present = present

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        file, address = cleaned.get("metadata"), cleaned.get("metadata_url") or None
        if file and address:
            self.add_error("metadata", _("Give the address or the file, not both."))
        elif not file and not address and (self.present is None or self.present.metadata_url):
            self.add_error("metadata_url", _("Type the address of the provider’s metadata, or choose its file."))
        if self.errors:
            return cleaned
        try:
            told = self._told(file, address)
            chosen = ("email_from", "name_from", "wants_encrypted", "idp_initiated")
            typed = {name: cleaned[name] for name in chosen}
            self.settings = SamlSettings.model_validate({**told, **typed, **self.rules(), "metadata_url": address})
        except Refused as refusal:
            self.add_error("metadata_url" if address else "metadata", str(refusal.message))
        except ValidationError as error:
            self.refuse(error)
        return cleaned

    def _told(self, file: Any, address: str | None) -> dict[str, Any]:
        """What stays is not read anew: whoever saves another field takes no key over unseen."""
        if file:
            return read_metadata(file.read(MESSAGE_BYTES_MAX + 1)).fields
        if self.present and self.present.metadata_url == address:
            return self.present.model_dump(include=set(METADATA_FIELDS))
        assert address is not None
        return read_metadata(fetch_metadata(address)).fields

    def secrets(self) -> dict[str, str]:
        return {}


class EntranceForm(forms.Form):
    slug = forms.CharField(label=_("Address"), max_length=40, help_text=_("Small letters, digits and hyphens."))


class EmergencyForm(forms.Form):
    login_id = forms.CharField(
        label=_("Login ID"),
        max_length=LOGIN_ID_LENGTH_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=PASSWORD_LENGTH_MAX,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class AskForm(forms.Form):
    hours = forms.TypedChoiceField(
        label=_("For how many hours"),
        coerce=int,
        initial=2,
        choices=[(hours, str(hours)) for hours in range(1, HOURS_MAX + 1)],
    )
    reason = forms.CharField(
        label=_("Why"), max_length=REASON_LENGTH_MAX, help_text=_("Everybody of your company reads it in the mail.")
    )


class LinkForm(forms.Form):
    present = forms.CharField(
        label=_("Present password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
