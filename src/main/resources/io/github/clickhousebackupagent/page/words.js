// Times, ages and sizes for people. Times are of the browser's zone; the title has UTC.

const DAY = 86400;

/** So many seconds, in the two units that matter: 3 h 12 min. */
export function lasting(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [[Math.floor(whole / DAY), 'd'], [Math.floor(whole % DAY / 3600), 'h'],
    [Math.floor(whole % 3600 / 60), 'min'], [whole % 60, 's']];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  return parts.slice(first, first + 2).filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`).join(' ');
}

/** The same in one unit, for where it does not tick: 3 h. */
export function roughly(seconds) {
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 2 * DAY ? lasting(seconds - seconds % 60) : `${Math.floor(seconds / DAY)} d ${Math.floor(seconds % DAY / 3600)} h`;
}

let ahead = 0;

/** Takes over the clock of the agent: that of this machine may be another, and ages would be wrong by that. */
export function setClock(iso) {
  ahead = Date.parse(iso) - Date.now();
}

export const now = () => Date.now() + ahead;

export const since = (iso) => (now() - Date.parse(iso)) / 1000;

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const EXACT = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const YEAR = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

export const clock = (iso) => EXACT.format(new Date(iso));

/** 14:02 of today, else with the day. */
export function moment(iso) {
  const then = new Date(iso);
  const now = new Date();
  if (then.toDateString() === now.toDateString()) return CLOCK.format(then);
  const day = then.getFullYear() === now.getFullYear() ? DATE.format(then) : YEAR.format(then);
  return `${day}, ${CLOCK.format(then)}`;
}

export const utc = (iso) => new Date(iso).toISOString().replace('T', ' ').replace(/\.\d+Z$/, 'Z') + ' (UTC)';

export function size(bytes) {
  if (bytes === undefined || bytes === null) return '–';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** How long ago it was; a moment that is still to come, by a clock that was put back since, is not taken for now. */
export const ago = (iso) => (since(iso) < -60 ? moment(iso) : `${roughly(since(iso))} ago`);

/** For how long it goes on, ticking. */
export const elapsed = (iso) => (since(iso) < -60 ? `since ${moment(iso)}` : lasting(since(iso)));

export const many = (count, one) => `${count} ${one}${count === 1 ? '' : 's'}`;

export const seconds = (run) => (Date.parse(run.finishedAt) - Date.parse(run.startedAt)) / 1000;

/** What each state looks like, and how much trouble it is: 0 is the most. */
const LOOKS = {
  unreadable: ['Unreadable', 'bad', 0, 'bad'],
  never: ['No backup', 'bad', 1, 'bad'],
  'unknown-age': ['Age unknown', 'bad', 1, 'bad'],
  hangs: ['Hangs', 'bad', 1, 'bad'],
  late: ['Late', 'bad', 1, 'bad'],
  old: ['Too old', 'bad', 1, 'bad'],
  stopped: ['Paused', 'paused', 2, 'bad'],
  unscheduled: ['No schedule', 'none', 3, 'behind'],
  behind: ['Behind', 'behind', 3, 'behind'],
  paused: ['Paused', 'paused', 5, 'paused'],
  ok: ['Safe', 'safe', 6, 'ok'],
};

/** Whether it has a proven backup that is as young as promised, as the agent says. */
export const isSafe = (status) => !status.unsafe;

export const isPaused = (status) => status.promises.some((each) => each.pause);

const pausedSince = (status) => status.promises.filter((each) => each.pause).map((each) => each.pause.since)
  .reduce((one, other) => (Date.parse(other) < Date.parse(one) ? other : one));

/** Of what was adopted, or proven by a clock that was put back, nobody knows it. */
export const isAgeKnown = (status) => status.ageSeconds !== undefined;

/** How a run ended, in a word that goes on after what it was: DIFF succeeded. */
export const outcome = (run) => ({ success: 'succeeded', failed: 'failed', skipped: 'was skipped', interrupted: 'was interrupted', missed: 'was missed' })[run.outcome]
  ?? run.outcome;

export const wentWrong = (run) => Boolean(run) && ['failed', 'interrupted', 'missed'].includes(run.outcome);

function state({ verdict, unsafe }) {
  if (!unsafe) return verdict;
  if (verdict === 'paused') return 'stopped';
  return unsafe.why === 'late' && verdict !== 'late' ? 'old' : unsafe.why === 'paused' ? 'old' : unsafe.why;
}

export function look(status) {
  const [word, shape, trouble, key] = LOOKS[state(status)];
  return { key, word, shape, trouble: trouble > 4 && wentWrong(status.last) ? 4 : trouble };
}

/** Against what is promised. */
export function promise(status) {
  if (status.error) return 'its journal cannot be read';
  if (!status.proven) return 'no proven backup yet';
  const { why, since: begun } = status.unsafe ?? {};
  if (why === 'unknown-age') return 'nobody knows how old it is';
  if (why === 'hangs') return `a run is at work since ${moment(begun)}`;
  if (why === 'paused') return `paused since ${moment(begun)}`;
  if (status.verdict === 'paused') return `paused since ${moment(pausedSince(status))}`;
  if (status.verdict === 'unscheduled') return 'nothing is promised';
  if (why && status.due === 0) return 'older than promised';
  return ['as promised', '1 run overdue', '2 or more runs overdue'][status.due];
}

const NAMED = 3;

function named(some, why) {
  const first = some.slice(0, NAMED).map((status) => `${status.target} (${why(status)})`).join(', ');
  return some.length > NAMED ? `${first} and ${some.length - NAMED} more` : first;
}

function reason(status) {
  const { why, since: begun } = status.unsafe;
  const last = status.asOf ? `last proven backup of ${moment(status.asOf)}` : 'no proven backup';
  return {
    unreadable: () => 'its journal cannot be read',
    never: () => 'no proven backup',
    'unknown-age': () => 'proven backup of unknown age',
    hangs: () => `a run is at work since ${moment(begun)}, ${last}`,
    paused: () => `${status.verdict === 'paused' ? 'paused' : 'paused in part'} since ${moment(begun)}, ${last}`,
    late: () => last,
    unscheduled: () => `no schedule, ${last}`,
  }[why]();
}

/** The sentence about all of them, with the times of here. They do not tick, as it is read out when it changes. */
export function sentence(targets) {
  if (targets.length === 0) return { safe: false, paused: false, text: 'There are no targets in the configuration.' };
  const unsafe = targets.filter((status) => !isSafe(status));
  const paused = targets.filter((status) => isPaused(status) && status.unsafe?.why !== 'paused');
  const pause = (status) => `${status.verdict === 'paused' ? '' : 'in part '}since ${moment(pausedSince(status))}`;
  const and = paused.length > 0 ? `; ${paused.length} ${paused.length === 1 ? 'is' : 'are'} paused: ${named(paused, pause)}` : '';
  const [{ target }] = targets;
  if (unsafe.length === 0) {
    const one = paused.length > 0 ? ` for now, and paused ${pause(targets[0])}` : '';
    return { safe: true, paused: paused.length > 0,
      text: targets.length === 1 ? `${target} is safe${one}.` : `All ${targets.length} targets are safe${and && ` for now${and}`}.` };
  }
  if (targets.length === 1) return { safe: false, paused: paused.length > 0, text: `${target} is not safe: ${reason(targets[0])}${and && `; it is paused ${pause(targets[0])}`}.` };
  return { safe: false, paused: paused.length > 0,
    text: `${unsafe.length} of ${targets.length} targets ${unsafe.length === 1 ? 'is' : 'are'} not safe: ${named(unsafe, reason)}${and}.` };
}
