// The pages under /iam/: forms that talk to the API of the dialect "bff", and what they show of its answers.
//   form[data-call="POST authn/login"]   sent as JSON; data-next: the page to go to; data-csrf: with uuid and csrf_token;
//                                        data-done: what is said afterwards; data-link: it uses a link of a mail, and
//                                        data-failed is the page to go to if that is dead
//   [data-text="email"]                  the text of what the profile, or the last answer, says
//   input[data-fill="first_name"]        likewise its value; [data-query="token"]: what the address of the page says
//   [data-with="token"], [data-without]  shown if the address has it and it is good; if not
//   input[data-once]                     its value leaves the address when it has been read; what does not look like its
//                                        data-once is none; data-title is the page's title then
//   [data-before], [data-after]          shown until a form is done; from then on
//   body[data-needs-login]               only for who is logged in
//   body[data-goes-on]                   who is logged in is led on to where he wanted; or the page says so, with this for
//                                        its title, shows [data-known] instead of [data-unknown], and has a link there
// Its buttons are disabled until this file is here: a form that the browser sent by itself would come to nothing. What
// it says is in the page's <template id="words">.
(() => {
  'use strict';
  const { api, mount, needsLogin, goesOn } = document.body.dataset;
  const title = document.title;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const words = document.getElementById('words')?.content ?? document.createDocumentFragment();
  const word = (selector) => words.querySelector(selector)?.textContent ?? '';

  const call = async (method, route, body) => {
    const answer = await fetch(api + route, {
      method,
      credentials: 'same-origin',
      headers: { 'client-platform': 'browser', ...(body ? { 'Content-Type': 'application/json' } : {}) },
      body: body && JSON.stringify(body),
    });
    return { ...(await answer.json()), retryAfter: Number(answer.headers.get('Retry-After')) };
  };

  const show = (data) => {
    for (const place of all('[data-text]')) if (place.dataset.text in data) place.textContent = data[place.dataset.text];
    for (const input of all('input[data-fill]')) if (input.dataset.fill in data) input.value = data[input.dataset.fill] ?? '';
  };

  // From one part of the page to another; the keyboard and screen readers go along.
  const turn = (from, to) => {
    for (const part of all(from)) part.hidden = true;
    for (const part of all(to)) {
      part.hidden = false;
      part.focus();
    }
  };

  // ---- what is said of a form ----

  const clear = (form) => {
    document.title = title;
    form.querySelector('.message').hidden = true;
    for (const said of all('.wrong', form)) said.remove();
    for (const input of all('[aria-invalid]', form)) {
      input.removeAttribute('aria-invalid');
      const hint = input.parentElement.querySelector('.hint');
      if (hint) input.setAttribute('aria-describedby', hint.id);
      else input.removeAttribute('aria-describedby');
    }
  };

  const say = (form, text, good) => {
    const message = form.querySelector('.message');
    message.classList.toggle('bad', !good);
    message.classList.toggle('good', good);
    message.firstElementChild.textContent = text;
    message.hidden = false;
    message.focus();
    if (!good) document.title = `${word('[data-prefix]')} ${title}`;
  };

  const mark = (input, text) => {
    const hint = input.parentElement.querySelector('.hint');
    const said = document.createElement('p');
    said.className = 'wrong';
    said.id = `${input.id}-error`;
    said.textContent = text;
    input.parentElement.insertBefore(said, hint);
    input.setAttribute('aria-invalid', 'true');
    input.setAttribute('aria-describedby', hint ? `${said.id} ${hint.id}` : said.id);
    if (all('[aria-invalid]', input.form).length === 1) input.focus();
    document.title = `${word('[data-prefix]')} ${title}`;
  };

  // "must have at least 8 characters" is among the words as "must have at least # characters".
  const reasons = new Map(all('[data-reason]', words).map((each) => [each.dataset.reason, each.textContent]));
  const reasonFor = (field, reason) => {
    const [number = '#'] = reason.match(/\d+/) ?? [];
    const key = reason.replace(number, '#');
    return (reasons.get(`${field} ${key}`) ?? reasons.get(key))?.replace('#', number);
  };

  // The API's own words are the contract's: here they are only read for the field that they blame.
  const blamed = (form, message) => {
    const second = (pattern) => pattern.exec(message)?.[1];
    const [, field, reason] = /^'(\w+)' (.+)$/.exec(message) ?? [];
    if (field) return [field, reason];
    if (message === 'Wrong current password') return ['current_password', 'is not the current password'];
    if (message === 'Bad email format') return ['email', 'is no e-mail address'];
    const password = second(/^Poor password strength\. The password (.+)$/);
    if (password) return [form.elements.new_password ? 'new_password' : 'password', password];
    return ['first_name', second(/^The name (.+)$/) ?? ''];
  };

  const duration = (seconds) => {
    const roundedUp = (unit) => Math.ceil(seconds / unit.dataset.length);
    const units = all('[data-length]', words).reverse();
    const unit = units.find((each, i) => i + 1 === units.length ||
                            roundedUp(each) * each.dataset.length < units[i + 1].dataset.length);
    const count = roundedUp(unit);
    return count === 1 ? unit.dataset.one : unit.textContent.replace('#', count);
  };

  const isDead = (status, message) => [400, 401, 404].includes(status) || message === 'Server error';

  // What was typed stays, but no password.
  const refuse = (form, answer) => {
    for (const each of form.elements) if (/password/.test(each.name)) each.value = '';
    const { statusCode: status = 500, message = '' } = answer.error ?? answer;
    if ('link' in form.dataset && isDead(status, message)) {
      if ('failed' in form.dataset) return location.assign(mount + form.dataset.failed);
      return turn('[data-with]', '[data-without]');
    }
    const [field, reason] = status === 409 ? ['email', ''] : blamed(form, message);
    const text = status === 409 ? word('[data-status="409"]') : reasonFor(field, reason);
    if (text && form.elements[field]) return mark(form.elements[field], text);
    const [, elsewhere] = /^This account needs a second factor; log in at (\S+)$/.exec(message) ?? [];
    if (elsewhere) return say(form, `${word('[data-factor]')} ${elsewhere}`, false);
    const sentence = word(`[data-status="${status}"][data-of="${form.dataset.call}"]`) || word(`[data-status="${status}"]`) ||
      word('[data-status="500"]');
    const retry = words.querySelector('[data-retry]');
    const when = answer.retryAfter >= 1 ? ` ${retry.textContent} ${duration(answer.retryAfter)}${retry.dataset.retry}` : '';
    return say(form, sentence + when, false);
  };

  // ---- sending ----

  // Only a path of this site. The browser keeps what is behind a # to itself.
  const wanted = new URLSearchParams(location.search);
  const back = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(wanted.get('return') ?? '') ? wanted.get('return') + location.hash : '';
  const toLogin = () => location.assign(`${mount}login?return=${encodeURIComponent(location.pathname)}`);

  const send = async (form) => {
    clear(form);
    const missing = [...form.elements].filter((input) => input.required && !input.value);
    for (const input of missing) mark(input, reasonFor(input.name, 'is required'));
    if (missing.length) return undefined;
    const body = Object.fromEntries(new FormData(form));
    const [method, route] = form.dataset.call.split(' ');
    if ('csrf' in form.dataset) {
      const profile = await call('GET', 'authn/profile');
      if (profile.status !== 'success') return profile.error?.statusCode === 401 ? toLogin() : refuse(form, profile);
      Object.assign(body, { uuid: profile.data.uuid, csrf_token: profile.data.csrf_token });
    }
    const answer = await call(method, route, body);
    if (answer.status !== 'success') return refuse(form, answer);
    if ('next' in form.dataset) return location.assign((form.dataset.next === 'dashboard' && back) || mount + form.dataset.next);
    show(answer.data ?? {});
    for (const field of all('input[type=password]', form)) field.value = '';
    if ('done' in form.dataset) return say(form, form.dataset.done, true);
    return turn('[data-before]', '[data-after]');
  };

  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!form.dataset.call || event.defaultPrevented) return;
    event.preventDefault();
    send(form).catch(() => say(form, document.body.dataset.offline, false)).finally(() => form.removeAttribute('aria-busy'));
  });

  const sayWhoIsLoggedIn = (data) => {
    show(data);
    const [known] = all('[data-known]');
    if (back) known.querySelector('a').href = back;
    known.querySelector('input[name=return]').value = back;
    document.title = document.title.replace(/^.*(?= – )/, goesOn);
    turn('[data-unknown]', '[data-known]');
  };

  // The guard reads the access token alone. Whoever it has sent here because that has run out is back at once if his
  // session lives: asking renews it. But not twice in a row, lest a location that does not take the token send him round
  // and round: the second time he is asked, as he is if he wanted no other page.
  const goOn = async () => {
    const [before, at] = (sessionStorage.getItem('gone-on') ?? '').split(' ');
    const isTurnedBack = before === back && Date.now() - at < 10000;
    if (!/(^|; )iam-sid=./.test(document.cookie)) return;
    const answer = await call('GET', 'authn/profile');
    if (answer.status !== 'success') return;
    if (!back || isTurnedBack) return sayWhoIsLoggedIn(answer.data);
    sessionStorage.setItem('gone-on', `${back} ${Date.now()}`);
    location.replace(back);
  };

  // What is shown once: reloading the page, and the browser's history, show it no more.
  const readOnce = (input) => {
    history.replaceState(null, '', location.pathname);
    if (!new RegExp(`^(?:${input.dataset.once})$`).test(input.value)) input.value = '';
    if (!input.value) return;
    show({ [input.dataset.query]: input.value });
    document.title = input.dataset.title;
  };

  // ---- when the page is opened ----

  if (goesOn !== undefined) goOn().catch(() => {});  // then he logs in
  for (const input of all('input[data-query]')) {
    input.value = wanted.get(input.dataset.query) ?? '';
    if ('once' in input.dataset) readOnce(input);
    for (const part of all(`[data-with="${input.dataset.query}"]`)) part.hidden = !input.value;
    for (const part of all(`[data-without="${input.dataset.query}"]`)) part.hidden = Boolean(input.value);
  }
  for (const button of all('form button')) button.disabled = false;
  if (needsLogin !== undefined) {
    const open = () => { document.querySelector('main[hidden]').hidden = false; };
    call('GET', 'authn/profile').then((profile) => {
      if (profile.error?.statusCode === 401) return toLogin();
      open();
      return profile.status === 'success' ? show(profile.data) : refuse(document.forms[0], profile);
    }).catch(() => {
      open();
      say(document.forms[0], document.body.dataset.offline, false);
    });
  }
})();
