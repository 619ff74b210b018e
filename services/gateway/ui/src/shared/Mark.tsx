/** The product's mark. */
export function Mark({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <rect width="24" height="24" rx="6" fill="var(--ink)" />
      <g fill="none" stroke="var(--bg)" strokeWidth="2.2" strokeLinecap="round">
        <path d="M7.5 7h5M7.5 12h8M7.5 17h5" />
      </g>
      <g fill="var(--bg)">
        <circle cx="16.6" cy="7" r="1.5" />
        <circle cx="16.6" cy="17" r="1.5" />
      </g>
    </svg>
  );
}
