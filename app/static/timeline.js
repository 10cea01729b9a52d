// The timeline to be looked at closely: uPlot over the same numbers that the drawing in the page shows.
"use strict";
(() => {
  const room = document.querySelector("[data-timeline]");
  if (!room || !window.uPlot) return;
  const data = JSON.parse(document.getElementById(room.dataset.timeline).textContent);
  if (data.x.length < 2) return;
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const fills = { supported: "--for-tint", refuted: "--against-tint", contested: "--split-tint", open: "--none-tint" };
  const dots = { supported: "--for", refuted: "--against", contested: "--split", open: "--none", unreported: "--none" };
  const total = data.x.map((_, i) => data.supports[i] + data.refutes[i] + data.neutral[i]);
  const two = data.x.map((_, i) => data.supports[i] + data.refutes[i]);
  const day = (s) => {
    const at = new Date(s * 1000);
    return `${at.getUTCDate()} ${at.toLocaleDateString("en-US", { timeZone: "UTC", month: "short" })} ${at.getUTCFullYear()}`;
  };

  // A day is written as everywhere on the page; "5/4" is another day in another country.
  function dates(_u, splits, _axis, _space, step) {
    let year = null;
    return splits.map((s) => {
      const [d, month, y] = day(s).split(" ");
      if (step >= 31536000) return y;
      const words = step >= 2419200 ? month : `${d} ${month}`, first = y !== year;
      year = y;
      return first ? `${words}\n${y}` : words;
    });
  }

  function behind(u) {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath(); ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height); ctx.clip();
    for (const [from, to, status] of data.bands) {
      if (!fills[status]) continue;
      const a = u.valToPos(from, "x", true), b = u.valToPos(to, "x", true);
      ctx.fillStyle = css(fills[status]); ctx.fillRect(a, bbox.top, b - a, bbox.height);
    }
    ctx.strokeStyle = css("--line"); ctx.lineWidth = 1; ctx.globalAlpha = .3;
    for (const [from, to] of data.blind) {
      const a = u.valToPos(from, "x", true), b = Math.max(a + 2, u.valToPos(to, "x", true));
      ctx.save(); ctx.beginPath(); ctx.rect(a, bbox.top, b - a, bbox.height); ctx.clip(); ctx.beginPath();
      for (let x = a - bbox.height; x < b; x += 9) { ctx.moveTo(x, bbox.top + bbox.height); ctx.lineTo(x + bbox.height, bbox.top); }
      ctx.stroke(); ctx.restore();
    }
    ctx.restore();
  }
  function marks(u) {
    const { ctx, bbox } = u;
    const r = 5 * devicePixelRatio;
    ctx.save();
    for (const [at, , status] of data.marks) {
      const x = u.valToPos(at, "x", true);
      if (x < bbox.left - 1 || x > bbox.left + bbox.width + 1) continue;
      ctx.strokeStyle = css("--ink"); ctx.globalAlpha = .45; ctx.setLineDash([2, 3]);
      ctx.beginPath(); ctx.moveTo(x, bbox.top); ctx.lineTo(x, bbox.top + bbox.height); ctx.stroke();
      ctx.globalAlpha = 1; ctx.setLineDash([]);
      ctx.fillStyle = css(dots[status]); ctx.strokeStyle = css("--card"); ctx.lineWidth = 2;
      ctx.beginPath(); ctx.arc(x, bbox.top, r, 0, 2 * Math.PI); ctx.fill(); ctx.stroke();
    }
    ctx.restore();
  }
  const bars = uPlot.paths.bars({ size: [0.86, 40], align: 1 });
  const series = (label, colour, values) => ({ label, fill: css(colour), stroke: css(colour), width: 0, paths: bars, points: { show: false },
    value: (_u, _v, _s, i) => (i == null ? "" : values[i]) });
  const axis = (more) => ({ stroke: css("--soft"), font: "11px system-ui", grid: { stroke: css("--rule"), width: 1 }, ticks: { show: false }, ...more });

  let plot;
  function draw() {
    plot?.destroy();
    room.hidden = false;
    document.querySelector(".plot-hint").hidden = false;
    plot = new uPlot({
      width: room.clientWidth, height: 230, padding: [12, 24, 0, 0],
      tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), "Etc/UTC"),
      cursor: { y: false, drag: { x: true, y: false, setScale: true } },
      legend: { live: true },
      scales: { x: { time: true, range: (_u, min, max) => [min, Math.min(Math.max(max, min + 86400 * 21), data.end)] }, y: { range: (_u, _min, max) => [0, Math.max(2, max * 1.08)] } },
      axes: [axis({ grid: { show: false }, values: dates }), axis({ size: 34, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] })],
      series: [{ label: "week of", value: (_u, v) => (v == null ? "" : day(v)) },
        series("no position", "--none", data.neutral), series("against", "--against", data.refutes), series("for", "--for", data.supports)],
      hooks: { drawClear: [behind], draw: [marks] },
    }, [data.x, total, two, data.supports], room);
  }
  draw();
  new ResizeObserver(() => { if (plot && Math.abs(plot.width - room.clientWidth) > 2) plot.setSize({ width: room.clientWidth, height: 230 }); }).observe(room);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
