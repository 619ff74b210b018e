/**
 * A list of things that open: a table on a desktop, two-line rows on a phone. J and K move, Enter opens.
 *
 * It draws the rows it is given and owns no paging and no filters.
 */
import { useMediaQuery } from "@mantine/hooks";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState, type MouseEvent, type ReactNode } from "react";

import classes from "./DataTable.module.css";
import { useShortcut } from "./shortcuts";

export interface Column<Row> {
  key: string;
  head: ReactNode;
  cell: (row: Row) => ReactNode;
  /** A CSS width; columns without one share what is left. */
  width?: string;
  align?: "right";
  /** The cell that carries the row's link, for the keyboard and screen readers. */
  main?: boolean;
}

/** What a phone shows of a row. */
export interface PhoneRow {
  icon?: ReactNode;
  title: ReactNode;
  detail?: ReactNode;
  right?: ReactNode;
  below?: ReactNode;
  /** Buttons and menus; beside the row's link, never in it. */
  act?: ReactNode;
}

interface DataTableProps<Row> {
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  rowKey: (row: Row) => string;
  /** Where a row leads; rows without an address do not open. */
  href?: (row: Row) => string;
  phone: (row: Row) => PhoneRow;
  /** Full-bleed lists align with the page's padding. */
  bleed?: boolean;
  scope?: string;
}

export const PHONE = "(max-width: 720px)";

export function useIsPhone(): boolean {
  return useMediaQuery(PHONE, undefined, { getInitialValueInEffect: false }) ?? false;
}

export function DataTable<Row>(props: DataTableProps<Row>) {
  const { rows, rowKey, href, scope = "Lists" } = props;
  const isPhone = useIsPhone();
  const navigate = useNavigate();
  const [at, setAt] = useState<string | null>(null);
  const body = useRef<HTMLElement | null>(null);
  const index = rows.findIndex((row) => rowKey(row) === at);

  function move(by: number) {
    const next = rows[Math.min(Math.max(index + by, 0), rows.length - 1)];
    if (next) setAt(rowKey(next));
  }

  useShortcut("j", "Next row", () => move(1), { scope });
  useShortcut("k", "Row before", () => move(-1), { scope });
  useShortcut(
    "enter",
    "Open the row",
    (event) => {
      const row = rows[index];
      // A focused link or button has Enter to itself.
      if (event.target instanceof HTMLElement && event.target.closest("a,button"))
        event.target.closest<HTMLElement>("a,button")?.click();
      else if (row && href) void navigate({ to: href(row) });
    },
    { scope, enabled: href !== undefined },
  );
  useEffect(() => {
    if (at !== null) body.current?.querySelector("[data-at]")?.scrollIntoView({ block: "nearest" });
  }, [at]);

  const ref = (element: HTMLElement | null) => {
    body.current = element;
  };
  return isPhone ? <PhoneRows {...props} at={at} ref={ref} /> : <TableRows {...props} at={at} ref={ref} />;
}

type PartProps<Row> = DataTableProps<Row> & { at: string | null; ref: (element: HTMLElement | null) => void };

function TableRows<Row>({ label, rows, columns, rowKey, href, bleed, at, ref }: PartProps<Row>) {
  const navigate = useNavigate();

  function open(event: MouseEvent, row: Row) {
    if (!href || (event.target instanceof Element && event.target.closest("a,button,input,label"))) return;
    if (window.getSelection()?.toString()) return;
    if (event.metaKey || event.ctrlKey) window.open(href(row), "_blank", "noopener");
    else void navigate({ to: href(row) });
  }

  return (
    <table className={classes["table"]} data-bleed={bleed || undefined} aria-label={label} ref={ref}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th
              key={column.key}
              scope="col"
              data-align={column.align}
              style={column.width ? { width: column.width } : undefined}
            >
              {column.head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr
            key={rowKey(row)}
            data-at={rowKey(row) === at || undefined}
            data-opens={href ? true : undefined}
            onClick={(event) => open(event, row)}
          >
            {columns.map((column) => (
              <td key={column.key} data-align={column.align}>
                {column.main && href ? (
                  <Link to={href(row)} className={classes["main"]}>
                    {column.cell(row)}
                  </Link>
                ) : (
                  column.cell(row)
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function PhoneRows<Row>({ label, rows, rowKey, href, phone, at, ref }: PartProps<Row>) {
  return (
    <ul className={classes["rows"]} aria-label={label} ref={ref}>
      {rows.map((row) => {
        const { icon, title, detail, right, below, act } = phone(row);
        const inside = (
          <>
            {icon && <span className={classes["rowIcon"]}>{icon}</span>}
            <span className="grow">
              <span className={`${classes["rowTitle"]} trunc`}>{title}</span>
              {detail && <span className="dim sm trunc">{detail}</span>}
            </span>
            <span className={classes["rowRight"]}>
              <span>{right}</span>
              {below && <span className="dim sm">{below}</span>}
            </span>
          </>
        );
        return (
          <li key={rowKey(row)} data-at={rowKey(row) === at || undefined}>
            {href ? (
              <Link to={href(row)} className={classes["row"]}>
                {inside}
              </Link>
            ) : (
              <div className={classes["row"]}>{inside}</div>
            )}
            {act && <span className={classes["act"]}>{act}</span>}
          </li>
        );
      })}
    </ul>
  );
}
