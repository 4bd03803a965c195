// What is known of the agent, kept up to date by its events.

import * as api from './api.js';
import { now, setClock } from './words.js';

const SOON = 120;
const MANY = 25;
const AT_A_TIME = 4;
const NOT_SO_SOON = 1000;
const LATER = 3000;
const SHARE = 10;
const NOW_AND_THEN = 300000;
const TOO_OLD = 360000;
const LONGEST = 30000;

/**
 * Everything that the page shows. It is live while the stream is there and what was asked last was answered, not too long ago; else
 * `lostAt` says since when not, and `why`. All of it is as it was at `answeredAt`.
 */
export const state = {
  targets: new Map(),
  groups: new Map(),
  schedules: [],
  edits: null,
  offers: new Set(),
  known: false,
  live: false,
  lostAt: null,
  answeredAt: 0,
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

// What a stream that is there does not tell: that the agent tells how it stands, too.
let stream = false;
let failure = null;
let retry = null;
let tries = 0;

/** Finds out whether the page is live, and returns whether it was otherwise before. */
function judge() {
  const before = state.live;
  const old = state.known && Date.now() - state.answeredAt > TOO_OLD;
  state.live = stream && !failure && !old;
  if (state.live) {
    state.lostAt = null;
    state.why = null;
  } else if (stream && (failure || old)) {
    state.lostAt ??= failure ? Date.now() : state.answeredAt;
    state.why = failure ?? 'it has not told how it stands for minutes';
  }
  return before !== state.live;
}

/** What was asked is not answered, whatever the stream does: all of it is asked for until it is. */
function unanswered(e) {
  failure = e.name === 'TimeoutError' ? 'it does not answer' : e instanceof TypeError ? 'it cannot be reached' : e.message;
  judge();
  retry ??= setTimeout(() => {
    retry = null;
    if (stream) refresh().catch(() => {}); // Else its return asks.
  }, Math.min(LONGEST, 1000 * 2 ** tries++));
}

// Answers overtake each other: that to the later question holds.
let questions = 0;

const newer = (status, asked) => {
  const known = state.targets.get(status.target);
  return known && known.asked > asked ? known : { ...status, asked, askedAt: now() };
};

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
      const asked = ++questions;
      const [status, targets, schedules] = await Promise.all([api.get('status'), api.get('targets'), api.get('schedules')]);
      setClock(status.time);
      state.targets = new Map(status.targets.map((one) => [one.target, newer(one, asked)]));
      state.groups = new Map(targets.map((one) => [one.name, one]));
      state.schedules = schedules;
      state.edits = status.edits;
      state.known = true;
      state.denied = false;
      state.answeredAt = Date.now();
      failure = null;
      tries = 0;
      judge();
    } while (wholeAgain);
  })();
  try {
    await whole;
  } catch (e) {
    denied(e);
    unanswered(e);
    throw e;
  } finally {
    whole = null;
    tell(null);
  }
}

const changed = new Set();
let timer = null;
let notBefore = 0;

/** Asks for one target soon, together with what else changes in this moment. */
export function ask(name) {
  changed.add(name);
  timer ??= setTimeout(flush, Math.max(SOON, notBefore - Date.now()));
}

async function flush() {
  const names = [...changed];
  const began = Date.now();
  changed.clear();
  try {
    if (names.length > MANY) {
      await refresh();
    } else {
      for (let i = 0; i < names.length; i += AT_A_TIME) await Promise.all(names.slice(i, i + AT_A_TIME).map(one));
    }
  } catch (e) {
    unanswered(e);
    tell([]);
  } finally {
    // Where very much happens, the agent has better to do than to tell each of it at once, and ten browsers at that.
    const pause = names.length > MANY ? Math.max(LATER, SHARE * (Date.now() - began)) : names.length > AT_A_TIME ? NOT_SO_SOON : SOON;
    notBefore = Date.now() + pause;
    timer = changed.size > 0 ? setTimeout(flush, pause) : null;
  }
}

async function one(name) {
  const asked = ++questions;
  try {
    const status = await api.get(`targets/${api.named(name)}`);
    state.targets.set(name, newer(status, asked));
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
    stream = true;
    judge();
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
    refresh().catch(() => {});
  } else {
    if (event.event !== 'waiting') ask(event.target);
    tell([], event);
  }
}

async function lost(why) {
  connection++;
  stream = false;
  judge();
  state.lostAt ??= Date.now();
  state.why = why.name === 'AbortError' ? 'it is silent' : why instanceof TypeError ? 'it cannot be reached' : why.message;
  denied(why);
  tell([]);
  if (!state.denied) await refresh().catch(() => {}); // Where only the stream is refused, this still answers.
}

/** What is due is late without an event: nothing happened, which is the trouble. */
function overdue() {
  const moment = now();
  if (state.schedules.some((each) => each.next && Date.parse(each.next) + 1000 < moment)) {
    state.schedules = state.schedules.map((each) => ({ ...each, next: each.next && Date.parse(each.next) + 1000 < moment ? null : each.next }));
    api.get('schedules').then((schedules) => { state.schedules = schedules; tell([]); }, (e) => { unanswered(e); tell([]); });
  }
  for (const [name, status] of state.targets) {
    const due = status.next && Date.parse(status.next) + 3000;
    if (due && due < moment && status.askedAt < due) {
      status.askedAt = moment;
      ask(name);
    }
  }
}

export function begin() {
  api.listen({ event: happens, lost });
  setInterval(() => {
    if (judge()) {
      tell([]);
      if (stream && !failure) refresh().catch(() => {}); // This machine slept.
    }
    if (state.live) overdue();
  }, 1000);
  setInterval(() => { if (stream) refresh().catch(() => {}); }, NOW_AND_THEN);
}
