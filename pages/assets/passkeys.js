// Passkeys (WebAuthn): the one thing that the pages cannot do without a script. A form holds the question, as the JSON
// that the specification gives it; the answer goes into its hidden fields, and the form is sent.
(() => {
  'use strict';
  if (!window.PublicKeyCredential || !navigator.credentials) return;

  const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  const described = (list) => list.map((each) => ({ ...each, id: bytes(each.id) }));
  const fill = (form, values) => {
    for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
  };

  let waiting;  // the question that the browser offers in the field of the login form

  const ask = async (form, conditional) => {
    const question = JSON.parse(form.dataset.passkeyGet);
    const publicKey = {
      ...question,
      challenge: bytes(question.challenge),
      allowCredentials: described(question.allowCredentials),
    };
    waiting?.abort();
    waiting = new AbortController();
    const options = { publicKey, signal: waiting.signal };
    if (conditional) options.mediation = 'conditional';
    const { rawId, response } = await navigator.credentials.get(options);
    fill(form, {
      credential_id: text(rawId),
      client_data: text(response.clientDataJSON),
      authenticator_data: text(response.authenticatorData),
      signature: text(response.signature),
    });
    if (form.elements.user_handle) form.elements.user_handle.value = text(response.userHandle ?? new Uint8Array());
    // What is ticked in the form beside it counts for this one, too.
    for (const box of document.querySelectorAll('input[type=checkbox]')) {
      const field = form.elements[box.name];
      if (field && field !== box) field.value = box.checked ? 'yes' : '';
    }
    form.submit();
  };

  const make = async (form) => {
    const question = JSON.parse(form.dataset.passkeyCreate);
    const publicKey = {
      ...question,
      challenge: bytes(question.challenge),
      user: { ...question.user, id: bytes(question.user.id) },
      excludeCredentials: described(question.excludeCredentials),
    };
    const { response } = await navigator.credentials.create({ publicKey });
    fill(form, {
      client_data: text(response.clientDataJSON),
      authenticator_data: text(response.getAuthenticatorData()),
      public_key: text(response.getPublicKey()),
    });
    form.submit();
  };

  // Whoever has changed his mind, or has no passkey, stays where he is.
  const start = (form, run) => {
    const trouble = form.querySelector('[role=alert]');
    trouble.hidden = true;
    run(form).catch((error) => {
      if (error.name !== 'AbortError') trouble.hidden = false;
    });
  };

  for (const [selector, run] of [['form[data-passkey-get]', ask], ['form[data-passkey-create]', make]]) {
    for (const form of document.querySelectorAll(selector)) {
      form.hidden = false;
      form.querySelector('button').addEventListener('click', (event) => {
        event.preventDefault();
        start(form, run);
      });
    }
  }

  const login = document.querySelector('form[data-passkey-get][data-conditional]');
  if (login) {
    PublicKeyCredential.isConditionalMediationAvailable?.().then((available) => {
      if (available) ask(login, true).catch(() => {});
    });
  }
})();
