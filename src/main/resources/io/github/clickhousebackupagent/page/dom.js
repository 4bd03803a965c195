// Elements, made without any HTML in texts: what a server or a user wrote stays text.

const SVG = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const h = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

// Each state has a shape of its own: colours alone tell some people nothing.
const SHAPES = {
  safe: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.8 5.3-4.3 4.6a.8.8 0 0 1-1.1 0L4.2 8.7l1.1-1.1 1.6 1.6 3.8-4Z',
  bad: 'M8 .9 15.6 14.2H.4ZM7.1 5.6l.3 4.3h1.2l.3-4.3Zm0 5.2v1.8h1.8v-1.8Z',
  behind: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.6a5.4 5.4 0 1 1 0 10.8A5.4 5.4 0 0 1 8 2.6ZM7.2 4.4v4.2l3.1 1.9.8-1.3-2.3-1.4V4.4Z',
  paused: 'M2 2h12v12H2Zm3 2.8v6.4h2V4.8Zm4 0v6.4h2V4.8Z',
  none: 'M8 1l7 7-7 7-7-7Zm0 2.3L3.3 8 8 12.7 12.7 8Z',
  run: 'M3.5 2 13.5 8l-10 6Z',
  cross: 'M3.4 2.2 8 6.8l4.6-4.6 1.2 1.2L9.2 8l4.6 4.6-1.2 1.2L8 9.2l-4.6 4.6-1.2-1.2L6.8 8 2.2 3.4Z',
};

/** A shape beside a word, which says the same: it is hidden from who has the page read out. */
export function icon(name) {
  const path = fill(document.createElementNS(SVG, 'path'), { d: SHAPES[name], 'fill-rule': 'evenodd' }, []);
  return fill(document.createElementNS(SVG, 'svg'),
    { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' }, [path]);
}

/** Writes only what is new: a text that is written again may be read out again. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function attribute(element, name, value) {
  if (value === null || value === undefined) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

export function swap(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child));
}
