/** All node types at the left: found by typing, put on the canvas by a click or by dragging. */
import { TextInput, UnstyledButton } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useState, type RefObject } from "react";

import { plural } from "~/shared/format";
import { NodeIcon } from "~/shared/NodeIcon";
import { DRAGGED_TYPE } from "../canvas/Canvas";
import type { Declaration } from "../model/declarations";
import { useStudio } from "../state/context";
import { groupsOf } from "./groups";
import classes from "./Palette.module.css";

interface PaletteProps {
  search: RefObject<HTMLInputElement | null>;
  onPick: (declaration: Declaration) => void;
}

export function Palette({ search, onPick }: PaletteProps) {
  const { catalogue } = useStudio();
  const [text, setText] = useState("");
  const groups = groupsOf(catalogue, text);
  return (
    <aside className={classes["palette"]} aria-label="Node types">
      <TextInput
        ref={search}
        value={text}
        placeholder="Find a node"
        aria-label="Find a node type"
        leftSection={<IconSearch size={15} stroke={1.6} />}
        rightSection={<kbd>/</kbd>}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          const first = groups[0]?.types[0];
          if (event.key === "Enter" && first) onPick(first);
          if (event.key === "Escape") setText("");
        }}
      />
      <div className={classes["list"]}>
        {groups.map((group) => (
          <section key={group.family} aria-label={group.title}>
            <h3>{group.title}</h3>
            {group.types.map((type) => (
              <UnstyledButton
                key={type.type}
                className={classes["item"]}
                title={type.help}
                draggable
                data-testid={`palette-${type.type}`}
                onDragStart={(event) => {
                  event.dataTransfer.setData(DRAGGED_TYPE, type.type);
                  event.dataTransfer.effectAllowed = "copy";
                }}
                onClick={() => onPick(type)}
              >
                <NodeIcon icon={type.icon} type={type.type} />
                <span className="trunc">{type.title}</span>
              </UnstyledButton>
            ))}
          </section>
        ))}
        {groups.length === 0 && <p className="dim sm">No node type fits “{text}”. Other words may.</p>}
      </div>
      <footer className="dim sm">{plural(catalogue.size, "node type")}</footer>
    </aside>
  );
}
