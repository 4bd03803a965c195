// Puts the page together: what is live, what the address asks for, what is not as it should be.

import * as api from './api.js';
import { askToken, tell } from './ask.js';
import { attribute, h, icon, say, swap } from './dom.js';
import { Overview } from './overview.js';
import { begin, refresh, state, watch } from './state.js';
import { TargetView } from './target.js';
import { clock } from './words.js';

const live = document.getElementById('live');
const notices = document.getElementById('notices');
const tokenButton = document.getElementById('token');
const sections = { overview: document.getElementById('overview'), target: document.getElementById('target') };

const overview = new Overview(sections.overview);
let view = null;
let place = 0;

/** `#/`, `#/targets/NAME` or `#/targets/NAME/runs/ID`. */
function address() {
  const parts = location.hash.replace(/^#\/?/, '').split('/').map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  return parts[0] === 'targets' && parts[1] ? { target: parts[1], run: parts[2] === 'runs' ? parts[3] : null } : { target: null, run: null };
}

function go() {
  const { target, run } = address();
  if (view && view.name !== target) {
    view.close();
    view = null;
    swap(sections.target);
  }
  if (target && !sections.overview.hidden) place = scrollY;
  const before = sections.overview.hidden;
  sections.overview.hidden = Boolean(target);
  sections.target.hidden = !target;
  if (!target) {
    if (before) scrollTo(0, place);
    return;
  }
  if (!view) {
    view = new TargetView(sections.target, target);
    scrollTo(0, 0);
    if (!run) view.heading.focus({ preventScroll: true });
  }
  view.open(run);
}

let signs = '';

function showLive() {
  const now = state.live ? 'Live' : state.lostAt ? `Not live since ${clock(state.lostAt)}: ${state.denied ? 'the token is missing' : state.why}` : 'Asking…';
  say(live, now);
  attribute(live, 'data-live', state.live ? 'yes' : state.lostAt ? 'no' : 'asking');
  attribute(live, 'title', state.live ? 'The page moves by itself' : 'It is tried again by itself; what you see is of the last answer');
  document.body.classList.toggle('stale', !state.live && Boolean(state.lostAt));
  say(tokenButton, api.token.get() ? 'Forget token' : 'Enter token');
  const refused = state.edits?.refused;
  const key = JSON.stringify([refused, state.denied]);
  if (key === signs) return;
  signs = key;
  swap(notices,
    state.denied && h('div', { class: 'notice' }, icon('none'), h('p', {}, 'Who reads here needs the token of the agent. ',
      h('button', { type: 'button', class: 'main', onclick: enter }, 'Enter it'))),
    refused && h('div', { class: 'notice bad', role: 'region', 'aria-label': 'Refused edit' }, icon('bad'),
      h('div', {}, h('p', {}, `An edit of ${clock(refused.at)} is not taken up, and all goes on as before:`),
        h('ul', {}, refused.problems.map((problem) => h('li', {}, h('code', {}, problem)))))));
}

async function enter() {
  if (!await askToken('It is in the file that http.token-file of agent.yaml names.')) return;
  try {
    await refresh();
    tell('The agent takes the token.');
  } catch (e) {
    if (e.status === 401) api.token.forget();
    tell(e.status === 401 ? 'The agent does not know that token.' : e.message, true);
  }
  api.again();
}

tokenButton.addEventListener('click', () => {
  if (!api.token.get()) {
    enter();
    return;
  }
  api.token.forget();
  location.reload(); // What it was needed for is not to stay on the screen.
});

watch((names, event) => {
  if (names === null || names.length > 0) overview.update(names);
  else if (state.known) overview.showSchedules();
  if (view) {
    if (names === null || names.includes(view.name)) view.update();
    view.happened(event);
  }
  showLive();
});

setInterval(() => {
  if (document.hidden) return;
  if (!state.live) overview.summary();
  if (view) view.tick();
  else overview.tick();
}, 1000);

window.addEventListener('hashchange', go);
go();
begin();
