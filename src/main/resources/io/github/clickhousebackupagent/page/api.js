// Calls of the API, and its stream of events.

const BASE = new URL('../api/v1/', import.meta.url);
const KEY = 'clickhouse-backup-agent.token';
const LIMIT = 20000;
const LIMIT_OF_CHANGES = 120000;
const SILENCE = 40000;
const LONGEST = 30000;

export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

// The token is kept for this tab and until it is closed: a page of somebody else cannot read it, nothing of
// it is left on the disk of the machine afterwards, and a reload need not ask again. It is never in an address.
export const token = {
  get: () => sessionStorage.getItem(KEY),
  set: (text) => sessionStorage.setItem(KEY, text),
  forget: () => sessionStorage.removeItem(KEY),
};

const pause = (millis) => new Promise((done) => { setTimeout(done, millis); });

function headers(more = {}) {
  const shown = token.get();
  return shown ? { ...more, Authorization: `Bearer ${shown}` } : more;
}

async function refused(response) {
  let detail = `${response.status} ${response.statusText}`;
  try {
    detail = (await response.json()).detail ?? detail;
  } catch {
    // Of a proxy in front, which says it its own way.
  }
  return new Refused(response.status, detail);
}

async function call(path, options) {
  for (let tries = 1; ; tries++) {
    const response = await fetch(new URL(path, BASE), { cache: 'no-store', signal: AbortSignal.timeout(LIMIT), ...options });
    if (response.ok) return response;
    // The routes are being exchanged, or this machine asks too much at once: nothing was done, and it is over in a moment.
    if (![429, 503].includes(response.status) || tries === 6) throw await refused(response);
    await pause(500 * tries);
  }
}

export const get = async (path) => (await call(path, { headers: headers() })).json();

export const text = async (path) => (await call(path, { headers: headers() })).text();

export const post = async (path, body, more = {}) => (await call(path, {
  method: 'POST',
  signal: AbortSignal.timeout(LIMIT_OF_CHANGES),
  headers: headers(body === undefined ? more : { ...more, 'Content-Type': 'application/json' }),
  body: body === undefined ? undefined : JSON.stringify(body),
})).json();

/** Something that only one wish has; crypto.randomUUID is only there over HTTPS and on this machine. */
export const key = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Names are in paths. */
export const named = (name) => encodeURIComponent(name);

/** What the agent offers, by its document, such as `post /targets/{target}/kill`. */
export async function offered() {
  const found = new Set();
  for (const [path, operations] of Object.entries((await get('openapi.json')).paths)) {
    for (const method of Object.keys(operations)) found.add(`${method} ${path}`);
  }
  return found;
}

/**
 * Reads the stream for ever. An EventSource could not show a token.
 *
 * `event(data)` is told each event; `lost(why)` that it broke, and it is tried again when that is done with it, after a pause.
 */
export async function listen({ event, lost }) {
  let tries = 0;
  for (;;) {
    let why = new Error('the agent has ended the connection');
    try {
      await read((data) => {
        tries = 0;
        event(data);
      });
    } catch (e) {
      why = e;
    }
    const millis = Math.min(LONGEST, 500 * 2 ** tries) * (0.8 + 0.4 * Math.random());
    tries++;
    await Promise.race([Promise.all([lost(why), pause(millis)]), wanted(), back()]);
  }
}

const back = () => new Promise((done) => { window.addEventListener('online', () => done(), { once: true }); });

let wake = () => {};
const wanted = () => new Promise((done) => { wake = done; });

/** Tries the stream again at once: there is a token now. */
export const again = () => wake();

async function read(event) {
  const cut = new AbortController();
  let timer = setTimeout(() => cut.abort(), LIMIT);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => cut.abort(), SILENCE);
  };
  try {
    const response = await fetch(new URL('events', BASE), { headers: headers(), cache: 'no-store', signal: cut.signal });
    if (!response.ok) throw await refused(response);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      alive();
      const parts = (rest + value).split('\n\n');
      rest = parts.pop();
      for (const part of parts) {
        const data = part.split('\n').filter((line) => line.startsWith('data: ')).map((line) => line.slice(6)).join('\n');
        if (data) event(JSON.parse(data));
      }
    }
  } finally {
    clearTimeout(timer);
    cut.abort();
  }
}
