// Calls of the API, and its stream of events.

const BASE = new URL('../api/v1/', import.meta.url);
const KEY = 'clickhouse-backup-agent.token';
const LIMIT = 20000;
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
    // The routes are being exchanged, which takes a moment. Nothing was done.
    if (response.status !== 503 || tries === 6) throw await refused(response);
    await pause(500 * tries);
  }
}

export const get = async (path) => (await call(path, { headers: headers() })).json();

export const text = async (path) => (await call(path, { headers: headers() })).text();

export const post = async (path, body, more = {}) => (await call(path, {
  method: 'POST',
  headers: headers(body === undefined ? more : { ...more, 'Content-Type': 'application/json' }),
  body: body === undefined ? undefined : JSON.stringify(body),
})).json();

/** Something that only one wish has; crypto.randomUUID is only there over HTTPS and on this machine. */
export const key = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Names are in paths. */
export const named = (name) => encodeURIComponent(name);

/** Which changes the agent offers, by the ids of its document. */
export async function offered() {
  const found = new Set();
  for (const path of Object.values((await get('openapi.json')).paths)) {
    for (const operation of Object.values(path)) found.add(operation.operationId);
  }
  return found;
}

/**
 * Reads the stream for ever. An EventSource could not show a token.
 *
 * `event(data)` is told each event; `lost(why, millis)` that it broke, and when it is tried again.
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
    await Promise.race([Promise.all([lost(why, millis), pause(millis)]), wanted(), back()]);
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
