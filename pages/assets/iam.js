// The pages under /iam/: forms that talk to the API of the dialect "bff", and what they show of its answers.
//   form[data-call="POST authn/login"]   sent as JSON; data-next, data-failed: the pages to go to; data-csrf: with uuid and csrf_token
//   [data-text="email"]                  the text of what the profile, or the last answer, says
//   input[data-fill="first_name"]        likewise its value; [data-query="token"]: what the address of the page says
(() => {
  'use strict';
  const { api, mount, needsLogin } = document.body.dataset;
  const all = (selector, root = document) => root.querySelectorAll(selector);

  const call = async (method, route, body) => {
    const answer = await fetch(api + route, {
      method,
      credentials: 'same-origin',
      headers: { 'client-platform': 'browser', ...(body ? { 'Content-Type': 'application/json' } : {}) },
      body: body && JSON.stringify(body),
    });
    return answer.json();
  };

  const show = (data) => {
    for (const place of all('[data-text]')) if (place.dataset.text in data) place.textContent = data[place.dataset.text];
    for (const input of all('input[data-fill]')) if (input.dataset.fill in data) input.value = data[input.dataset.fill] ?? '';
    for (const part of all('[data-if]')) part.hidden = !data[part.dataset.if];
  };

  const say = (form, text, good) => {
    const message = form.querySelector('.message');
    message.classList.toggle('bad', !good);
    message.classList.toggle('good', good);
    message.firstElementChild.textContent = text;
    message.hidden = !text;
  };

  // Only a path of this site.
  const wanted = new URLSearchParams(location.search);
  const back = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(wanted.get('return') ?? '') ? wanted.get('return') : '';

  const send = async (form) => {
    const body = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ''));
    const [method, route] = form.dataset.call.split(' ');
    if ('csrf' in form.dataset) {
      const profile = await call('GET', 'authn/profile');
      if (profile.status !== 'success') return location.assign(mount + 'login');
      Object.assign(body, { uuid: profile.data.uuid, csrf_token: profile.data.csrf_token });
    }
    const answer = await call(method, route, body);
    if (answer.status === 'success') {
      if ('next' in form.dataset) return location.assign((form.dataset.next === 'dashboard' && back) || mount + form.dataset.next);
      show(answer.data ?? {});
      say(form, form.dataset.done ?? '', true);
      for (const field of all('input[type=password]', form)) field.value = '';
      for (const part of all('[data-after]')) part.hidden = false;
      form.toggleAttribute('hidden', 'once' in form.dataset);
      return undefined;
    }
    if ('failed' in form.dataset) return location.assign(mount + form.dataset.failed);
    return say(form, answer.error?.message ?? answer.message ?? answer.status, false);
  };

  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!form.dataset.call || event.defaultPrevented) return;
    event.preventDefault();
    send(form).catch(() => say(form, document.body.dataset.offline, false)).finally(() => form.removeAttribute('aria-busy'));
  });

  for (const input of all('input[data-query]')) {
    input.value = wanted.get(input.dataset.query) ?? '';
    for (const part of all(`[data-with="${input.dataset.query}"]`)) part.hidden = !input.value;
    for (const part of all(`[data-without="${input.dataset.query}"]`)) part.hidden = Boolean(input.value);
  }
  if (needsLogin !== undefined) {
    call('GET', 'authn/profile').then((profile) => {
      if (profile.status !== 'success') return location.assign(mount + 'login');
      show(profile.data);
      document.querySelector('main').hidden = false;
      return undefined;
    });
  }
})();
