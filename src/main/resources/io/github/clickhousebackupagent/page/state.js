// What is known of the agent, kept up to date by its events.

import * as api from './api.js';

const SOON = 120;
const MANY = 25;
const AT_A_TIME = 4;
const NOW_AND_THEN = 300000;

/** Everything that the page shows. `live` is false while the stream is broken, `asOf` says of when all is then. */
export const state = {
  targets: new Map(),
  groups: new Map(),
  edits: null,
  offers: new Set(),
  known: false,
  live: false,
  lostAt: null,
  why: null,
  denied: false,
};

const watchers = new Set();

/** Has `told(names, event)` called with the names of the targets that are new; null: all of them. */
export function watch(told) {
  watchers.add(told);
}

function tell(names, event = null) {
  for (const told of watchers) told(names, event);
}

function denied(e) {
  state.denied = e instanceof api.Refused && e.status === 401;
}

let whole = null;
let wholeAgain = false;

/** Asks for all of it; who asks meanwhile waits for one more answer, which is newer than the question. */
export async function refresh() {
  if (whole) {
    wholeAgain = true;
    return whole;
  }
  whole = (async () => {
    do {
      wholeAgain = false;
      const [status, targets] = await Promise.all([api.get('status'), api.get('targets')]);
      state.targets = new Map(status.targets.map((one) => [one.target, { ...one, askedAt: Date.now() }]));
      state.groups = new Map(targets.map((one) => [one.name, one]));
      state.edits = status.edits;
      state.known = true;
      state.denied = false;
    } while (wholeAgain);
  })();
  try {
    await whole;
  } catch (e) {
    denied(e);
    throw e;
  } finally {
    whole = null;
    tell(null);
  }
}

const changed = new Set();
let timer = null;

/** Asks for one target soon, together with what else changes in this moment. */
export function ask(name) {
  changed.add(name);
  timer ??= setTimeout(flush, SOON);
}

async function flush() {
  const names = [...changed];
  changed.clear();
  try {
    if (names.length > MANY) {
      await refresh();
    } else {
      for (let i = 0; i < names.length; i += AT_A_TIME) await Promise.all(names.slice(i, i + AT_A_TIME).map(one));
    }
  } catch (e) {
    // The stream breaks as well then, and when it is back all is asked for.
    state.why = e.message;
  } finally {
    timer = changed.size > 0 ? setTimeout(flush, SOON) : null;
  }
}

async function one(name) {
  try {
    const status = await api.get(`targets/${api.named(name)}`);
    state.targets.set(name, { ...status, askedAt: Date.now() });
    tell([name]);
  } catch (e) {
    if (!(e instanceof api.Refused) || e.status !== 404) throw e;
    state.targets.delete(name);
    tell(null);
  }
}

let connection = 0;

/** The stream is there: all is asked for, until it is known. */
async function settle(hello, of) {
  try {
    await refresh();
    state.offers = await api.offered();
    if (of !== connection) return; // It broke meanwhile.
    state.live = true;
    state.lostAt = null;
    state.why = null;
  } catch (e) {
    if (of !== connection) return;
    state.lostAt ??= Date.now();
    state.why = e.message;
    setTimeout(() => settle(hello, of), 1000);
  }
  tell(null, hello);
}

async function happens(event) {
  if (event.event === 'hello') {
    await settle(event, connection);
  } else if (event.event === 'edit') {
    refresh().catch((e) => { state.why = e.message; });
  } else {
    if (event.event !== 'waiting') ask(event.target);
    tell([], event);
  }
}

async function lost(why, millis) {
  connection++;
  state.live = false;
  state.lostAt ??= Date.now();
  state.why = why.name === 'AbortError' ? 'it is silent' : why instanceof TypeError ? 'it cannot be reached' : why.message;
  state.againAt = Date.now() + millis;
  denied(why);
  tell([]);
  if (!state.denied) await refresh().catch(() => {}); // Where only the stream is refused, this still answers.
}

/** What is due is late without an event: nothing happened, which is the trouble. */
function overdue() {
  const now = Date.now();
  for (const [name, status] of state.targets) {
    const due = status.next && Date.parse(status.next) + 3000;
    if (due && due < now && status.askedAt < due) {
      status.askedAt = now;
      ask(name);
    }
  }
}

export function begin() {
  api.listen({ event: happens, lost });
  setInterval(() => { if (state.live) overdue(); }, 1000);
  setInterval(() => { if (state.live) refresh().catch(() => {}); }, NOW_AND_THEN);
}
