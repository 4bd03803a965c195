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

export const many = (count, one) => `${count} ${one}${count === 1 ? '' : 's'}`;

export const seconds = (run) => (Date.parse(run.finishedAt) - Date.parse(run.startedAt)) / 1000;

/** What each verdict looks like, and how much trouble it is: 0 is the most. */
const LOOKS = {
  unreadable: ['Unreadable', 'bad', 0],
  never: ['No backup', 'bad', 1],
  late: ['Late', 'bad', 1],
  unsafe: ['Paused', 'bad', 2],
  behind: ['Behind', 'behind', 3],
  paused: ['Paused', 'paused', 5],
  unscheduled: ['No schedule', 'none', 5],
  ok: ['Safe', 'safe', 6],
};

export const isSafe = (status) => ['ok', 'behind'].includes(status.verdict)
  || ['paused', 'unscheduled'].includes(status.verdict) && Boolean(status.proven);

/** How a run ended, in a word that goes on after what it was: DIFF succeeded. */
export const outcome = (run) => ({ success: 'succeeded', failed: 'failed', skipped: 'was skipped', interrupted: 'was interrupted', missed: 'was missed' })[run.outcome]
  ?? run.outcome;

export const wentWrong = (run) => Boolean(run) && ['failed', 'interrupted', 'missed'].includes(run.outcome);

export function look(status) {
  const key = !status.verdict ? 'unreadable'
    : ['paused', 'unscheduled'].includes(status.verdict) && !status.proven ? 'unsafe' : status.verdict;
  const [word, shape, trouble] = LOOKS[key];
  return {
    key,
    word: key === 'unsafe' && status.verdict === 'unscheduled' ? 'No schedule' : word,
    shape,
    trouble: trouble > 4 && wentWrong(status.last) ? 4 : trouble,
  };
}

/** Against what is promised. */
export function promise(status) {
  if (status.error) return 'its journal cannot be read';
  if (!status.proven) return 'no proven backup yet';
  if (status.verdict === 'paused') return 'schedules are paused';
  if (status.verdict === 'unscheduled') return 'nothing is promised';
  return ['as promised', '1 run overdue', '2 or more runs overdue'][status.due];
}

/** The sentence about all of them. Times in it do not tick, as it is read out when it changes. */
export function sentence(targets) {
  if (targets.length === 0) return { safe: true, text: 'There are no targets in the configuration.' };
  const unsafe = targets.filter((status) => !isSafe(status));
  if (unsafe.length === 0) {
    return { safe: true, text: targets.length === 1 ? `${targets[0].target} is safe.` : `All ${targets.length} targets are safe.` };
  }
  const why = (status) => {
    if (status.error) return 'its journal cannot be read';
    if (!status.proven) return 'no proven backup';
    return status.asOf ? `nothing proven since ${moment(status.asOf)}` : 'proven backup of unknown age';
  };
  const first = unsafe.slice(0, 3).map((status) => `${status.target} (${why(status)})`).join(', ');
  const more = unsafe.length > 3 ? ` and ${unsafe.length - 3} more` : '';
  const are = targets.length === 1 ? 'is' : `of ${targets.length} targets ${unsafe.length === 1 ? 'is' : 'are'}`;
  return { safe: false, text: targets.length === 1 ? `${first.replace(' (', ` is not safe: `).replace(/\)$/, '')}.` : `${unsafe.length} ${are} not safe: ${first}${more}.` };
}
