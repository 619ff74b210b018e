/** Finds nodes and notes, and walks through what was found. */
import { ActionIcon, TextInput } from "@mantine/core";
import { IconSearch, IconX } from "@tabler/icons-react";
import { useState } from "react";

import { useReveal } from "../canvas/useReveal";
import { find } from "../model/find";
import { useEditor, useStudio } from "../state/context";
import classes from "./Page.module.css";

export function FindBar() {
  const { editor } = useStudio();
  const graph = useEditor((state) => state.graph);
  const reveal = useReveal();
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const found = find(graph, text);
  const go = (index: number) => {
    const at = found.length === 0 ? 0 : (index + found.length) % found.length;
    setActive(at);
    const target = found[at];
    if (target) reveal(target.id);
  };
  const close = () => editor.getState().show({ finding: false });
  return (
    <div className={classes["find"]} role="search">
      <div className="row">
        <TextInput
          className="grow"
          autoFocus
          aria-label="Find in the workflow"
          placeholder="Find a node, a setting, a note"
          leftSection={<IconSearch size={15} />}
          rightSection={text ? <span className="dim micro num">{found.length}</span> : null}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setActive(0);
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape") close();
            if (event.key === "Enter")
              go(event.shiftKey ? active - 1 : event.currentTarget.dataset["walked"] ? active + 1 : active);
            if (event.key === "Enter") event.currentTarget.dataset["walked"] = "yes";
            if (event.key === "ArrowDown" || event.key === "ArrowUp") {
              event.preventDefault();
              go(active + (event.key === "ArrowDown" ? 1 : -1));
            }
          }}
        />
        <ActionIcon aria-label="Close the search" onClick={close}>
          <IconX size={15} />
        </ActionIcon>
      </div>
      {found.length > 0 && (
        <ul>
          {found.slice(0, 8).map((each, index) => (
            <li key={each.id}>
              <button type="button" data-active={index === active || undefined} onClick={() => go(index)}>
                <b className="strong">{each.title}</b>
                <span className="dim sm trunc">{each.detail}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {text !== "" && found.length === 0 && <p className="dim sm">Nothing fits “{text}”.</p>}
    </div>
  );
}
