/** CodeMirror in our tokens. Loaded only when somebody writes code or an expression. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  type CompletionSource,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { python, pythonLanguage } from "@codemirror/lang-python";
import { sql } from "@codemirror/lang-sql";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useEffectEvent, useLayoutEffect, useRef } from "react";

import type { Scope } from "../model/scope";
import { complete, type Samples } from "./completion";
import { highlightTemplates } from "./highlight";
import { cursorIn } from "./template";
import classes from "./Expression.module.css";

export type Language = "expression" | "python" | "sql" | "json" | "plain";

interface CodeEditorProps {
  id: string;
  label: string;
  value: string;
  /** Where somebody is writing already; by itself the editor begins where writing goes on. */
  cursor?: number | null;
  language: Language;
  bare?: boolean;
  scope?: () => Scope;
  samples?: () => Samples;
  invalid?: boolean;
  readOnly?: boolean;
  autoFocus?: boolean;
  onChange: (text: string) => void;
  onBlur?: () => void;
}

const SYNTAX = HighlightStyle.define([
  { tag: [tags.string], color: "var(--syn-str)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--syn-num)" },
  { tag: [tags.function(tags.variableName), tags.keyword], color: "var(--syn-fn)" },
  { tag: [tags.variableName, tags.propertyName], color: "var(--syn-name)" },
  { tag: [tags.punctuation, tags.operator, tags.bracket], color: "var(--syn-punct)" },
]);

const LANGUAGES: Record<Language, () => Extension> = {
  expression: () => [],
  python: () => python(),
  sql: () => sql(),
  json: () => json(),
  plain: () => [],
};

export default function CodeEditor(props: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const changed = useEffectEvent((text: string) => props.onChange(text));
  const left = useEffectEvent(() => props.onBlur?.());
  const suggest = useEffectEvent<CompletionSource>((context) => {
    if (!props.scope || !props.samples) return null;
    const text = context.state.sliceDoc(0, context.pos);
    const found = complete(text, props.scope(), props.samples(), props.bare ?? false);
    if (!found || (found.from === context.pos && !context.explicit && !/[.{[( ]$/.test(text))) return null;
    return {
      from: found.from,
      options: found.options.map((option, index) => ({
        label: option.label,
        detail: option.detail,
        type: option.kind,
        boost: Math.max(-99, 50 - index),
        ...(option.insert === undefined ? {} : { apply: option.insert }),
      })),
      validFor: /^\w*$/,
    };
  });
  const { value, language, bare = false, readOnly = false, autoFocus = false, label, id, invalid = false } = props;
  const first = useRef({ value, cursor: Math.min(props.cursor ?? cursorIn(value), value.length), autoFocus });

  // Before the browser takes the next key: it must not find the field gone and the editor not there yet.
  useLayoutEffect(() => {
    if (!host.current) return undefined;
    const templated = language === "expression";
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: first.current.value,
        selection: { anchor: first.current.cursor },
        extensions: [
          history(),
          closeBrackets(),
          bracketMatching(),
          syntaxHighlighting(SYNTAX),
          templated ? (bare ? python() : highlightTemplates(pythonLanguage.parser)) : LANGUAGES[language](),
          templated ? autocompletion({ override: [(context) => suggest(context)], icons: false }) : autocompletion(),
          keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
          templated ? overtype : [],
          EditorView.lineWrapping,
          EditorState.readOnly.of(readOnly),
          EditorView.contentAttributes.of({ "aria-label": label, id }),
          EditorView.cspNonce.of(document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ""),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed(update.state.doc.toString());
            if (update.focusChanged && !update.view.hasFocus) left();
          }),
        ],
      }),
    });
    view.current = editor;
    if (first.current.autoFocus) editor.focus();
    return () => editor.destroy();
  }, [language, bare, readOnly, label, id]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  return (
    <div
      ref={host}
      className={`${classes["editor"]} nokey`}
      data-invalid={invalid || undefined}
      data-code={language !== "expression" || undefined}
    />
  );
}

/** What stands before the closing braces of a template already is stepped over when it is typed. */
const overtype = EditorView.inputHandler.of((view, from, to, text) => {
  if (from !== to || (text !== "}" && text !== " ")) return false;
  const rest = view.state.sliceDoc(from, from + 3);
  const before = view.state.sliceDoc(Math.max(0, from - 3), from);
  if (text === " ") {
    if (rest !== " }}") return false;
    // A second space after the opening braces is none; a space before the closing ones is there.
    view.dispatch({ selection: { anchor: before === "{{ " ? from : from + 1 } });
    return true;
  }
  const gap = /^(\s?)\}\}/.exec(rest)?.[1];
  if (gap === undefined && !(before.endsWith("}") && rest.startsWith("}"))) return false;
  view.dispatch({ selection: { anchor: from + (gap?.length ?? 0) + 1 } });
  return true;
});
