/* Passkeys (WebAuthn). A form with data-passkey="use" or "new" asks the authenticator before it is sent: what to ask
   comes from the form's own address by GET, and what was answered goes there as its field "credential". With
   data-offer the browser offers its passkeys in the field for the login id as well. Without WebAuthn the forms stay
   hidden: passwords and codes need no script. */
(() => {
  "use strict";
  const forms = [...document.querySelectorAll("form[data-passkey]")];
  if (!forms.length || !window.PublicKeyCredential) return;
  const RENEWED_MS = 4 * 60 * 1000; /* an offer's challenge serves for five minutes */
  let offer = null;

  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  const options = async (form) => {
    const answer = await fetch(form.action, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new DOMException("the session is over", "AbortError");
    const asked = await answer.json();
    asked.challenge = bytes(asked.challenge);
    if (asked.user) asked.user.id = bytes(asked.user.id);
    for (const each of [...(asked.allowCredentials || []), ...(asked.excludeCredentials || [])]) each.id = bytes(each.id);
    return asked;
  };

  const send = (form, made) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (made.response[name]) response[name] = text(made.response[name]);
    }
    const credential = { id: made.id, rawId: text(made.rawId), type: made.type, response };
    form.elements.credential.value = JSON.stringify(credential);
    form.submit();
  };

  const say = (form, words) => {
    const place = form.querySelector("[data-passkey-said]");
    place.textContent = words;
    place.hidden = !words;
  };

  const stop = () => { if (offer) offer.abort(); offer = null; };

  const ask = async (form) => {
    stop();
    say(form, "");
    try {
      const publicKey = await options(form);
      const isNew = form.dataset.passkey === "new";
      const made = await (isNew ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }));
      send(form, made);
    } catch (error) {
      if (error.name === "AbortError") location.reload();
      else say(form, error.name === "InvalidStateError" ? form.dataset.known : form.dataset.cancelled);
    }
  };

  /* The browser waits with its offer until somebody takes it; in the meantime the challenge is renewed. */
  const wait = async (form) => {
    stop();
    const mine = offer = new AbortController();
    const renewal = setTimeout(() => wait(form), RENEWED_MS);
    try {
      const publicKey = await options(form);
      send(form, await navigator.credentials.get({ publicKey, mediation: "conditional", signal: mine.signal }));
    } catch {
      if (offer === mine) clearTimeout(renewal); /* declined or not possible: the button stays */
    }
  };

  for (const form of forms) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form);
    });
  }
  const offering = forms.find((form) => "offer" in form.dataset);
  if (offering && PublicKeyCredential.isConditionalMediationAvailable) {
    PublicKeyCredential.isConditionalMediationAvailable().then((is) => { if (is) wait(offering); });
  }
})();
