// The served page in a real browser: `node page.mjs http://ADDRESS/ EMAIL PASSWORD` signs in, fails and passes an exercise, and
// says `done`; or fails and says why. Chromium is driven through its own pipe, so that nothing but it is needed.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [address, email, password] = process.argv.slice(2);
const PATIENCE = 60_000;
const profile = mkdtempSync(join(tmpdir(), 'lectern-page-'));
const chromium = spawn(process.env.CHROMIUM ?? 'chromium', [
  '--headless', '--remote-debugging-pipe', `--user-data-dir=${profile}`, '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic',
  ...(process.getuid() === 0 ? ['--no-sandbox'] : []), 'about:blank',
], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
chromium.on('error', (error) => fail(`chromium cannot be started: ${error.message}`));
const [, , , commands, answers] = chromium.stdio;

const troubles = [];
const waiting = new Map();
let last = 0;
let rest = '';
answers.setEncoding('utf8').on('data', (data) => {
  const messages = (rest + data).split('\0');
  rest = messages.pop();
  for (const text of messages) hear(JSON.parse(text));
});

function hear({ id, result, error, method, params }) {
  if (id) {
    const [resolve, reject] = waiting.get(id);
    waiting.delete(id);
    if (error) reject(new Error(error.message));
    else resolve(result);
  } else if (method === 'Runtime.exceptionThrown') {
    troubles.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
  } else if (method === 'Log.entryAdded' && params.entry.level === 'error') {
    troubles.push(`${params.entry.text} ${params.entry.url ?? ''}`);
  } else if (method === 'Page.javascriptDialogOpening') {
    troubles.push(`a dialog: ${params.message}`);
  }
}

function send(method, params = {}, sessionId = undefined) {
  const id = (last += 1);
  commands.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
  return new Promise((resolve, reject) => waiting.set(id, [resolve, reject]));
}

// Asked to close, Chromium takes its children along; they write to the profile until they are gone.
function end(code) {
  chromium.once('exit', () => {
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    process.exit(code);
  });
  send('Browser.close');
  setTimeout(() => chromium.kill('SIGKILL'), 5000);
}

function fail(why) {
  console.error(why);
  if (chromium.pid) end(1);
  else process.exit(1);
}

async function story() {
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
  const tab = (method, params) => send(method, params, sessionId);
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await tab('Runtime.evaluate', { expression, returnByValue: true });
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description}`);
    return result.value;
  };
  const until = async (expression) => {
    for (const begun = Date.now(); !(await evaluate(expression)); await new Promise((resolve) => { setTimeout(resolve, 50); })) {
      if (Date.now() - begun > PATIENCE) throw new Error(`never: ${expression}\n${await evaluate('document.body.innerText')}`);
    }
  };
  const type = async (where, text) => {
    await evaluate(`document.querySelector('${where}').focus(), document.querySelector('${where}').select()`);
    await tab('Input.insertText', { text });
  };
  const enter = async (modifiers = 0) => {
    const key = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, text: modifiers ? undefined : '\r', modifiers };
    await tab('Input.dispatchKeyEvent', { type: 'keyDown', ...key });
    await tab('Input.dispatchKeyEvent', { type: 'keyUp', ...key });
  };
  const CTRL = 2;
  const output = "document.querySelector('.output').textContent";
  const toned = (tone) => `document.querySelector('.verdict').dataset.tone === '${tone}'`;

  for (const domain of ['Page', 'Runtime', 'Log']) await tab(`${domain}.enable`);
  await tab('Page.navigate', { url: `${address}#/mission/204/csv-open-a-file` });
  await until("document.querySelector('#email')");
  await type('#email', email);
  await type('#password', 'not the password');
  await enter();
  await until("document.querySelector('.problem')");
  // The browser notes that the form was not taken.
  const refused = troubles.findIndex((trouble) => trouble.includes('status of 422'));
  if (refused >= 0) troubles.splice(refused, 1);
  if (await evaluate("document.querySelector('#email').value") !== email) throw new Error('the address must be typed again');
  await type('#password', password);
  await enter();
  await until("document.querySelector('h1')?.textContent === 'Open the file' && document.querySelector('textarea')");

  await type('textarea', 'print("<img src=x onerror=alert(1)>")');
  await enter(CTRL);
  await until(toned('bad'));
  await until(`${output}.includes('<img src=x onerror=alert(1)>')`);
  if (await evaluate("document.querySelectorAll('.output img').length")) throw new Error('output became HTML');

  await type('textarea', 'lines = open("weather.csv", encoding="utf-8").read().splitlines()\nheader = lines[0]\ndays = len(lines) - 1\n');
  await enter(CTRL);
  await until(toned('good'));
  await until("document.querySelector('.screens [aria-current] [data-tone=good]')");
  await tab('Page.reload');
  await until("document.querySelector('.screens [aria-current] [data-tone=good]')");
  await until("document.querySelector('textarea').value.startsWith('lines = open')");
  await until(toned('good'));
  if (troubles.length) throw new Error(troubles.join('\n'));
}

story().then(() => {
  console.log('done');
  end(0);
}, (error) => fail(`${error.message}\n${troubles.join('\n')}`));
