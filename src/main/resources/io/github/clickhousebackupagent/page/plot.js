// How long runs took and how large backups were, over time. The table beside it has the same numbers.

import uPlot from './uPlot.esm.js';
import { moment, roughly, seconds, size } from './words.js';

const HEIGHT = 170;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A FULL is a square, a DIFF a dot, what went wrong a cross; as a legend in HTML says, too. */
function marks(runs, values) {
  return (plot) => {
    const { ctx } = plot;
    const r = (runs.length > 60 ? 3 : 4.5) * devicePixelRatio;
    ctx.save();
    ctx.lineWidth = 2 * devicePixelRatio;
    runs.forEach((run, i) => {
      if (values[i] === null) return;
      const x = plot.valToPos(plot.data[0][i], 'x', true);
      const y = plot.valToPos(values[i], 'y', true);
      ctx.beginPath();
      if (run.outcome !== 'success') {
        ctx.strokeStyle = colour('--bad');
        ctx.moveTo(x - r, y - r);
        ctx.lineTo(x + r, y + r);
        ctx.moveTo(x + r, y - r);
        ctx.lineTo(x - r, y + r);
        ctx.stroke();
      } else if (run.kind === 'full') {
        ctx.fillStyle = colour('--full');
        ctx.fillRect(x - r, y - r, 2 * r, 2 * r);
      } else {
        ctx.fillStyle = colour('--diff');
        ctx.arc(x, y, r, 0, 2 * Math.PI);
        ctx.fill();
      }
    });
    ctx.restore();
  };
}

/** Round values of a scale on which a FULL of hours and a DIFF of minutes can both be read. */
const SECONDS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 18000, 43200, 86400, 172800, 604800];
const BYTES = Array.from({ length: 5 }, (none, unit) => [1, 4, 16, 64, 256].map((value) => value * 1024 ** (unit + 1))).flat();

function ticks(values, min, max) {
  const within = values.filter((value) => value >= min && value <= max);
  const every = Math.ceil(within.length / 5);
  return within.filter((value, i) => i % every === 0);
}

function draw(place, title, runs, values, steps, words) {
  const text = colour('--muted');
  const grid = { stroke: colour('--line'), width: 1 };
  const font = '12px system-ui, sans-serif';
  const there = values.filter((value) => value !== null);
  const least = Math.min(...there);
  const most = Math.max(...there);
  return new uPlot({
    width: place.clientWidth || 600,
    height: HEIGHT,
    title,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: true, range: (u, min, max) => (max > min ? [min - (max - min) * 0.02, max + (max - min) * 0.02] : [min - 3600, max + 3600]) },
      y: { distr: 3, log: 10, range: [least / 2, most * 2] },
    },
    axes: [
      { stroke: text, grid: { show: false }, ticks: { ...grid, size: 5 }, font, space: 90, values: (u, splits) => splits.map((split) => moment(split * 1000)) },
      { stroke: text, grid, ticks: { show: false }, font, size: 74,
        splits: () => ticks(steps, least / 2, most * 2), values: (u, splits) => splits.map(words), filter: (u, splits) => splits },
    ],
    series: [{}, { paths: () => null, points: { show: false } }],
    hooks: { draw: [marks(runs, values)] },
  }, [runs.map((run) => Date.parse(run.startedAt) / 1000), values], place);
}

/** Draws both plots; returns what takes them away again. */
export function plots(duration, sizes, runs) {
  const made = runs.filter((run) => ['full', 'diff'].includes(run.kind) && run.outcome !== 'skipped' && run.outcome !== 'missed')
    .sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
  for (const [place, what] of [[duration, 'How long runs took'], [sizes, 'How large backups were']]) {
    place.setAttribute('role', 'img');
    place.setAttribute('aria-label', `${what}; the table below has the numbers`);
  }
  let drawn = [];
  const redraw = () => {
    drawn.forEach((plot) => plot.destroy());
    drawn = made.length === 0 ? [] : [
      draw(duration, 'Duration', made, made.map((run) => Math.max(1, seconds(run))), SECONDS, roughly),
      made.some((run) => run.sizeBytes) && draw(sizes, 'Size, as the server lists it', made, made.map((run) => run.sizeBytes || null), BYTES, (value) => size(value).replace('.0', '')),
    ].filter(Boolean);
  };
  redraw();
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', redraw);
  const watch = new ResizeObserver(() => drawn.forEach((plot, i) => plot.setSize({ width: [duration, sizes][i].clientWidth, height: HEIGHT })));
  watch.observe(duration);
  return {
    count: made.length,
    remove() {
      watch.disconnect();
      dark.removeEventListener('change', redraw);
      drawn.forEach((plot) => plot.destroy());
    },
  };
}
