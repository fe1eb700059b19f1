'use strict';

// What a person works with: the editor, the button that runs, the output as it arrives, and the verdict.

/** Makes an element: `el('p.note', { id: 'x' }, 'text', child)`. Text is always text, never HTML. */
function el(what, attributes = {}, ...children) {
  const [name, ...classes] = what.split('.');
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, '');
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

/** HTML that the server has made safe. Nothing else may come here. */
function safeHtml(html) {
  const element = el('div.prose');
  element.innerHTML = html;
  for (const link of element.querySelectorAll('a[href^="http"]')) link.rel = 'noreferrer';
  for (const wide of element.querySelectorAll('pre, table')) wide.tabIndex = 0;
  return element;
}

/** Sets what an element says, without making it speak again when nothing has changed. */
function say(element, text, tone) {
  if (element.textContent !== text) element.textContent = text;
  if (tone) element.dataset.tone = tone;
  else delete element.dataset.tone;
}

const INDENT = '    ';

/**
 * An editor with line numbers. Tab indents; after Escape it leaves, so that nobody is caught. What is typed is kept under `key`
 * until it is the starting text again. `does` says what the key that calls `run` does.
 */
function makeEditor({ key, label, start, language, run, does }) {
  const id = `editor-${key}`;
  const text = el('textarea.code', {
    id, wrap: 'off', spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off', autocorrect: 'off',
    'aria-describedby': `${id}-help`,
  });
  const numbers = el('div.numbers', { 'aria-hidden': 'true' });
  const kept = el('span.kept', { role: 'status' });
  const reset = el('button.quiet', { type: 'button' }, 'Reset to the start');
  const head = el('div.editor-head', {}, el('label', { for: id }, label), el('span.muted', {}, language), reset);
  const help = el('p.help', { id: `${id}-help` },
    el('kbd', {}, 'Tab'), ' indents; ', el('kbd', {}, 'Esc'), ' then ', el('kbd', {}, 'Tab'), ' leaves the editor. ',
    el('kbd', {}, isMac ? '⌘' : 'Ctrl'), ' ', el('kbd', {}, 'Enter'), ` ${does}.`);
  const element = el('div.editor', {}, head, el('div.editor-body', {}, numbers, text), el('div.editor-foot', {}, help, kept));

  const draft = localStorage.getItem(key);
  text.value = draft ?? start;
  const fit = () => {
    const lines = text.value.split('\n').length;
    text.rows = Math.max(6, lines + 1);
    if (numbers.childElementCount !== lines) {
      numbers.replaceChildren(...Array.from({ length: lines }, (_, index) => el('div', {}, String(index + 1))));
    }
    reset.disabled = text.value === start;
  };
  const keep = () => {
    fit();
    try {
      if (text.value === start) localStorage.removeItem(key);
      else localStorage.setItem(key, text.value);
      say(kept, '');
    } catch {
      say(kept, 'This browser keeps no drafts.', 'bad');
    }
  };
  fit();
  if (draft != null) say(kept, 'Your draft is back.');
  text.addEventListener('input', keep);
  reset.addEventListener('click', () => {
    // By way of the editor, so that it can be undone there.
    text.focus();
    text.select();
    insert(text, start);
    text.setSelectionRange(0, 0);
    say(kept, `Reset. ${isMac ? '⌘' : 'Ctrl'}+Z brings it back.`);
  });
  editKeys(text, run);
  return { element, text };
}

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** Writes at the selection so that undo knows of it. */
function insert(text, what) {
  // There is no other way yet that keeps the history of undoing.
  const done = what ? document.execCommand('insertText', false, what) : document.execCommand('delete');
  if (done) return;
  text.setRangeText(what, text.selectionStart, text.selectionEnd, 'end');
  text.dispatchEvent(new Event('input'));
}

/** The keys of the editor: Tab and Shift+Tab, Enter with the indentation of the line, Escape to leave, and the one that runs. */
function editKeys(text, run) {
  let leaving = false;
  text.addEventListener('blur', () => { leaving = false; });
  text.addEventListener('keydown', (event) => {
    if (event.isComposing || event.key === 'Shift') return;
    const leaves = leaving;
    leaving = event.key === 'Escape';
    const from = text.value.lastIndexOf('\n', text.selectionStart - 1) + 1;
    const line = text.value.slice(from, text.selectionStart);
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) run();
    else if (event.ctrlKey || event.metaKey || event.altKey) return;
    else if (event.key === 'Tab' && !leaves) indent(text, from, event.shiftKey);
    else if (event.key === 'Enter') insert(text, `\n${line.match(/^[ \t]*/)[0]}${/[:{]\s*$/.test(line) ? INDENT : ''}`);
    else return;
    event.preventDefault();
  });
}

/** Indents at the cursor, or all lines of a selection; `back` takes the indentation away. `from` is where the first line begins. */
function indent(text, from, back) {
  const { selectionStart: first, selectionEnd: last, value } = text;
  if (!back && !value.slice(first, last).includes('\n')) return insert(text, INDENT);
  const lines = value.slice(from, last).split('\n');
  const changed = lines.map((line) => (back ? line.replace(/^( {1,4}|\t)/, '') : line && INDENT + line));
  if (changed.join('\n') === lines.join('\n')) return undefined;
  text.setSelectionRange(from, last);
  insert(text, changed.join('\n'));
  const grown = changed.join('\n').length - (last - from);
  const begin = Math.max(from, first + changed[0].length - lines[0].length);
  return text.setSelectionRange(begin, first === last ? begin : last + grown);
}

/** What a verdict says to a person: the words, the tone (good, bad, limit, ours), and what may help. */
const VERDICTS = {
  PASSED: ['Passed', 'good'],
  FAILED: ['Not yet', 'bad'],
  BUILD_FAILED: ['Not yet: it could not be built', 'bad'],
  NONZERO: ['Not yet: it stopped with an error', 'bad'],
  SIGNAL: ['Not yet: it crashed', 'bad'],
  CPU_TIME_LIMIT: ['Stopped: too much computing', 'limit'],
  WALL_TIME_LIMIT: ['Stopped: out of time', 'limit'],
  MEMORY_LIMIT: ['Stopped: too much memory', 'limit', 'Look for something that grows without end.'],
  OUTPUT_LIMIT: ['Stopped: too much output', 'limit', 'Look for a print in a loop that never ends.'],
  DISK_LIMIT: ['Stopped: too much written to files', 'limit'],
  PROCESS_LIMIT: ['Stopped: too many processes', 'limit'],
  CANCELLED: ['Stopped', 'ours', 'Somebody who may stopped it. Run it again.'],
  SANDBOX_ERROR: ['Our fault', 'ours', 'It costs you nothing. Try again.'],
};

function verdictOf({ verdict, blame }) {
  const words = VERDICTS[verdict] ?? [verdict ?? 'Waiting', 'plain'];
  if (blame === 'TEST') return ['Our fault: the test is broken', 'ours', 'That says nothing about your program. Tell the teaching staff.'];
  return words;
}

const RUN_FIELDS = 'id verdict blame message earned exitCode signal tests { name passed points maximum hidden message }';
const OUTPUT = `subscription ($run: ID!, $after: String) {
  runOutput(run: $run, after: $after) { cursor kind text run { ${RUN_FIELDS} } }
}`;

/**
 * The button that runs, the output and the verdict. `start` sends the work and gives `{ run, problems }`; `done` hears of each
 * run that has its verdict. The run is remembered under `key`, so that a reload finds it again; otherwise `latest` is shown.
 */
function makeRunner({ key, action, signal, start, done, latest }) {
  const button = el('button.primary', { type: 'button' }, action);
  const status = el('span.status', { role: 'status' });
  const problem = el('p.problem', { role: 'alert' });
  const output = el('pre.output', { tabindex: '0', role: 'region', 'aria-label': 'Output', hidden: true });
  const verdict = el('div.verdict');
  const words = el('div', { role: 'status' });
  verdict.append(words);
  const element = el('div.runner', {}, el('div.bar', {}, button, status), problem, output, verdict);
  const paper = makePaper(output);

  const busy = (is, text = '') => {
    button.setAttribute('aria-disabled', String(is));
    element.classList.toggle('busy', is);
    say(status, text);
  };
  const watch = (run) => {
    sessionStorage.setItem(key, run);
    paper.clear();
    clearVerdict(verdict);
    busy(true, 'Waiting for its turn …');
    const stop = follow(OUTPUT, { run }, {
      signal,
      next(record) {
        if (record.kind === 'RESTARTED') {
          paper.clear();
          return busy(true, 'The run was interrupted and begins anew …');
        }
        if (record.kind !== 'FINISHED') {
          paper.write(record.kind.toLowerCase(), record.text);
          return busy(true, 'Running …');
        }
        stop();
        paper.end(record.run.tests.length === 0);
        busy(false);
        showVerdict(verdict, record.run);
        return done(record.run);
      },
      error(message) {
        sessionStorage.removeItem(key);
        busy(false);
        say(problem, message);
      },
      lost: () => busy(true, 'The connection is lost; the run goes on without it. Connecting again …'),
    });
  };
  const run = async () => {
    if (button.getAttribute('aria-disabled') === 'true') return;
    say(problem, '');
    paper.clear();
    clearVerdict(verdict);
    busy(true, 'Sending …');
    try {
      const { run: begun, problems } = await start();
      if (problems.length || !begun) throw new ApiError(problems.map((one) => one.message).join(' '), 'REFUSED');
      watch(begun.id);
    } catch (error) {
      if (error.name === 'AbortError') return;
      busy(false);
      say(problem, error.message);
    }
  };
  button.addEventListener('click', run);
  const earlier = sessionStorage.getItem(key) ?? latest;
  if (earlier) watch(earlier);
  return { element, run };
}

/** The paper that output is written on: text only, in one go per frame, staying at the end unless somebody reads further up. */
function makePaper(output) {
  let pending = [];
  const flush = () => {
    if (!pending.length) return;
    output.hidden = false;
    const atEnd = output.scrollHeight - output.scrollTop - output.clientHeight < 40;
    for (const [kind, text] of pending) {
      const last = output.lastElementChild;
      if (last?.className === kind) last.firstChild.appendData(text);
      else output.append(el(`span.${kind}`, {}, text));
    }
    pending = [];
    if (atEnd) output.scrollTop = output.scrollHeight;
  };
  return {
    write(kind, text) {
      if (!text) return;
      if (!pending.length) requestAnimationFrame(flush);
      pending.push([kind, text]);
    },
    clear() {
      pending = [];
      output.replaceChildren();
      output.hidden = true;
    },
    end(tellNothing) {
      flush();
      if (!tellNothing || output.querySelector('.stdout, .stderr')) return;
      output.hidden = false;
      output.append(el('span.console', {}, 'It printed nothing.'));
    },
  };
}

/** Tells what came of a run, in words first and in colour second. The words are read out, the list of tests is there to be read. */
function showVerdict(element, run) {
  const [words, tone, advice] = verdictOf(run);
  const maximum = run.tests.reduce((sum, test) => sum + Number(test.maximum), 0);
  // Below the first line the message repeats what the list of tests says.
  const message = run.verdict === 'FAILED' && run.tests.length ? run.message.split('\n')[0] : run.message;
  const [said, ...compiler] = run.verdict === 'BUILD_FAILED' ? message.split('\n') : [message];
  clearVerdict(element);
  element.dataset.tone = tone;
  element.firstChild.append(
    el('p.verdict-words', {}, words, run.earned != null && el('span.points', {}, `${points(run.earned)} of ${points(maximum)} points`)),
    ...[said, advice].filter(Boolean).map((text) => el('p.verdict-message', {}, withCode(text))),
    ...(compiler.length ? [el('pre.compiler', { tabindex: '0' }, compiler.join('\n'))] : []),
  );
  if (run.tests.length) element.append(testList(run.tests));
}

/** Takes a verdict away. The region that is read out stays, so that the next one is heard. */
function clearVerdict(element) {
  delete element.dataset.tone;
  element.firstChild.replaceChildren();
  element.querySelector('.tests')?.remove();
}

/** A sentence whose names stand between backticks. */
function withCode(text) {
  return text.split(/`([^`\n]+)`/).map((part, index) => (index % 2 ? el('code', {}, part) : part));
}

/** The tests of a run, each with what it gave and why it gave no more. */
function testList(tests) {
  return el('ul.tests', {}, tests.map((test) => el('li', { 'data-tone': test.passed ? 'good' : 'bad' },
    el('span.mark', {}, test.passed ? 'passed' : 'not yet'),
    el('span.test-name', {}, test.name, test.hidden && el('span.muted', {}, ' (hidden)')),
    el('span.points', {}, `${points(test.points)} of ${points(test.maximum)}`),
    !test.passed && test.message && el('p.test-message', {}, withCode(test.message)))));
}

function points(value) {
  return String(Number(value));
}
