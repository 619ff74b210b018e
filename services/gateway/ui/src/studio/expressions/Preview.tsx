/** What an expression comes to on the samples of the latest run, while somebody writes it. */
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { api, unwrap, type Schema } from "~/api/client";
import { plural } from "~/shared/format";
import { useForm } from "../form/form";
import { contextOf, hasExpression } from "./previewContext";
import classes from "./Expression.module.css";

type Value = Schema<"ExpressionPreview">;

const PAUSE_MILLISECONDS = 250;
/** More is not sent to and fro at every pause in typing. */
const MOST_CHARACTERS = 1_000_000;

interface PreviewProps {
  text: string;
  bare: boolean;
  /** What is wrong is said below the field already. */
  invalid: boolean;
}

export function Preview({ text, bare, invalid }: PreviewProps) {
  const form = useForm();
  const [settled] = useDebouncedValue(text, PAUSE_MILLISECONDS);
  const asked = hasExpression(settled, bare);
  const body = useMemo(() => {
    const context = asked ? contextOf(settled, form.scope(), form.samples()) : {};
    return bare ? { expression: settled, context } : { template: settled, context };
  }, [asked, settled, bare, form]);
  const size = useMemo(() => JSON.stringify(body).length, [body]);
  const preview = useQuery({
    queryKey: ["expression-preview", body],
    queryFn: ({ signal }) => unwrap(api.POST("/api/expressions/preview", { body, signal })),
    enabled: asked && size <= MOST_CHARACTERS,
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 60_000,
  });
  if (!asked) return null;
  if (size > MOST_CHARACTERS) return <p className={classes["unknown"]}>The samples are too large to try it on.</p>;
  const value = preview.data;
  if (!value || (!value.ok && invalid)) return null;
  return (
    <div className={classes["preview"]} role="status" aria-label="Value now" data-old={settled !== text || undefined}>
      {value.ok ? <Shown value={value} /> : <Why value={value} />}
    </div>
  );
}

function Shown({ value }: { value: Value }) {
  const written = value.kind === "text" ? String(value.value) : JSON.stringify(value.value, null, 1);
  return (
    <>
      <span className={classes["equals"]} aria-hidden="true">
        =
      </span>
      <pre className={classes["value"]} data-kind={value.kind}>
        {written === "" ? <span className="dim">empty</span> : written}
        {value.abridged && <span className="dim"> …</span>}
      </pre>
      <span className="dim micro nowrap">{describe(value)}</span>
    </>
  );
}

function Why({ value }: { value: Value }) {
  const error = value.error ?? "";
  if (!value.missing) return <p className={classes["wrong"]}>{error}</p>;
  return (
    <p className={classes["unknown"]} title={error}>
      {error.startsWith("There is no sample")
        ? "No sample yet: run the workflow once, or pin one."
        : error.replace(/ In \{\{[\s\S]*$/, "")}
    </p>
  );
}

function describe({ kind, value, abridged }: Value): string {
  if (kind === "list" && Array.isArray(value) && !abridged) return `list, ${plural(value.length, "entry", "entries")}`;
  return kind ?? "";
}
