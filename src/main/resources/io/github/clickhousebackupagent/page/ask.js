// What is asked of the person in front: a token, a reason, a yes. And what is said to them.

import { h, say } from './dom.js';
import { token } from './api.js';

/** Shows a dialog, and returns what was entered; null: nothing is to happen. */
function dialog(title, texts, fields, yes, danger = false) {
  return new Promise((done) => {
    const form = h('form', { method: 'dialog' },
      h('h2', { id: 'asked' }, title),
      texts.map((text) => h('p', {}, text)),
      fields.map(({ label, ...field }) => h('label', {}, h('span', {}, label), h('input', { autocomplete: 'off', ...field }))),
      h('div', { class: 'buttons' },
        h('button', { type: 'button', class: 'quiet', value: '', onclick: () => shown.close('') }, 'Cancel'),
        h('button', { type: 'submit', value: 'yes', class: danger ? 'danger' : 'main' }, yes)));
    const shown = h('dialog', { 'aria-labelledby': 'asked' }, form);
    shown.addEventListener('close', () => {
      const entered = Object.fromEntries([...form.querySelectorAll('input')].map((input) => [input.name, input.value.trim()]));
      shown.remove();
      done(shown.returnValue === 'yes' ? entered : null);
    });
    document.body.append(shown);
    shown.showModal();
  });
}

let asking = null;

/** Asks for the token, once however many want it. Returns whether there is one. */
export function askToken(why) {
  asking ??= dialog('Token', [why ?? 'What changes anything needs the token of the agent (http.token-file of agent.yaml).',
    'It is kept in this tab until that is closed, and sent to this agent only.'],
  [{ label: 'Token', name: 'token', type: 'password', required: true, spellcheck: 'false' }], 'Use it')
    .then((entered) => {
      asking = null;
      if (entered?.token) token.set(entered.token);
      return Boolean(entered?.token);
    });
  return asking;
}

export const askReason = (what) => dialog(`Pause ${what}`,
  ['Its schedules ask for no runs until they are resumed. What runs goes on.'],
  [{ label: 'Why (optional)', name: 'reason', maxlength: 1000 }], 'Pause');

export const askSure = (title, text, yes) => dialog(title, [text], [], yes, true);

let quiet = null;

/** Says what came of a wish; it is also read out. */
export function tell(text, bad = false) {
  const said = document.getElementById('said');
  clearTimeout(quiet);
  said.classList.toggle('bad', bad);
  say(said, text);
  quiet = setTimeout(() => say(said, ''), bad ? 15000 : 7000);
}

/** Does something that needs the token; asks for that where it is needed, and says what went wrong. */
export async function change(wish, done) {
  for (let tries = 0; tries < 3; tries++) {
    if (!token.get() && tries === 0 && !await askToken()) return null;
    try {
      const answer = await wish();
      tell(done(answer));
      return answer;
    } catch (e) {
      if (e.status === 401) {
        token.forget();
        if (await askToken('The agent does not know that token.')) continue;
        return null;
      }
      tell(e.status ? e.message : `The agent cannot be reached: ${e.message}`, true);
      return null;
    }
  }
  return null;
}
