// How long runs took and how large backups were, over time. The table beside it has the same numbers.

import uPlot from './uPlot.esm.js';
import { moment, roughly, seconds, size } from './words.js';

const HEIGHT = 150;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A FULL is a square, a DIFF a dot, what went wrong a cross; as a legend in HTML says, too. */
function marks(runs, values) {
  return (plot) => {
    const { ctx } = plot;
    const r = 4.5 * devicePixelRatio;
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

function draw(place, title, runs, values, words) {
  const text = colour('--muted');
  const grid = { stroke: colour('--line'), width: 1 };
  const font = '12px system-ui, sans-serif';
  const largest = Math.max(1, ...values.filter((value) => value !== null));
  return new uPlot({
    width: place.clientWidth || 600,
    height: HEIGHT,
    title,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: true, range: (u, min, max) => (max > min ? [min - (max - min) * 0.02, max + (max - min) * 0.02] : [min - 3600, max + 3600]) },
      y: { range: [0, largest * 1.15] },
    },
    axes: [
      { stroke: text, grid: { show: false }, ticks: grid, font, space: 90, values: (u, ticks) => ticks.map((tick) => moment(tick * 1000)) },
      { stroke: text, grid, ticks: { show: false }, font, size: 74, space: 34, values: (u, ticks) => ticks.map(words) },
    ],
    series: [{}, { paths: () => null, points: { show: false } }],
    hooks: { draw: [marks(runs, values)] },
  }, [runs.map((run) => Date.parse(run.startedAt) / 1000), values], place);
}

/** Draws both plots; returns what takes them away again. */
export function plots(duration, sizes, runs) {
  const made = runs.filter((run) => ['full', 'diff'].includes(run.kind) && run.outcome !== 'skipped' && run.outcome !== 'missed')
    .sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
  let drawn = [];
  const redraw = () => {
    drawn.forEach((plot) => plot.destroy());
    drawn = made.length === 0 ? [] : [
      draw(duration, 'Duration', made, made.map(seconds), (value) => roughly(value)),
      draw(sizes, 'Size, as the server lists it', made, made.map((run) => run.sizeBytes ?? null), (value) => size(value)),
    ];
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
