// All targets: a sentence, filters, and a row for each, trouble first.

import { attribute, h, icon, say, swap } from './dom.js';
import { state } from './state.js';
import { ago, clock, elapsed, isAgeKnown, isPaused, isSafe, look, many, moment, outcome, promise, roughly, sentence, since, utc, wentWrong } from './words.js';

const A_WHILE = 3000;
const STAGES = ['choose-base', 'create', 'upload', 'prove', 'move-marker'];

const FILTERS = {
  all: ['All', () => true],
  unsafe: ['Not safe', (status) => !isSafe(status)],
  wrong: ['Last run went wrong', (status) => wentWrong(status.last)],
  running: ['At work', (status) => Boolean(status.now)],
  paused: ['Paused', isPaused],
};

/** How far a run is, as a row of steps; the words beside it say the same. */
export function track(now) {
  const at = STAGES.indexOf(now.stage);
  return at < 0 ? null
    : h('span', { class: 'track', 'aria-hidden': 'true' }, STAGES.map((stage, i) => h('i', { class: i < at ? 'done' : i === at ? 'at' : '' })));
}

export const doing = (now) => `${now.kind ? now.kind.toUpperCase() : 'Run'} in ${now.stage}`;

export function ended(run) {
  return `${run.kind ? run.kind.toUpperCase() : 'Run'} ${outcome(run)}`;
}

/** A row, which stays the same element as long as its target is there. */
class Row {
  constructor(name) {
    this.state = h('div', { role: 'cell', class: 'verdict' });
    this.link = h('a', { href: `#/targets/${encodeURIComponent(name)}` }, name);
    this.age = h('span', { class: 'first' });
    this.promise = h('span', { class: 'second' });
    this.next = h('span', { class: 'first' });
    this.nextAt = h('span', { class: 'second' });
    this.now = h('div', { role: 'cell', class: 'now', 'data-label': 'Now' });
    this.element = h('div', { role: 'row', class: 'row' },
      this.state,
      h('div', { role: 'cell', class: 'name' }, this.link),
      h('div', { role: 'cell', 'data-label': 'Last proven' }, this.age, this.promise),
      h('div', { role: 'cell', 'data-label': 'Next run' }, this.next, this.nextAt),
      this.now);
    this.seen = true;
    this.shown = null; // Not even that it has had no run.
    this.element.row = this;
  }

  update(status) {
    const { key, word, shape } = look(status);
    if (key !== this.key || word !== this.word) {
      swap(this.state, icon(shape), h('span', {}, word));
      this.element.dataset.look = key;
      this.key = key;
      this.word = word;
    }
    if (this.status && this.status.last?.run !== status.last?.run) this.element.classList.add('fresh');
    this.status = status;
    const { now, last } = status;
    const id = now ? `${now.run} ${now.stage} ${now.cutOff}` : last?.run ?? 'none';
    if (id !== this.shown) {
      this.shown = id;
      this.elapsed = now ? h('span', { class: 'elapsed' }) : null;
      this.ago = !now && last ? h('span', { class: 'second' }) : null;
      if (now) {
        swap(this.now, h('span', { class: 'first running' }, icon('run'), doing(now), ' ', this.elapsed), track(now));
      } else if (last) {
        const bad = wentWrong(last);
        swap(this.now, h('span', { class: bad ? 'first wrong' : 'first', title: last.reason }, bad && icon('cross'), ended(last)), this.ago);
      } else {
        swap(this.now, h('span', { class: 'second' }, 'has had no run'));
      }
    }
    this.tick();
  }

  /** What changes by itself as time passes. */
  tick() {
    const { status } = this;
    say(this.age, isAgeKnown(status) ? `${roughly(since(status.asOf))} old` : status.proven ? 'of unknown age' : 'none');
    attribute(this.age, 'title', status.proven ? `${status.proven}${status.asOf ? `, of ${utc(status.asOf)}` : ''}` : null);
    say(this.promise, promise(status));
    say(this.next, status.next ? `in ${roughly(-since(status.next))}` : '–');
    attribute(this.next, 'title', status.next ? utc(status.next) : null);
    const due = status.promises.find((each) => each.next === status.next && !each.pause);
    say(this.nextAt, status.next ? `${moment(status.next)}${due ? `, ${due.kind.toUpperCase()}` : ''}` : '');
    if (this.elapsed) {
      say(this.elapsed, status.now.cutOff ? 'cut off' : elapsed(status.now.since));
      attribute(this.elapsed, 'title', `since ${utc(status.now.since)}`);
    }
    if (this.ago) {
      say(this.ago, ago(status.last.finishedAt));
      attribute(this.ago, 'title', utc(status.last.finishedAt));
    }
  }
}

export class Overview {
  constructor(section) {
    this.rows = new Map();
    this.filter = 'all';
    this.text = '';
    this.icon = h('span', { class: 'sign' });
    this.sentence = h('h1', { id: 'sentence', 'aria-live': 'polite' }, 'Asking…');
    this.detail = h('p', { class: 'detail' });
    this.hero = h('div', { class: 'hero' }, this.icon, h('div', {}, this.sentence, this.detail));
    this.search = h('input', { type: 'search', id: 'search', placeholder: 'Name, group or schedule', autocomplete: 'off', spellcheck: 'false',
      oninput: () => { this.text = this.search.value.trim().toLowerCase(); this.arrange(); } });
    this.buttons = Object.entries(FILTERS).map(([key, [word]]) => {
      const count = h('b');
      const button = h('button', { type: 'button', 'aria-pressed': 'false', onclick: () => { this.filter = key; this.arrange(); } }, word, ' ', count);
      return { key, button, count };
    });
    this.schedulesWord = h('summary');
    this.schedules = h('div', { class: 'scroll' });
    this.body = h('div', { role: 'rowgroup', class: 'rows' });
    this.count = h('p', { class: 'count', role: 'status' });
    this.table = h('div', { role: 'table', 'aria-label': 'Targets', class: 'table' },
      h('div', { role: 'rowgroup', class: 'head' },
        h('div', { role: 'row', class: 'row' }, ['State', 'Target', 'Last proven', 'Next run', 'Now, or last run'].map((word) => h('div', { role: 'columnheader' }, word)))),
      this.body);
    section.append(this.hero,
      h('details', { class: 'card schedules' }, this.schedulesWord, this.schedules),
      h('div', { class: 'tools' },
        h('label', { for: 'search', class: 'hidden' }, 'Show only targets with this in their name, group or schedule'),
        this.search,
        h('div', { class: 'filters', role: 'group', 'aria-label': 'Show only' }, this.buttons.map(({ button }) => button)),
        this.count),
      this.table);
    // Rows that nobody sees are not drawn (style.css), and do not tick.
    this.eyes = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        target.row.seen = isIntersecting;
        if (isIntersecting) target.row.tick();
      }
    }, { rootMargin: '100px' });
  }

  /** Takes over what is new. */
  update(names) {
    if (!state.known) return;
    for (const name of names ?? state.targets.keys()) {
      const status = state.targets.get(name);
      if (!status) continue;
      let row = this.rows.get(name);
      if (!row) {
        row = new Row(name);
        this.rows.set(name, row);
        this.eyes.observe(row.element);
      }
      row.update(status);
    }
    for (const [name, row] of this.rows) {
      if (!state.targets.has(name)) {
        this.eyes.unobserve(row.element);
        row.element.remove();
        this.rows.delete(name);
      }
    }
    this.summary();
    this.showSchedules();
    this.arrange();
  }

  summary() {
    if (!state.known) return;
    const all = [...state.targets.values()];
    const { safe, paused, text } = sentence(all);
    // Nobody is to be told that all is safe by a page that does not know. A restart is over sooner.
    const told = Math.max(state.lostAt, state.answeredAt);
    const unknown = !state.live && state.lostAt && Date.now() - told > A_WHILE;
    const now = unknown ? 'unknown' : !safe ? 'no' : paused ? 'paused' : 'yes';
    say(this.sentence, unknown ? `Nothing is known since ${clock(told)}. Then: ${text}` : text);
    if (this.hero.dataset.safe !== now) swap(this.icon, icon({ yes: 'safe', paused: 'paused', no: 'bad', unknown: 'none' }[now]));
    this.hero.dataset.safe = now;
    const wrong = all.filter((status) => wentWrong(status.last)).length;
    const running = all.filter((status) => status.now).length;
    say(this.detail, [
      wrong > 0 && `The last run of ${many(wrong, 'target')} went wrong.`,
      running > 0 && `${many(running, 'run')} at work.`,
      wrong === 0 && running === 0 && 'Nothing is at work.',
    ].filter(Boolean).join(' '));
    for (const { key, count } of this.buttons) say(count, String(all.filter(FILTERS[key][1]).length));
    document.title = `${{ yes: '✓ all safe', paused: '‖ paused', no: '! not safe', unknown: '? not live' }[now]} – clickhouse-backup-agent`;
  }

  /** All schedules, with what comes next; of one target they are on its own page. */
  showSchedules() {
    const paused = new Map();
    for (const status of state.targets.values()) {
      for (const each of status.promises) if (each.pause) paused.set(each.schedule, (paused.get(each.schedule) ?? 0) + 1);
    }
    const next = state.schedules.filter((each) => each.next).sort((a, b) => Date.parse(a.next) - Date.parse(b.next))[0];
    say(this.schedulesWord, state.schedules.length === 0 ? 'No schedules: backups are made by hand only'
      : `${many(state.schedules.length, 'schedule')}${next ? `, the next is ${next.name} at ${moment(next.next)}` : ''}`);
    const key = JSON.stringify([state.schedules, [...paused]]);
    if (key === this.schedulesKey) return;
    this.schedulesKey = key;
    const focused = this.schedules.contains(document.activeElement) ? document.activeElement.dataset.schedule : null;
    swap(this.schedules, h('table', {},
      h('caption', { class: 'hidden' }, 'Schedules'),
      h('thead', {}, h('tr', {}, ['Schedule', 'Makes', 'When', 'Next', 'Targets'].map((word) => h('th', { scope: 'col' }, word)))),
      h('tbody', {}, state.schedules.map((each) => h('tr', {},
        h('th', { scope: 'row', class: 'wrap' }, each.name),
        h('td', {}, each.kind.toUpperCase()),
        h('td', {}, h('code', {}, each.cron), ' ', h('span', { class: 'second' }, each.zone)),
        h('td', {}, each.next ? h('time', { datetime: each.next, title: utc(each.next) }, moment(each.next)) : '–'),
        h('td', {}, h('button', { type: 'button', class: 'small', 'data-schedule': each.name, onclick: () => this.only(each.name) },
          many(each.targets.length, 'target')), paused.has(each.name) ? [' ', icon('paused'), ` paused at ${paused.get(each.name)}`] : null))))));
    if (focused) this.schedules.querySelector(`[data-schedule="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  /** Shows the targets of a schedule. */
  only(schedule) {
    this.search.value = schedule;
    this.text = schedule.toLowerCase();
    this.filter = 'all';
    this.arrange();
  }

  shown(status) {
    const groups = state.groups.get(status.target)?.groups ?? [];
    const schedules = status.promises.map((each) => each.schedule);
    return FILTERS[this.filter][1](status)
      && (!this.text || [status.target, ...groups, ...schedules].some((name) => name.toLowerCase().includes(this.text)));
  }

  /** Puts rows into their order, trouble first; a row that stays where it is is not touched, so that focus stays. */
  arrange() {
    for (const { key, button } of this.buttons) attribute(button, 'aria-pressed', String(key === this.filter));
    const order = [...state.targets.values()].filter((status) => this.shown(status))
      .map((status) => ({ status, trouble: look(status).trouble }))
      .sort((a, b) => a.trouble - b.trouble || a.status.target.localeCompare(b.status.target, 'en', { numeric: true }));
    const wanted = new Set(order.map(({ status }) => this.rows.get(status.target)?.element));
    const focused = document.activeElement;
    for (const element of [...this.body.children]) if (!wanted.has(element)) element.remove();
    let at = this.body.firstElementChild;
    for (const { status } of order) {
      const { element } = this.rows.get(status.target);
      if (element === at) {
        at = at.nextElementSibling;
      } else if (at && at.nextElementSibling === element && !at.contains(focused)) {
        const next = element.nextElementSibling;
        this.body.append(at); // One that went down: its place comes below.
        at = next;
      } else {
        this.body.insertBefore(element, at);
      }
    }
    if (focused && focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
    attribute(this.table, 'aria-rowcount', String(order.length + 1));
    say(this.count, order.length === state.targets.size ? '' : order.length === 0
      ? 'No target matches.' : `${order.length} of ${many(state.targets.size, 'target')}`);
  }

  tick() {
    for (const element of this.body.children) {
      const { row } = element;
      if (row.seen && (row.elapsed || this.ticks % 15 === 0)) row.tick();
    }
    this.ticks = (this.ticks ?? 0) + 1;
  }
}
