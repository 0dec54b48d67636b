// Chromium, for tests in another language. A line of JSON on stdin, {"id", "object", "method", "arguments"}, calls a
// method and waits for it; a line on stdout tells what came of it: {"id", "value"}, {"id", "object": N} if that is no
// plain value, or {"id", "error"}. {"object": N} among the arguments is that object. Object 0 is `tests` below, all
// others are Playwright's. When stdin ends, so does the browser.
'use strict';
const { chromium } = require('playwright-core');
const axe = require('axe-core');
const readline = require('node:readline');

const longest = 10000;      // milliseconds, for whatever is waited for
let browser;
let complaints = [];

// Chromium reports the status of a page like that of a missing picture. Pages have all sorts of statuses.
function isStatusOfPage(message, navigations) {
  return message.text().startsWith('Failed to load resource: the server responded') &&
         navigations.has(message.location().url.replace(/#.*/, ''));
}

const tests = {
  async start(executablePath) {
    browser = await chromium.launch({
      executablePath,
      chromiumSandbox: false,  // it sees our own pages only, and root, a container or a chroot can have none
      args: ['--host-resolver-rules=MAP gatehouse.test 127.0.0.1', '--test-third-party-cookie-phaseout'],
      ignoreDefaultArgs: ['--disable-back-forward-cache'],      // the back button is one of the tests
    });
    return browser.version();
  },

  // A browser of its own, as far as a site can tell.
  async context(options) {
    const context = await browser.newContext(options);
    const navigations = new Set();
    context.setDefaultTimeout(longest);
    context.on('request', (request) => { if (request.isNavigationRequest()) navigations.add(request.url().replace(/#.*/, '')); });
    context.on('console', (message) => {
      if (message.type() === 'error' && !isStatusOfPage(message, navigations)) complaints.push(`${message.text()} (${message.location().url}, on ${message.page()?.url()})`);
    });
    context.on('weberror', (error) => complaints.push(String(error.error())));
    return context;
  },

  // What broke on any page since the last call: errors of scripts, refusals of the Content-Security-Policy, …
  complaints: () => complaints.splice(0),

  // Calls a method that makes the page load another one, and waits until that is there.
  async follow(page, object, method, ...rest) {
    const [response] = await Promise.all([page.waitForNavigation(), object[method](...rest)]);
    return response ? response.status() : null;
  },

  // What axe-core has against the page, if it weighs one of `impacts`: one line for each element.
  async accessibility(page, impacts) {
    if (await page.evaluate('typeof axe === "undefined"')) await page.evaluate(axe.source);
    const { violations } = await page.evaluate('axe.run()');
    return violations.filter((rule) => impacts.includes(rule.impact)).flatMap((rule) => rule.nodes.map((node) =>
      `${rule.id}: ${rule.help}: ${node.html} (${node.any.concat(node.all, node.none).map((check) => check.message)})`));
  },
};

const objects = [tests];

function encode(value) {
  if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value) ||
      Object.getPrototypeOf(value) === Object.prototype) return { value: value ?? null };
  if (!objects.includes(value)) objects.push(value);
  return { object: objects.indexOf(value) };
}

function decode(argument) {
  return argument !== null && typeof argument === 'object' && 'object' in argument ? objects[argument.object] : argument;
}

async function answer(line) {
  const { id, object, method, arguments: given } = JSON.parse(line);
  try {
    const member = objects[object][method];
    return { id, ...encode(typeof member === 'function' ? await objects[object][method](...given.map(decode)) : member) };
  } catch (error) {
    return { id, error: error.message };
  }
}

const lines = readline.createInterface({ input: process.stdin });
lines.on('line', async (line) => console.log(JSON.stringify(await answer(line))));
lines.on('close', async () => {
  await browser?.close();
  process.exit();
});
