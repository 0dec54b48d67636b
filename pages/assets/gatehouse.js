// Comfort only: every page works without this file.
(() => {
  'use strict';
  const root = document.documentElement;

  // Show and hide a password. The words are in the page, in its language.
  const set = (field, shown) => {
    const words = field.dataset;
    const button = field.querySelector('.reveal');
    field.querySelector('input').type = shown ? 'text' : 'password';
    button.textContent = shown ? words.hide : words.show;
    button.setAttribute('aria-label', shown ? words.hideLabel : words.showLabel);
  };
  for (const field of document.querySelectorAll('.field[data-show]')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'reveal';
    button.addEventListener('click', () => set(field, field.querySelector('input').type === 'password'));
    field.querySelector('input').after(button);
    set(field, false);
  }

  // What is needed for a change of another field only is there once that has been touched.
  for (const part of document.querySelectorAll('[data-for-change]')) {
    const other = document.getElementById(part.dataset.forChange);
    const follow = () => {
      const isWrong = part.querySelector('[aria-invalid]');
      part.hidden = !isWrong && other.value === part.dataset.was;
    };
    other.addEventListener('input', follow);
    addEventListener('pageshow', follow);  // the browser may have put back what was typed
    follow();
  }

  // Times as this reader writes them, in the page's language; the server's words stay as a tooltip.
  const locale = navigator.languages.find((one) => one.split('-')[0] === root.lang.split('-')[0]) || root.lang;
  const words = new Intl.DateTimeFormat(locale || undefined, { dateStyle: 'medium', timeStyle: 'short' });
  for (const time of document.querySelectorAll('time[datetime]')) {
    const when = new Date(time.dateTime);
    if (isNaN(when)) continue;
    time.title = time.textContent;
    time.textContent = words.format(when);
  }

  // The part of the wanted address behind its #, which no server sees: the browser brings it here, and on from here.
  if (location.hash) {
    for (const wanted of document.querySelectorAll('input[name="return"]')) wanted.form.action += location.hash;
    for (const link of document.querySelectorAll('a[href*="return="]')) link.hash = location.hash;
  }

  // A page in a frame leads to the login, and that back to the page around it.
  for (const link of document.querySelectorAll('a[data-return="top"]')) {
    const around = top.location;
    const query = new URLSearchParams(link.search);
    query.set('return', around.pathname + around.search);
    link.search = query;
    link.hash = around.hash;
  }

  // A form is sent once, however often its button is pressed; again after ten seconds, if no answer came.
  const free = (form) => form.removeAttribute('aria-busy');
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.hasAttribute('aria-busy')) return event.preventDefault();
    form.setAttribute('aria-busy', 'true');
    setTimeout(free, 10000, form);
    // Password managers look for a password, not for text.
    for (const field of form.querySelectorAll('.field[data-show]')) set(field, false);
  });

  // The back button, out of the browser's memory: the account may have been left since.
  addEventListener('pageshow', (event) => {
    if (!event.persisted) return;
    if (document.body.classList.contains('account')) location.reload();
    document.querySelectorAll('form[aria-busy]').forEach(free);
  });
})();
