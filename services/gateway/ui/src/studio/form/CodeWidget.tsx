/** Code that is never templated: SQL, Python, shell, queries. The editor is loaded when one is shown. */
import { Suspense } from "react";

import { Skeleton } from "~/shared/Feedback";
import { CodeEditor } from "../expressions/lazyEditor";
import { useForm } from "./form";
import type { WidgetProps } from "./widgets";

export function CodeWidget({ id, name, shape, value, invalid, onChange }: WidgetProps) {
  const { readOnly } = useForm();
  return (
    <Suspense fallback={<Skeleton rows={2} height={30} />}>
      <CodeEditor
        id={id}
        label={shape.title}
        value={typeof value === "string" ? value : ""}
        language={languageOf(name, shape.widget)}
        invalid={invalid}
        readOnly={readOnly}
        onChange={(text) => onChange(text === "" && !shape.required ? undefined : text)}
      />
    </Suspense>
  );
}

function languageOf(name: string, widget: string): "sql" | "python" | "json" | "plain" {
  for (const language of ["sql", "python", "json"] as const) {
    if (widget === language || name.toLowerCase().includes(language)) return language;
  }
  return name === "code" ? "python" : "plain";
}
