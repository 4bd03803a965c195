// One target: how it stands, what it may be told to do, its runs, its chains.

import * as api from './api.js';
import { askReason, askSure, change, tell } from './ask.js';
import { h, icon, say, swap } from './dom.js';
import { doing, ended, track } from './overview.js';
import { facts, RunView, when } from './run.js';
import { state } from './state.js';
import { elapsed, isAgeKnown, lasting, look, many, moment, outcome, promise, roughly, seconds, since, size, wentWrong } from './words.js';

const MOST_RUNS = 200;
const ROWS = 12;

/** What came of a run. The whole of a reason that is long is where the run is shown. */
function told(run) {
  const text = run.outcome === 'success' ? run.backup ?? run.summary ?? '–' : run.reason ?? '–';
  return h('div', { class: 'clamp', title: text.length > 120 ? text : null }, text);
}

export class TargetView {
  constructor(section, name) {
    this.section = section;
    this.name = name;
    this.path = `targets/${api.named(name)}`;
    this.runs = null;
    this.rows = ROWS;
    this.run = null;
    this.verdict = h('span', { class: 'verdict' });
    this.heading = h('h1', { id: 'target-name', tabindex: '-1' }, name);
    this.where = h('p', { class: 'detail' });
    this.actions = h('div', { class: 'actions' });
    this.now = h('div', { class: 'nowcard', hidden: true });
    this.facts = h('div');
    this.schedules = h('div', { class: 'scroll' });
    this.duration = h('div', { class: 'plot' });
    this.sizes = h('div', { class: 'plot' });
    this.plotCard = h('div', { class: 'plots' }, this.duration, this.sizes);
    this.history = h('div', { class: 'scroll' });
    this.chains = h('div');
    this.runPlace = h('div');
    this.legend = h('p', { class: 'legend', 'aria-hidden': 'true', hidden: true },
      h('span', { class: 'mark full' }), 'FULL', h('span', { class: 'mark diff' }), 'DIFF', h('span', { class: 'mark wrong' }, icon('cross')), 'went wrong');
    this.chainsNote = h('p', { class: 'second', hidden: true },
      'Proven backups, each based on the one above it; where several are based on the same one, they are set in. What the journal knows; the server is not asked.');
    swap(section,
      h('p', { class: 'back' }, h('a', { href: '#/' }, '← All targets')),
      h('div', { class: 'title' }, h('div', {}, h('div', { class: 'named' }, this.heading, this.verdict), this.where), this.actions),
      this.now,
      h('section', { class: 'card', 'aria-label': 'How it stands' }, this.facts),
      h('section', { class: 'card', 'aria-labelledby': 'schedules' }, h('h2', { id: 'schedules' }, 'Schedules'), this.schedules),
      h('section', { class: 'card', 'aria-labelledby': 'runs' }, h('h2', { id: 'runs' }, 'Runs'),
        this.legend, this.plotCard, this.history),
      this.runPlace,
      h('section', { class: 'card', 'aria-labelledby': 'chains' }, h('h2', { id: 'chains' }, 'Chains'),
        this.chainsNote, this.chains));
    this.update();
    this.past();
  }

  /** Takes over how it stands now. */
  update() {
    const status = state.targets.get(this.name);
    if (!state.known) return;
    this.section.classList.toggle('gone', !status);
    if (!status) {
      say(this.where, 'The configuration has no such target.');
      this.showNow(null);
      return;
    }
    const had = this.section.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
    this.status = status;
    const { word, shape, key } = look(status);
    if (this.word !== word || this.key !== key) {
      this.word = word;
      this.key = key;
      this.verdict.dataset.look = key;
      swap(this.verdict, icon(shape), h('span', {}, word));
    }
    const of = state.groups.get(this.name);
    say(this.where, [of?.url, of?.groups.length > 0 && `in ${of.groups.join(', ')}`].filter(Boolean).join(' · '));
    this.showNow(status.now);
    swap(this.facts, status.error ? h('p', { class: 'notice bad' }, status.error) : facts([
      ['Last proven', status.proven ?? 'none'],
      ['Data as of', status.asOf && when(status.asOf)],
      ['Age', this.age = h('span')],
      ['Promise', promise(status)],
      ['Next run', this.next = h('span')],
      ['Marker', status.marker !== status.proven ? status.marker ?? 'none' : null],
      ['Last run', status.last && h('a', { href: this.runAddress(status.last.run), class: wentWrong(status.last) ? 'wrong' : '' },
        wentWrong(status.last) && icon('cross'), `${ended(status.last)}, `, when(status.last.finishedAt))],
    ]));
    this.showActions(status);
    this.showSchedules(status);
    this.tick();
    // What was written anew has lost the focus.
    if (had && document.activeElement === document.body) this.section.querySelector(`a[href="${CSS.escape(had)}"]`)?.focus({ preventScroll: true });
  }

  showNow(now) {
    this.now.hidden = !now;
    if (!now) {
      this.elapsed = null;
      return;
    }
    swap(this.now, h('div', {}, h('strong', { class: 'running' }, icon('run'), doing(now)), ' ', this.elapsed = h('span', { class: 'elapsed' })),
      track(now),
      h('div', { class: 'second' }, now.backup ?? '', now.cutOff ? ' Nobody works on it; it goes on at the next start.' : '', ' ',
        h('a', { href: this.runAddress(now.run) }, 'Log and way')));
  }

  /** Returns whether the agent can be asked for a change. */
  offers(what) {
    return state.offers.has(`post /targets/{target}/${what}`);
  }

  runAddress(run) {
    return `#/targets/${encodeURIComponent(this.name)}/runs/${encodeURIComponent(run)}`;
  }

  tick() {
    const { status } = this;
    if (!status) return;
    if (this.elapsed) say(this.elapsed, elapsed(status.now.since));
    if (this.age) say(this.age, isAgeKnown(status) ? roughly(since(status.asOf)) : status.proven ? 'unknown' : '–');
    if (this.next) say(this.next, status.next ? `in ${roughly(-since(status.next))}, at ${moment(status.next)}` : 'none is planned');
  }

  showActions(status) {
    const paused = status.promises.length > 0 && status.promises.every((each) => each.pause && !each.pause.schedule);
    const wanted = [
      ['full', 'Run a FULL', () => this.runNow('full'), 'runs', true],
      ['diff', 'Run a DIFF', () => this.runNow('diff'), 'runs', true],
      ['pause', 'Pause', () => this.pause(), 'pause', !paused && status.promises.length > 0],
      ['resume', 'Resume', () => this.resume(), 'resume', paused],
      ['kill', 'Kill', () => this.kill(), 'kill', Boolean(status.now)],
    ].filter(([, , , offer, now]) => now && this.offers(offer));
    const keys = wanted.map(([key]) => key).join();
    if (keys === this.keys) return; // A button that has the focus keeps it.
    const had = this.actions.contains(document.activeElement) ? document.activeElement.dataset.action : null;
    this.keys = keys;
    swap(this.actions, wanted.map(([key, words, action]) =>
      h('button', { type: 'button', 'data-action': key, class: key === 'kill' ? 'danger' : key === 'diff' ? 'main' : '', onclick: action }, words)));
    if (had) (this.actions.querySelector(`[data-action="${had}"]`) ?? this.heading).focus(); // Not another button: Enter would press that.
  }

  async runNow(kind) {
    // One wish, however often it is sent: what comes after a token was asked for is still the same click.
    const key = { 'Idempotency-Key': api.key() };
    await change(() => api.post(`${this.path}/runs`, { kind }, key), () => `A ${kind.toUpperCase()} of ${this.name} is in the queue.`);
  }

  async pause(schedule) {
    const entered = await askReason(schedule ? `schedule ${schedule} of ${this.name}` : this.name);
    if (entered) {
      await change(() => api.post(`${this.path}/pause`, { schedule, reason: entered.reason || undefined }),
        () => `${schedule ? `Schedule ${schedule} of ` : ''}${this.name} is paused.`);
    }
  }

  async resume(schedule) {
    await change(() => api.post(`${this.path}/resume`, { schedule }), (answer) => (answer.remaining.length > 0
      ? `${schedule ?? this.name} is resumed, but something else is still paused there.`
      : `${schedule ? `Schedule ${schedule} of ` : ''}${this.name} is resumed.`));
  }

  async kill() {
    const yes = await askSure(`Kill what ${this.name} works on?`,
      'The server is told to end its create, upload or download, and the run fails. A restore or a deletion goes on to its end.', 'Kill it');
    if (yes) await change(() => api.post(`${this.path}/kill`), () => `The server of ${this.name} was told to kill what it works on.`);
  }

  showSchedules(status) {
    const key = JSON.stringify(status.promises.map((each) => [each.schedule, each.cron, each.next, each.pause]));
    if (key === this.promises) return;
    this.promises = key;
    if (status.promises.length === 0) {
      swap(this.schedules, h('p', { class: 'second' }, 'It has none: backups are made by hand only.'));
      return;
    }
    swap(this.schedules, h('table', {},
      h('thead', {}, h('tr', {}, ['Schedule', 'Makes', 'When', 'Next', 'Paused', ''].map((word) =>
        h('th', { scope: 'col' }, word || h('span', { class: 'hidden' }, 'Change'))))),
      h('tbody', {}, status.promises.map((each) => {
        const own = each.pause?.schedule === each.schedule;
        return h('tr', {},
          h('th', { scope: 'row', class: 'wrap' }, each.schedule),
          h('td', {}, each.kind.toUpperCase()),
          h('td', {}, h('code', {}, each.cron), ' ', h('span', { class: 'second' }, each.zone)),
          h('td', {}, each.next ? when(each.next) : '–'),
          h('td', {}, each.pause ? [icon('paused'), ' since ', when(each.pause.since),
            each.pause.by && ` by ${each.pause.by}`, each.pause.reason && `: ${each.pause.reason}`].filter(Boolean) : '–'),
          h('td', {}, (own || !each.pause) && this.offers('pause') && h('button', {
            type: 'button', class: 'small', onclick: () => (own ? this.resume(each.schedule) : this.pause(each.schedule)),
          }, own ? 'Resume' : 'Pause', h('span', { class: 'hidden' }, ` schedule ${each.schedule}`))));
      }))));
  }

  /** Asks for what was: runs and backups. */
  async past() {
    if (this.asking) {
      this.askAgain = true;
      return;
    }
    this.asking = true;
    try {
      const [runs, backups] = await Promise.all([
        api.get(`runs?target=${api.named(this.name)}&limit=${MOST_RUNS}`), api.get(`${this.path}/backups`)]);
      this.runs = runs;
      this.showChains(backups);
      this.showRuns();
      await this.plot();
    } catch (e) {
      if (!this.gone) swap(this.chains, h('p', { class: 'second' }, e.message));
    } finally {
      this.asking = false;
      if (this.askAgain && !this.gone) {
        this.askAgain = false;
        this.past();
      }
    }
  }

  async plot() {
    const { plots } = await import('./plot.js');
    if (this.gone) return;
    this.plots?.remove();
    this.plots = plots(this.duration, this.sizes, this.runs);
    this.plotCard.hidden = this.plots.count === 0;
    this.legend.hidden = this.plots.count === 0;
  }

  showRuns() {
    if (this.runs.length === 0) {
      swap(this.history, h('p', { class: 'second' }, 'It has had no run.'));
      return;
    }
    const focused = this.history.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
    const more = this.runs.length > this.rows && h('button', { type: 'button', onclick: () => { this.rows = MOST_RUNS; this.showRuns(); } },
      `Show all ${this.runs.length}`);
    swap(this.history, h('table', {},
      h('caption', { class: 'hidden' }, `Runs of ${this.name}, the latest first`),
      h('thead', {}, h('tr', {}, ['Began', 'What', 'Outcome', 'Took', 'Size', 'Backup'].map((word) => h('th', { scope: 'col' }, word)))),
      h('tbody', {}, this.runs.slice(0, this.rows).map((run) => h('tr', { 'aria-current': run.run === this.run?.id ? 'true' : null },
        h('th', { scope: 'row' }, h('a', { href: this.runAddress(run.run) }, when(run.startedAt))),
        h('td', {}, `${run.kind ? run.kind.toUpperCase() : '–'}${run.schedule ? '' : ', by hand'}`),
        h('td', { class: wentWrong(run) ? 'wrong' : '' }, wentWrong(run) && icon('cross'),
          run.outcome === 'success' ? 'succeeded' : `${outcome(run)} in ${run.stage}`),
        h('td', {}, lasting(Math.max(1, seconds(run)))),
        h('td', {}, size(run.sizeBytes)),
        h('td', { class: 'long' }, told(run)))))), more);
    if (focused) this.history.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  showChains({ backups, marker }) {
    this.chainsNote.hidden = backups.length === 0;
    if (backups.length === 0) {
      swap(this.chains, h('p', { class: 'second' }, 'No backup is proven yet.'));
      return;
    }
    const known = new Map(backups.map((each) => [each.backup, each]));
    const below = new Map();
    for (const each of backups) {
      const base = each.base && known.has(each.base) && each.base !== each.backup ? each.base : null;
      if (!below.has(base)) below.set(base, []);
      below.get(base).push(each);
    }
    const shown = new Set();
    const line = (each) => h('div', { class: 'backup' },
      h('span', { class: `mark ${each.base ? 'diff' : 'full'}`, 'aria-hidden': 'true' }),
      each.run ? h('a', { href: this.runAddress(each.run) }, each.backup) : each.backup,
      each.backup === marker && h('span', { class: 'badge' }, 'the last'),
      h('span', { class: 'second' }, [each.kind.toUpperCase(), size(each.sizeBytes), each.asOf ? moment(each.asOf) : 'age unknown',
        each.base && !known.has(each.base) && `on ${each.base}, of which nothing is known here`].filter(Boolean).join(' · ')));
    // One after the other stays in line: a chain of a week would run out of the page to the right otherwise.
    const items = (first) => {
      const list = [];
      for (let each = first; each && !shown.has(each.backup);) {
        shown.add(each.backup);
        const children = below.get(each.backup) ?? [];
        list.push(h('li', {}, line(each), children.length > 1 && h('ul', {}, children.flatMap(items))));
        each = children.length === 1 ? children[0] : null;
      }
      return list;
    };
    // The chain that grows is what people look for.
    const roots = [...below.get(null) ?? []].reverse();
    const tree = (root, open) => {
      const before = shown.size;
      const list = items(root);
      return h('details', { open }, h('summary', {}, `${root.backup} `, h('span', { class: 'second' }, many(shown.size - before, 'backup'))),
        h('div', { class: 'treebox', tabindex: '0', role: 'region', 'aria-label': `Chain of ${root.backup}` }, h('ul', { class: 'tree' }, list)));
    };
    const open = new Set([...this.chains.querySelectorAll('details[open]')].map((each) => each.dataset.root));
    swap(this.chains, roots.map((root, i) => {
      const made = tree(root, i === 0 || open.has(root.backup));
      made.dataset.root = root.backup;
      return made;
    }));
  }

  /** Shows a run; null: none. */
  open(run) {
    if ((this.run?.id ?? null) === (run ?? null)) return;
    this.run = run ? new RunView(run, `#/targets/${encodeURIComponent(this.name)}`) : null;
    swap(this.runPlace, this.run?.element);
    if (this.runs) this.showRuns();
    if (this.run) {
      this.run.update();
      this.run.heading.focus({ preventScroll: true });
      this.run.element.scrollIntoView({ block: 'start' });
    }
  }

  /** Something has happened here. */
  happened(event) {
    if (event?.event === 'hello' || event?.target === this.name) {
      if (event.event === 'ended' || event.event === 'changed' || event.event === 'hello') this.past();
      if (this.run && !(this.run.over && event.event !== 'hello') && event.event !== 'waiting' && (!event.run || event.run === this.run.id)) this.run.update();
      if (event.event === 'warned') tell(`${this.name}: ${event.reason}`, true);
    }
  }

  close() {
    this.gone = true;
    this.plots?.remove();
  }
}
