/** A line without axes, for a row: shape, not figures. */
interface SparklineProps {
  values: readonly number[];
  /** What the top stands for; the highest value when left out. */
  top?: number;
  width?: number;
  height?: number;
  label: string;
}

export function Sparkline({ values, top, width = 72, height = 20, label }: SparklineProps) {
  if (values.length < 2) return <span style={{ display: "inline-block", width, height }} />;
  const highest = top ?? Math.max(...values, 1);
  const step = width / (values.length - 1);
  const points = values.map(
    (value, index) =>
      `${(index * step).toFixed(1)},${(height - 1 - (Math.min(value, highest) / highest) * (height - 2)).toFixed(1)}`,
  );
  return (
    <svg width={width} height={height} role="img" aria-label={label}>
      <title>{label}</title>
      <polygon points={`0,${height} ${points.join(" ")} ${width},${height}`} fill="var(--st-running-soft)" />
      <polyline
        points={points.join(" ")}
        fill="none"
        stroke="var(--st-running)"
        strokeWidth="1.25"
        strokeLinejoin="round"
      />
    </svg>
  );
}
