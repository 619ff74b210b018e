/** Tabs whose choice is in the address. */
import type { ReactNode } from "react";

import classes from "./Tabs.module.css";

export interface Tab {
  value: string;
  label: string;
  count?: ReactNode;
  /** Draws the eye: something failed in there. */
  hot?: boolean;
}

interface TabsProps {
  label: string;
  tabs: readonly Tab[];
  value: string;
  onChange: (value: string) => void;
  children?: ReactNode;
}

export function Tabs({ label, tabs, value, onChange, children }: TabsProps) {
  return (
    <div className={classes["tabs"]}>
      <div role="tablist" aria-label={label} className={classes["list"]}>
        {tabs.map((tab, index) => (
          <button
            key={tab.value}
            type="button"
            role="tab"
            aria-selected={tab.value === value}
            tabIndex={tab.value === value || (index === 0 && !tabs.some((one) => one.value === value)) ? 0 : -1}
            onClick={() => onChange(tab.value)}
            onKeyDown={(event) => {
              const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
              const next = tabs[(index + by + tabs.length) % tabs.length];
              if (by === 0 || !next) return;
              onChange(next.value);
              (
                event.currentTarget.parentElement?.children[(index + by + tabs.length) % tabs.length] as HTMLElement
              ).focus();
            }}
          >
            {tab.label}
            {tab.count !== undefined && tab.count !== null && (
              <span className={`tag ${tab.hot ? "bad" : ""}`}>{tab.count}</span>
            )}
          </button>
        ))}
      </div>
      {children && <div className="row end">{children}</div>}
    </div>
  );
}
