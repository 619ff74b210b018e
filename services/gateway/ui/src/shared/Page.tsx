/** The frame of a page: its top bar with crumbs and actions, and what scrolls under it. */
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useEffect, type ReactNode } from "react";

import { useInstallationName } from "~/api/settings";

import classes from "./Page.module.css";

export interface Crumb {
  label: string;
  to: string;
}

interface PageProps {
  /** The last crumb, the phone's heading and the tab's title. */
  title: string;
  crumbs?: readonly Crumb[];
  /** Buttons at the right end of the top bar. */
  actions?: ReactNode;
  /** Full-bleed lists bring their own padding. */
  bleed?: boolean;
  children: ReactNode;
}

export function Page({ title, crumbs = [], actions, bleed = false, children }: PageProps) {
  return (
    <>
      <TopBar title={title} crumbs={crumbs}>
        {actions}
      </TopBar>
      <main className={classes["page"]} data-bleed={bleed || undefined} id="page" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

export function TopBar({
  title,
  crumbs = [],
  children,
}: {
  title: string;
  crumbs?: readonly Crumb[];
  children?: ReactNode;
}) {
  const installation = useInstallationName();
  useEffect(() => {
    document.title = `${title} · ${installation}`;
  }, [title, installation]);
  const parent = crumbs.at(-1);
  return (
    <header className={classes["top"]}>
      {parent && (
        <Link to={parent.to} className={`${classes["back"]} phone-only`} aria-label={`Back to ${parent.label}`}>
          <IconChevronLeft size={18} stroke={1.5} />
        </Link>
      )}
      <nav className={classes["crumbs"]} aria-label="Where you are">
        {crumbs.map((crumb) => (
          <span key={crumb.to} className="row desktop-only">
            <Link to={crumb.to} className={classes["crumb"]}>
              {crumb.label}
            </Link>
            <IconChevronRight size={14} stroke={1.5} aria-hidden="true" />
          </span>
        ))}
        <b className="trunc" aria-current="page" title={title}>
          {title}
        </b>
      </nav>
      <div className={classes["actions"]}>{children}</div>
    </header>
  );
}
