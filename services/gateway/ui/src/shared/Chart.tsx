/** Values over time (uPlot): bars or lines in the product's colours, the values under the pointer in words. */
import "uplot/dist/uPlot.min.css";

import { useMantineColorScheme } from "@mantine/core";
import { useResizeObserver } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";

import classes from "./Chart.module.css";
import { formatInstant } from "./format";

export interface Series {
  label: string;
  values: readonly (number | null)[];
  kind?: "line" | "bars";
  /** The name of a token: "--st-failed". */
  colour?: string;
  /** On an axis of its own at the right, with its unit. */
  right?: boolean;
  unit?: string;
}

export interface ChartProps {
  label: string;
  /** Seconds since 1970, ascending. */
  times: readonly number[];
  series: readonly Series[];
  unit?: string;
  /** The highest value of the left axis; what is there when left out. */
  top?: number;
  height: number;
  /** Counts: without a pointer the sum is told, not the last value. */
  totals?: boolean;
}

export function Chart({ label, times, series, unit = "", top, height, totals = false }: ChartProps) {
  const [box, size] = useResizeObserver<HTMLDivElement>();
  const plot = useRef<uPlot | null>(null);
  const place = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const { colorScheme } = useMantineColorScheme();
  const width = Math.floor(size.width);
  const shape = JSON.stringify([
    series.map((one) => [one.label, one.kind, one.colour, one.right, one.unit]),
    unit,
    top,
    height,
    colorScheme,
    width > 0,
  ]);
  const data = [times, ...series.map((one) => one.values)] as uPlot.AlignedData;

  useEffect(() => {
    const element = place.current;
    if (!element || width === 0) return undefined;
    const made = new uPlot(options(element, series, { width, height, top, unit }, setPointed), data, element);
    plot.current = made;
    return () => {
      made.destroy();
      plot.current = null;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- made anew when its shape changes; size and data are given to it below
  }, [shape]);
  useEffect(() => {
    if (width > 0) plot.current?.setSize({ width, height });
  }, [width, height]);
  useEffect(() => {
    plot.current?.setData(data);
  });

  return (
    <figure className={classes["chart"]} aria-label={label}>
      <figcaption className={classes["caption"]}>
        {series.map((one) => (
          <span key={one.label}>
            <i style={{ background: `var(${one.colour ?? "--st-running"})` }} data-kind={one.kind ?? "line"} />
            {one.label}
            <b className="num">
              {pointed === null && totals ? sumOf(one) : valueAt(one, pointed ?? times.length - 1, one.unit ?? unit)}
            </b>
          </span>
        ))}
        <span className="end num">{pointed === null ? "" : formatInstant(new Date((times[pointed] ?? 0) * 1000))}</span>
      </figcaption>
      <div ref={box}>
        <div ref={place} style={{ height }} />
      </div>
    </figure>
  );
}

function sumOf(series: Series): string {
  return series.values.reduce<number>((sum, value) => sum + (value ?? 0), 0).toLocaleString("en-GB");
}

function valueAt(series: Series, index: number, unit: string): string {
  const value = series.values[index];
  if (value === null || value === undefined) return "–";
  return `${value.toLocaleString("en-GB", { maximumFractionDigits: value < 10 ? 1 : 0 })}${unit ? ` ${unit}` : ""}`;
}

/** Counts and percent have no fractions on their axis. */
const WHOLE_STEPS = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000, 100_000];

interface Measures {
  width: number;
  height: number;
  top: number | undefined;
  unit: string;
}

function options(
  element: HTMLElement,
  series: readonly Series[],
  measures: Measures,
  onPoint: (index: number | null) => void,
): uPlot.Options {
  const token = (name: string) => getComputedStyle(element).getPropertyValue(name).trim();
  const [ink, line] = [token("--ink-3"), token("--line")];
  const axis = { stroke: ink, font: `11px ${token("--font")}`, ticks: { show: false }, gap: 4 };
  const scale = (top: number | undefined): uPlot.Scale => ({
    range: (_plot, _low, high) => [0, top ?? Math.max(1, high * 1.1)],
  });
  const hasRight = series.some((one) => one.right);
  return {
    width: measures.width,
    height: measures.height,
    padding: [8, hasRight ? 0 : 16, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: { x: { time: true }, y: scale(measures.top), right: scale(undefined) },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 24,
        space: 70,
        values: (_plot, ticks) => ticks.map((tick) => spellTick(tick, ticks)),
      },
      { ...axis, grid: { stroke: line, width: 1 }, size: 34, space: 34, incrs: WHOLE_STEPS },
      ...(hasRight ? [{ ...axis, scale: "right", side: 1 as const, grid: { show: false }, size: 34, space: 34 }] : []),
    ],
    series: [
      {},
      ...series.map((one): uPlot.Series => {
        const colour = token(one.colour ?? "--st-running");
        const bars = one.kind === "bars";
        return {
          label: one.label,
          scale: one.right ? "right" : "y",
          stroke: bars ? "transparent" : colour,
          width: bars ? 0 : 1.5,
          ...(bars ? { fill: colour, paths: uPlot.paths.bars?.({ size: [0.7, 24], radius: 0.15 }) } : {}),
          ...(one.right ? { dash: [4, 3] } : {}),
          points: { show: false },
          spanGaps: true,
        } as uPlot.Series;
      }),
    ],
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
  };
}

function spellTick(tick: number, ticks: readonly number[]): string {
  const spacing = (ticks[1] ?? 0) - (ticks[0] ?? 0);
  const date = new Date(tick * 1000);
  if (spacing >= 86_400) return date.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
  return date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}
