'use strict';

// The views: which place of the page the address names, and what stands there.

const main = document.getElementById('main');
const account = document.getElementById('account');
const away = document.getElementById('away');

/** Who is signed in. */
let viewer = null;
/** Ends everything that belongs to the view that is left: its requests, retries and subscriptions. */
let view = new AbortController();

const ROUTES = [
  [/^#?\/?$/, showCourses],
  [/^#\/course\/([^/]+)$/, showCourse],
  [/^#\/mission\/(\d+)(?:\/([^/]+))?$/, showMission],
  [/^#\/assignment\/([^/]+\/[^/]+)$/, showAssignment],
];

/** Shows what the address names. `focus` is whether somebody went there, and a reader of the screen should hear of it. */
async function route({ focus = true } = {}) {
  view.abort();
  view = new AbortController();
  const { signal } = view;
  main.setAttribute('aria-busy', 'true');
  try {
    if (!viewer) await loadViewer(signal);
    if (!viewer) return signIn();
    const [show, parts] = ROUTES.map(([pattern, show]) => [show, location.hash.match(pattern)]).find(([, parts]) => parts) ?? [];
    const content = show && (await show(signal, ...parts.slice(1).map((part) => part && decodeURIComponent(part))));
    if (!signal.aborted) put(content ?? nothingThere(), focus);
  } catch (error) {
    if (signal.aborted) return undefined;
    // A cookie that is not good any more: the server has had it forgotten.
    if (error.code === 'UNAUTHENTICATED') return signIn();
    put(failed(error), focus);
  }
  return undefined;
}

/** Puts a view on the page; its heading is what the page is called, and where the focus goes. */
function put(content, focus) {
  main.removeAttribute('aria-busy');
  main.replaceChildren(...[content].flat());
  const heading = main.querySelector('h1');
  document.title = heading ? `${heading.textContent} – Lectern` : 'Lectern';
  window.scrollTo(0, 0);
  if (!focus || !heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

function nothingThere() {
  return [el('h1', {}, 'Nothing here'), el('p', {}, 'There is no such page, or not for you.'), el('p', {}, el('a', { href: '#/' }, 'To my courses'))];
}

function failed(error) {
  return [
    el('h1', {}, 'That did not work'),
    el('p.problem', {}, error instanceof ApiError ? error.message : `Something on this page broke: ${error.message}`),
    el('button', { type: 'button', onclick: () => route() }, 'Try again'),
  ];
}

function crumbs(...links) {
  return el('nav.crumbs', { 'aria-label': 'Where you are' }, el('ol', {}, links.map(([text, href]) => el('li', {}, el('a', { href }, text)))));
}

function courseLink(course) {
  return [course.title, `#/course/${encodeURIComponent(course.key)}`];
}

function keyOf(kind, id) {
  return `lectern.${kind}.${viewer.user.id}.${id}`;
}


const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

function time(at) {
  return el('time', { datetime: at }, dateTime.format(new Date(at)));
}

// Signing in and out

/** Where to sign in, to come back here. */
function signInHere() {
  return `/login?next=${encodeURIComponent(`/${location.hash}`)}`;
}

function signIn() {
  location.assign(signInHere());
}

/** What stands here when a sign-in has ended. Drafts are kept, so nothing is lost by signing in again. */
function showEnded(reason) {
  account.hidden = true;
  put([el('h1', {}, 'Your sign-in has ended'), el('p.note', { role: 'status' }, reason),
    el('p', {}, 'What you typed is kept.'), el('p', {}, el('a', { href: signInHere() }, 'Sign in again'))], true);
}

async function loadViewer(signal) {
  ({ viewer } = await ask('{ viewer { isAdmin impersonator user { id name email } } }', {}, { signal }));
  session.open = Boolean(viewer);
  if (!viewer) return;
  account.hidden = false;
  say(document.getElementById('account-name'), viewer.user.name);
  const banner = document.getElementById('banner');
  banner.replaceChildren(...(viewer.impersonator
    ? [el('p', {}, `${viewer.impersonator}, you act as ${viewer.user.name}. You hand nothing in; what you change is noted as yours.`),
      el('button', { type: 'button', onclick: signOut }, 'Stop')]
    : []));
}

const LETTER_STATES = { QUEUED: 'is on its way', SENT: 'sent', FAILED: 'could not be sent' };

/** The account menu, with the newest letters each time that it is opened. */
async function fillAccount() {
  const letters = el('div', { role: 'status' }, el('p.muted', {}, 'Looking for letters …'));
  document.getElementById('account-panel').replaceChildren(
    el('p', {}, el('strong', {}, viewer.user.name), el('br'), el('span.muted', {}, viewer.user.email)),
    letters,
    el('button', { type: 'button', onclick: signOut }, 'Sign out'));
  try {
    const data = await ask('{ viewer { letters(first: 100) { nodes { id kind state createdAt sentAt } } } }', {}, { retry: false });
    const nodes = data.viewer.letters.nodes.slice(-6).reverse();
    letters.replaceChildren(el('h2', {}, 'Letters'), nodes.length
      ? el('ul.letters', {}, nodes.map((letter) => el('li', {},
        letter.kind === 'score' ? 'A score' : letter.kind, ' ', el('span.muted', {}, LETTER_STATES[letter.state] ?? letter.state, ', ', time(letter.sentAt ?? letter.createdAt)))))
      : el('p.muted', {}, 'None yet.'));
  } catch (error) {
    letters.replaceChildren(el('p.problem', {}, error.message));
  }
}

async function signOut() {
  try {
    const response = await fetch('/logout', { method: 'POST' });
    if (response.ok) location.assign('/login');
  } catch {
    fillAccount();
  }
}

// Courses

async function showCourses(signal) {
  const filter = viewer.isAdmin ? null : { enrolled: true };
  const { courses } = await ask(
    'query ($filter: CourseFilter) { courses(first: 100, filter: $filter) { nodes { key title description viewerEnrollment { role } } } }',
    { filter }, { signal });
  return [
    el('h1', {}, viewer.isAdmin ? 'All courses' : 'My courses'),
    courses.nodes.length
      ? el('ul.cards', {}, courses.nodes.map((course) => card(courseLink(course)[1], course.title, course.description, roleOf(course))))
      : el('p', {}, 'You take part in no course yet.'),
  ];
}

function roleOf({ viewerEnrollment }) {
  const role = viewerEnrollment?.role;
  return role && role !== 'STUDENT' ? role.toLowerCase().replaceAll('_', ' ') : null;
}

function card(href, title, text, ...facts) {
  return el('li.card', {}, el('h3', {}, el('a', { href }, title)), text && el('p', {}, text),
    el('p.facts', {}, facts.flat().filter(Boolean).map((fact) => el('span', {}, fact))));
}

async function showCourse(signal, key) {
  const { course } = await ask(`query ($key: String!) { course(key: $key) {
    id key title description viewerCanReviewWork
    missions(first: 100) { nodes { number title description minutes underConstruction screens { kind viewerProgress { passedAt } } } }
    assignments(first: 100) { nodes { endpoint title dueAt } } } }`, { key }, { signal });
  if (!course) return null;
  const missions = course.missions.nodes.map((mission) => card(`#/mission/${mission.number}`, mission.title, mission.description,
    progressWords(mission.screens), mission.minutes && `about ${mission.minutes} minutes`, mission.underConstruction && 'only staff see this yet'));
  const assignments = course.assignments.nodes.map((assignment) => card(`#/assignment/${assignment.endpoint}`, assignment.title, null,
    el('span', {}, new Date(assignment.dueAt) < new Date() ? 'was due ' : 'due ', time(assignment.dueAt))));
  return [
    crumbs(['My courses', '#/']),
    el('h1', {}, course.title),
    el('p.lead', {}, course.description),
    el('section', { 'aria-labelledby': 'missions' }, el('h2', { id: 'missions' }, 'Missions'),
      missions.length ? el('ol.cards', {}, missions) : el('p', {}, 'None yet.')),
    el('section', { 'aria-labelledby': 'assignments' }, el('h2', { id: 'assignments' }, 'Assignments'),
      assignments.length ? el('ul.cards', {}, assignments) : el('p', {}, 'None yet.')),
    course.viewerCanReviewWork && activityPanel(course.id, signal),
  ].filter(Boolean);
}

function progressWords(screens) {
  const exercises = screens.filter((screen) => screen.kind === 'CODE');
  const passed = exercises.filter((screen) => screen.viewerProgress.passedAt).length;
  if (!exercises.length) return null;
  return el('span', { 'data-tone': passed === exercises.length ? 'good' : null }, passed === exercises.length
    ? `all ${passed} exercises passed` : `${passed} of ${exercises.length} exercises passed`);
}

// Missions and their screens

const MISSION = `query ($number: Int!) { mission(number: $number) { number title language { title } course { key title answers }
  viewerProgress { next { key } }
  screens { id key title kind bodyHtml viewerProgress { state passedAt }
    exercise { id language { title } instructionsHtml hintCount hintsHtml startingCode answer } } } }`;

const OPEN_SCREEN = 'mutation ($input: OpenScreenInput!) { openScreen(input: $input) { problems { message } } }';

async function showMission(signal, number, key) {
  const { mission } = await ask(MISSION, { number: Number(number) }, { signal });
  if (!mission || !mission.screens.length) return null;
  // Without a screen, one goes on where one was.
  const wanted = key ?? mission.viewerProgress.next?.key ?? mission.screens[0].key;
  const index = mission.screens.findIndex((screen) => screen.key === wanted);
  const screen = mission.screens[index];
  if (!screen) return null;
  const href = (other) => `#/mission/${mission.number}/${encodeURIComponent(other.key)}`;
  const list = el('ol.screens', {});
  const fill = () => list.replaceChildren(...mission.screens.map((other) => {
    const [code, seen] = [other.kind === 'CODE', other.viewerProgress.state !== 'UNSEEN'];
    const passed = code && other.viewerProgress.passedAt;
    const state = code ? passed ? ' (passed)' : ' (exercise)' : seen ? ' (read)' : null;
    const link = el('a', { href: href(other), 'aria-current': other === screen ? 'page' : null },
      el('span.tick', { 'aria-hidden': 'true', 'data-tone': passed ? 'good' : null }, passed || (!code && seen) ? '✓' : code ? '○' : '·'),
      el('span', {}, other.title, state && el('span.hidden', {}, state)));
    return el('li', {}, link);
  }));
  fill();
  // Whoever reads does not wait for this, and misses nothing when it is lost: only the place where they go on stays where it was.
  ask(OPEN_SCREEN, { input: { screen: screen.id } }, { signal }).then(() => {
    if (screen.viewerProgress.state === 'UNSEEN') screen.viewerProgress.state = 'SEEN';
    fill();
  }, () => {});
  const [before, after] = [mission.screens[index - 1], mission.screens[index + 1]];
  const next = after
    ? el('a.next', { href: href(after), rel: 'next' }, el('span.muted', {}, 'Next'), ` ${after.title} →`)
    : el('a.next', { href: courseLink(mission.course)[1] }, `Back to ${mission.course.title} →`);
  const passed = () => {
    screen.viewerProgress.passedAt ??= new Date().toISOString();
    next.classList.add('primary');
    fill();
  };
  if (screen.kind !== 'CODE' || screen.viewerProgress.passedAt) next.classList.add('primary');
  const contents = el('details.contents', {}, el('summary', {}, `${index + 1} of ${mission.screens.length} in ${mission.title}`),
    el('nav', { 'aria-label': `Screens of ${mission.title}` }, el('p.contents-title', { 'aria-hidden': 'true' }, mission.title), list));
  // Beside the text the list is always open; above it, on narrow windows, when somebody wants it.
  const wide = matchMedia('(min-width: 62rem)');
  const unfold = () => { contents.open = wide.matches; };
  wide.addEventListener('change', unfold, { signal });
  unfold();
  return el('div.with-contents', {}, contents, el('article', {},
    crumbs(['My courses', '#/'], courseLink(mission.course)),
    el('h1', {}, screen.title),
    safeHtml(screen.bodyHtml),
    screen.exercise && exerciseSection(screen.exercise, mission.course.answers, signal, passed),
    el('nav.steps', { 'aria-label': 'Screens before and after' },
      before ? el('a', { href: href(before), rel: 'prev' }, `← ${before.title}`) : el('span'), next)));
}

const ATTEMPT = 'mutation ($input: AttemptExerciseInput!) { attemptExercise(input: $input) { run { id } problems { message } } }';

function exerciseSection(exercise, answers, signal, passed) {
  const runner = makeRunner({
    key: keyOf('run', exercise.id),
    action: 'Run',
    signal,
    start: async () => (await ask(ATTEMPT, { input: { exercise: exercise.id, code: editor.text.value } }, { signal })).attemptExercise,
    done: (run) => {
      if (run.verdict === 'PASSED') passed();
      answer.tried(run.verdict === 'PASSED');
    },
  });
  const editor = makeEditor({
    key: keyOf('draft', exercise.id),
    label: 'Your code',
    start: exercise.startingCode,
    language: exercise.language.title,
    run: runner.run,
    does: 'runs',
  });
  const answer = answerBox(exercise, answers, signal);
  return el('section.exercise', { 'aria-labelledby': 'exercise' },
    el('h2', { id: 'exercise' }, 'Exercise'), safeHtml(exercise.instructionsHtml), hints(exercise, signal), editor.element, runner.element, answer.element);
}

const SHOW_ANSWER = 'mutation ($input: ShowAnswerInput!) { showAnswer(input: $input) { exercise { answer } problems { message } } }';

/** The model solution: at once when it has been shown, and behind a button as soon as the course shows it. */
function answerBox(exercise, answers, signal) {
  const element = el('div.answer', { hidden: true });
  const show = (text) => {
    element.replaceChildren(el('h3', {}, 'One way to do it'), el('pre', {}, el('code', {}, text)));
    element.hidden = false;
  };
  const offer = () => {
    const button = el('button.quiet', { type: 'button' }, 'Show the answer');
    button.addEventListener('click', async () => {
      const { exercise: shown, problems } = (await ask(SHOW_ANSWER, { input: { exercise: exercise.id } }, { signal })).showAnswer;
      if (shown) show(shown.answer);
      else say(button, problems[0].message);
    });
    element.replaceChildren(button);
    element.hidden = false;
  };
  if (exercise.answer) show(exercise.answer);
  else if (answers === 'ASKED') offer();
  const tried = (passed) => {
    if (element.hidden && (passed || answers === 'TRIED')) offer();
  };
  return { element, tried };
}

const OPEN_HINT = 'mutation ($input: OpenHintInput!) { openHint(input: $input) { exercise { hintsHtml } problems { message } } }';

/** Hints, one at a time; those that were opened before are there at once. */
function hints(exercise, signal) {
  const all = exercise.hintCount;
  if (!all) return null;
  const item = (html) => el('li', { tabindex: '-1' }, safeHtml(html));
  const list = el('ol.hints', {}, exercise.hintsHtml.map(item));
  const button = el('button.quiet', { type: 'button' });
  const name = () => {
    const open = list.childElementCount;
    if (open >= all) button.remove();
    else say(button, open ? `Show another hint (${open + 1} of ${all})` : `Show a hint (1 of ${all})`);
  };
  button.addEventListener('click', async () => {
    const number = list.childElementCount + 1;
    button.disabled = true;
    try {
      const answer = (await ask(OPEN_HINT, { input: { exercise: exercise.id, number } }, { signal })).openHint;
      if (!answer.exercise) return say(button, answer.problems[0].message);
      const hint = item(answer.exercise.hintsHtml[number - 1]);
      list.append(hint);
      hint.focus({ preventScroll: true });
      name();
    } finally {
      button.disabled = false;
    }
  });
  name();
  return el('div.hint-box', {}, list, button);
}

// Assignments

const ASSIGNMENT = `query ($endpoint: String!) { assignment(endpoint: $endpoint) {
  id endpoint title descriptionHtml dueAt dueLocal timeZone language { title } main
  course { id key title viewerCanReviewWork } template { name text } tests { name points hidden }
  viewerSubmissions(first: 100) { nodes { ...Row } } } }
fragment Row on Submission { id submittedAt lateness isFinal submitter { name } scores { kind value maximum } runs(first: 1) { nodes { id state verdict blame } } }`;

const SUBMIT = 'mutation ($input: SubmitInput!) { submit(input: $input) { run { id } problems { message } } }';

async function showAssignment(signal, endpoint) {
  const { assignment } = await ask(ASSIGNMENT, { endpoint }, { signal });
  if (!assignment) return null;
  const staff = assignment.course.viewerCanReviewWork;
  const mine = el('div', {});
  const fill = (nodes) => mine.replaceChildren(nodes.length ? submissionTable('What you handed in', nodes, false) : el('p.muted.none', {}, 'You have handed in nothing yet.'));
  fill(assignment.viewerSubmissions.nodes);
  const runner = makeRunner({
    key: keyOf('run', assignment.id),
    action: 'Hand in',
    latest: assignment.viewerSubmissions.nodes.at(-1)?.runs.nodes[0]?.id,
    signal,
    start: async () => (await ask(SUBMIT, { input: {
      assignment: assignment.id,
      files: editors.map(({ name, editor }) => ({ name, text: editor.text.value })),
      clientCreatedAt: new Date().toISOString(),
      idempotencyKey: freshKey(),
    } }, { signal })).submit,
    done: async () => {
      const fresh = await ask(ASSIGNMENT, { endpoint }, { signal }).catch(() => null);
      if (fresh?.assignment) fill(fresh.assignment.viewerSubmissions.nodes);
    },
  });
  const editors = assignment.template.map(({ name, text }) => ({ name, editor: makeEditor({
    key: keyOf('draft', `${assignment.id}.${name}`),
    label: name,
    start: text,
    language: assignment.language.title,
    run: runner.run,
    does: 'hands in',
  }) }));
  const work = el('section.exercise', { 'aria-labelledby': 'work' }, el('h2', { id: 'work' }, 'Your work'),
    editors.map(({ editor }) => editor.element), runner.element, mine);
  const [submissions, activity] = staff ? reviewSections(assignment, signal) : [];
  return [
    crumbs(['My courses', '#/'], courseLink(assignment.course)),
    el('h1', {}, assignment.title),
    dueLine(assignment),
    submissions,
    staff && el('h2', {}, 'What to do'),
    safeHtml(assignment.descriptionHtml),
    el('section', { 'aria-labelledby': 'tests' }, el('h2', { id: 'tests' }, 'Tests'),
      el('ul.tests', {}, assignment.tests.map((test) => el('li', {}, el('span.test-name', {}, test.name, test.hidden && el('span.muted', {}, ' (hidden)')),
        el('span.points', {}, `${points(test.points)} ${Number(test.points) === 1 ? 'point' : 'points'}`))))),
    work,
    activity,
  ].filter(Boolean);
}

/** A key that makes two sendings of one hand-in one. */
function freshKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The deadline as its author wrote it, and in the viewer's own time where that is another. */
function dueLine({ dueAt, dueLocal, timeZone }) {
  const wall = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short', timeZone });
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const due = new Date(dueAt);
  const days = Math.round((due - Date.now()) / 86400000);
  const near = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' }).format(days, 'day');
  return el('p.due', {}, due < new Date() ? 'Was due ' : 'Due ', el('time', { datetime: dueAt, title: dueLocal }, wall.format(due)), ` (${timeZone}), ${near}`,
    dateTime.format(due) !== new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(due)
      && `; ${dateTime.format(due)} in your time (${own})`, '.');
}

function submissionTable(caption, nodes, names) {
  const rows = [...nodes].reverse().map((submission) => {
    const [run] = submission.runs.nodes;
    const total = submission.scores.find((score) => score.kind === 'total') ?? submission.scores[0];
    const [words, tone] = verdictOf(run ?? {});
    return el('tr', {},
      names && el('th', { scope: 'row' }, submission.submitter?.name ?? 'unknown'),
      el('td', {}, time(submission.submittedAt), submission.lateness > 0 && el('span.late', {}, ' late')),
      el('td', {}, el('span', { 'data-tone': tone }, words)),
      el('td.number', {}, total ? `${points(total.value)} / ${points(total.maximum)}` : '–'),
      el('td', {}, submission.isFinal ? 'counts' : ''));
  });
  return el('div.table', { tabindex: '0', role: 'region', 'aria-label': caption }, el('table', {}, el('caption', {}, caption),
    el('thead', {}, el('tr', {}, [names && 'Who', 'When', 'Verdict', 'Score', ''].filter((head) => head !== false)
      .map((head) => (head ? el('th', { scope: 'col' }, head) : el('td'))))),
    el('tbody', {}, rows)));
}

// For staff

const SUBMISSIONS = `query ($endpoint: String!, $after: String) { assignment(endpoint: $endpoint) {
  submissions(first: 50, after: $after) { nodes { ...Row } pageInfo { hasNextPage endCursor } } } }
fragment Row on Submission { id submittedAt lateness isFinal submitter { name } scores { kind value maximum } runs(first: 1) { nodes { id state verdict blame } } }`;

/** All submissions with their scores, read anew when something happens, and what happens. */
function reviewSections({ endpoint, course }, signal) {
  const table = el('div', {}, el('p.muted', {}, 'Reading …'));
  let timer;
  let reading = false;
  const read = async () => {
    reading = true;
    try {
      const nodes = [];
      for (let after = null, more = true; more;) {
        const { assignment } = await ask(SUBMISSIONS, { endpoint, after }, { signal });
        const page = assignment.submissions;
        nodes.push(...page.nodes);
        ({ endCursor: after, hasNextPage: more } = page.pageInfo);
      }
      table.replaceChildren(nodes.length ? submissionTable(`Submissions (${nodes.length}), the newest first`, nodes, true) : el('p.muted', {}, 'Nobody has handed in anything yet.'));
    } catch (error) {
      if (!signal.aborted) table.replaceChildren(el('p.problem', {}, error.message));
    }
    reading = false;
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => (reading ? soon() : signal.aborted || read()), 300);
  };
  read();
  return [
    el('section', { 'aria-labelledby': 'submissions' }, el('h2', { id: 'submissions' }, 'Submissions'), table),
    activityPanel(course.id, signal, (event) => event.kind !== 'content.synced' && soon()),
  ];
}

const ACTIVITY = 'subscription ($course: ID!, $after: String) { courseActivity(course: $course, after: $after) { cursor kind at details } }';
const NAMES = `query ($ids: [ID!]!) { nodes(ids: $ids) { id
  ... on Submission { submitter { name } assignment { title } }
  ... on Run { exercise { screen { title } } submission { assignment { title } } } } }`;
const SHOWN = 12;

/** What happens in a course, the newest first, as it happens. `heard` is told of each event. */
function activityPanel(course, signal, heard = () => {}) {
  const list = el('ol.activity', { reversed: true });
  const problem = el('p.problem', { role: 'alert' });
  const status = el('p.muted', {}, 'Listening …');
  const names = new Map();
  let events = [];
  let timer = null;
  const draw = async () => {
    timer = null;
    const ids = events.map(subjectOf).filter((id) => id && !names.has(id));
    if (ids.length) {
      const { nodes } = await ask(NAMES, { ids: [...new Set(ids)] }, { signal }).catch(() => ({ nodes: [] }));
      for (const node of nodes) if (node) names.set(node.id, node);
    }
    list.replaceChildren(...events.map((event) => el('li', {}, time(event.at), el('span', {}, eventWords(event, names.get(subjectOf(event)))))));
    say(status, events.length ? '' : 'Nothing has happened yet.');
  };
  follow(ACTIVITY, { course }, {
    signal,
    next(event) {
      // A check that changed nothing is no news.
      if (event.details.outcome === 'unchanged') return;
      events = [event, ...events].slice(0, SHOWN);
      timer ??= setTimeout(draw, 150);
      say(status, '');
      heard(event);
    },
    error: (message) => say(problem, message),
    lost: () => say(status, 'The connection is lost; connecting again …'),
  });
  return el('section.panel', { 'aria-labelledby': 'activity' }, el('h2', { id: 'activity' }, 'Activity'), status, problem, list);
}

function subjectOf({ details }) {
  return details.submission ?? details.run;
}

/** What an event says to a person. */
function eventWords({ kind, details }, about) {
  const who = about?.submitter?.name ?? 'Somebody';
  const what = about?.assignment?.title ?? about?.submission?.assignment?.title ?? about?.exercise?.screen?.title;
  switch (kind) {
    case 'submission.received':
      return `${who} handed in ${what ?? 'work'}.`;
    case 'run.finished': {
      const [words, tone] = verdictOf({ verdict: String(details.verdict).toUpperCase() });
      return el('span', {}, `A run of ${what ?? 'a program'} ended: `, el('span', { 'data-tone': tone }, words), '.');
    }
    case 'score.stored':
      return `${who} got ${points(details.value)} of ${points(details.maximum)} points${what ? ` for ${what}` : ''}.`;
    case 'content.synced':
      return `The content ${details.subject} was checked: ${String(details.outcome).toLowerCase()}${details.errors ? `, errors: ${details.errors}` : ''}.`;
    default:
      return kind;
  }
}

// The page itself

listeners.ended = (message) => {
  viewer = null;
  view.abort();
  account.open = false;
  showEnded(message);
};

let counting;
listeners.away = (seconds) => {
  clearInterval(counting);
  if (seconds == null) return away.replaceChildren();
  const left = el('span', { 'aria-hidden': 'true' });
  const count = () => say(left, seconds > 0 ? ` Trying again in ${seconds} s.` : ' Trying again …');
  count();
  counting = setInterval(() => { seconds -= 1; count(); }, 1000);
  if (away.childElementCount) return away.querySelector('[aria-hidden]').replaceWith(left);
  return away.replaceChildren(el('p', {}, 'The server does not answer. What you typed is kept.', left),
    el('button', { type: 'button', onclick: tryNow }, 'Try now'));
};

account.addEventListener('toggle', () => account.open && viewer && fillAccount());
account.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || !account.open) return;
  account.open = false;
  account.firstElementChild.focus();
});
document.addEventListener('click', (event) => { if (!account.contains(event.target)) account.open = false; });
// The address names the view, so the link to the content cannot be an address itself.
document.getElementById('skip').addEventListener('click', () => main.focus());
window.addEventListener('hashchange', () => { account.open = false; route(); });
route({ focus: false });
