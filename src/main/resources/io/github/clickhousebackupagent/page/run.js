// One run: what it came to, its log, and its way on the routes.

import * as api from './api.js';
import { h, icon, swap } from './dom.js';
import { clock, lasting, moment, seconds, size, utc, wentWrong } from './words.js';

export const when = (iso, text = moment(iso)) => h('time', { datetime: iso, title: utc(iso) }, text);

export function facts(pairs) {
  return h('dl', { class: 'facts' }, pairs.filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
}

export class RunView {
  constructor(id, close) {
    this.id = id;
    this.heading = h('h2', { id: 'run-heading', tabindex: '-1' }, 'Run');
    this.facts = h('div');
    this.log = h('pre', { class: 'log', tabindex: '0', 'aria-label': 'Log of the run' });
    this.logNote = h('p', { class: 'second' });
    this.picture = h('div', { class: 'picture', tabindex: '0', role: 'region', 'aria-label': 'Way of the run on the routes' },
      h('p', { class: 'second' }, 'Drawing…'));
    this.parts = [
      h('details', { open: true }, h('summary', {}, h('h3', {}, 'Log')), this.logNote, this.log),
      h('details', { open: true }, h('summary', {}, h('h3', {}, 'Way on the routes')),
        this.larger = h('button', { type: 'button', class: 'small', 'aria-pressed': 'false', onclick: () => this.enlarge() }, 'Full size'),
        h('p', { class: 'second' }, 'Green is the way it took, red where it failed, blue where it is; what is pale it did not come to.'),
        this.picture)];
    this.element = h('section', { class: 'card run', 'aria-labelledby': 'run-heading' },
      h('div', { class: 'title' }, this.heading, h('a', { href: close }, 'Close')), this.facts, this.parts);
  }

  /** Asks for all of it. */
  async update() {
    const path = `runs/${api.named(this.id)}`;
    try {
      const run = await api.get(path);
      this.over = run.state === 'ended';
      swap(this.heading, wentWrong(run) && icon('cross'), `${run.kind ? run.kind.toUpperCase() : 'Run'} of `, when(run.startedAt));
      swap(this.facts, run.reason && h('p', { class: wentWrong(run) ? 'notice bad' : 'notice' }, run.reason), facts([
        ['Run', run.run],
        ['State', run.outcome ?? run.state],
        ['Stage', run.outcome === 'success' ? null : run.stage],
        ['By', run.schedule ? `schedule ${run.schedule}` : 'hand'],
        ['Backup', run.backup],
        ['On', run.base],
        ['Ended', run.finishedAt && when(run.finishedAt)],
        ['Took', run.finishedAt && lasting(Math.max(1, seconds(run)))],
        ['Size', run.sizeBytes && size(run.sizeBytes)],
        ['Chain', run.chainLength && String(run.chainLength)],
        ['Did', run.summary],
      ]));
      this.known = true;
    } catch (e) {
      swap(this.facts, h('p', { class: 'notice bad' }, e.message));
      return;
    } finally {
      for (const part of this.parts) part.hidden = !this.known;
    }
    await Promise.all([this.readLog(path), this.draw(path)]);
  }

  enlarge() {
    const large = this.picture.classList.toggle('large');
    this.larger.setAttribute('aria-pressed', String(large));
    this.show();
  }

  /** Scrolls to where the run is, or failed: the picture is long. */
  show() {
    const at = /<g class="(?:now|failed)"[^>]*>\s*<(?:rect x="([\d.]+)" y="([\d.]+)"|polygon points="([\d.]+) ([\d.]+)|path d="M([\d.]+) ([\d.]+))/.exec(this.svg ?? '');
    if (!at) return;
    const [x, y] = at.slice(1).filter((each) => each !== undefined).map(Number);
    const scale = this.picture.querySelector('img').getBoundingClientRect().width / this.width;
    this.picture.scrollTo(x * scale - this.picture.clientWidth / 2, y * scale - this.picture.clientHeight / 2);
  }

  async readLog(path) {
    try {
      const log = await api.get(`${path}/log`);
      const below = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 20;
      this.log.textContent = log.lines.join('\n');
      this.log.hidden = log.lines.length === 0;
      this.logNote.textContent = log.lines.length === 0 ? log.gone ? `Nothing of it is left in ${log.file} and the older ones beside it.` : `Nothing of it is in ${log.file} yet.`
        : `${log.cut ? 'The last lines, of' : 'Of'} ${log.file}, read at ${clock(Date.now())}`;
      if (below) this.log.scrollTop = this.log.scrollHeight;
    } catch (e) {
      this.logNote.textContent = e.message;
    }
  }

  async draw(path) {
    try {
      const svg = await api.text(`${path}/diagram`);
      if (svg === this.svg) return;
      this.svg = svg;
      // As a picture: its styles are not of this page, and the token cannot be in the address of an image.
      this.width = /<svg[^>]* width="([\d.]+)"/.exec(svg)[1];
      const height = /<svg[^>]* height="([\d.]+)"/.exec(svg)[1];
      swap(this.picture, h('img', {
        src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`,
        alt: 'The routes, with the way that this run took', width: Math.ceil(this.width), height: Math.ceil(height),
      }));
      this.show();
    } catch (e) {
      swap(this.picture, h('p', { class: 'second' }, e.message));
    }
  }
}
