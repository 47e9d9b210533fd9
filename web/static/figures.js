// Draws the plots of the statistics from the tables below them. The tables say everything: without this the page lacks nothing.
"use strict";

{
  const ROW = 26;
  const EDGE = 12;
  const HEIGHT = 240;
  const TALL = 380;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const wide = matchMedia("(min-width: 901px)").matches;
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const INK = colour("--ink");
  const SOFT = colour("--soft");
  const LINE = colour("--line");
  const ACCENT = colour("--accent");
  const LATE = colour("--late");
  // One accent; what else a plot of several lines needs is told by dashes and greys.
  const LINES = [
    { color: ACCENT, type: "solid" },
    { color: INK, type: "solid" },
    { color: SOFT, type: "dashed" },
    { color: SOFT, type: "dotted" },
  ];

  function read(table) {
    const head = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent.trim());
    const rows = [...table.tBodies[0].rows].map((row) => ({
      label: row.cells[0].textContent.trim(),
      cells: [...row.cells].slice(1).map((cell) => ({
        value: Number(cell.dataset.value),
        text: cell.textContent.trim(),
        href: cell.querySelector("a")?.getAttribute("href") ?? "",
        late: cell.querySelector(".missed") !== null,
      })),
    }));
    return { head, rows };
  }

  function short(words) {
    return words.length > 14 ? `${words.slice(0, 13)}…` : words;
  }

  const axis = { axisLine: { lineStyle: { color: LINE } }, axisTick: { show: false }, axisLabel: { color: INK } };
  const scale = { type: "value", minInterval: 1, splitLine: { lineStyle: { color: LINE } }, axisLabel: { color: SOFT } };

  function bars({ rows }, upright) {
    const data = rows.map(({ cells: [cell] }) => ({
      value: cell.value,
      itemStyle: { color: cell.late ? LATE : ACCENT },
      label: { formatter: cell.text },
      cursor: cell.href ? "pointer" : "default",
    }));
    const names = { type: "category", data: rows.map((row) => short(row.label)), ...axis };
    const label = { show: true, position: upright ? "top" : "right", color: INK };
    const series = [{ type: "bar", data, label, barMaxWidth: upright ? 46 : 16 }];
    if (upright) return { xAxis: { ...names, axisLabel: { color: INK, hideOverlap: true } }, yAxis: scale, series };
    return { yAxis: { ...names, inverse: true }, xAxis: { ...scale, axisLabel: { show: false }, splitLine: { show: false } }, series };
  }

  function lines({ head, rows }) {
    const series = head.map((name, n) => ({
      type: "line",
      name,
      data: rows.map(({ cells }) => cells[n].value),
      symbolSize: 8,
      lineStyle: LINES[n % LINES.length],
      itemStyle: { color: LINES[n % LINES.length].color },
    }));
    const names = { type: "category", data: rows.map((row) => row.label), ...axis };
    return { legend: { top: 0, textStyle: { color: INK } }, xAxis: names, yAxis: scale, series };
  }

  function draw(plot) {
    const told = read(document.getElementById(plot.dataset.of));
    const kind = plot.dataset.plot;
    plot.hidden = false;
    plot.style.height = `${{ bars: told.rows.length * ROW + EDGE, columns: HEIGHT, lines: wide ? TALL : HEIGHT }[kind]}px`;
    const chart = echarts.init(plot, null, { renderer: "canvas" });
    const grid = { left: 8, right: kind === "bars" ? 90 : 16, top: kind === "lines" ? 36 : 22, bottom: 4, containLabel: true };
    chart.setOption({
      animation: !still,
      animationDuration: 300,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: kind === "bars" ? { ...grid, top: 4 } : grid,
      ...(kind === "lines" ? lines(told) : bars(told, kind === "columns")),
    });
    chart.on("click", ({ dataIndex, seriesIndex }) => {
      const { href } = told.rows[dataIndex].cells[kind === "lines" ? seriesIndex : 0];
      if (href) location.assign(href);
    });
    new ResizeObserver(() => chart.resize({ animation: { duration: 0 } })).observe(plot);
    chart.on("finished", () => (plot.dataset.drawn = ""));
  }

  addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-plot]").forEach(draw));
}
