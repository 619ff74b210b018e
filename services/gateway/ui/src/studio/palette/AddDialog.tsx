/** Picks a node type by keyboard, for the place somebody has in mind. */
import { Modal, TextInput, UnstyledButton } from "@mantine/core";
import { useEffect, useRef, useState } from "react";

import { NodeIcon } from "~/shared/NodeIcon";
import type { Declaration } from "../model/declarations";
import { useStudio } from "../state/context";
import { matching } from "./groups";
import classes from "./Palette.module.css";

interface AddDialogProps {
  /** Where it will go, in words. */
  where: string;
  onPick: (declaration: Declaration) => void;
  onClose: () => void;
}

export function AddDialog({ where, onPick, onClose }: AddDialogProps) {
  const { catalogue } = useStudio();
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const found = matching(catalogue, text);
  useEffect(() => {
    list.current?.querySelector("[data-active]")?.scrollIntoView({ block: "nearest" });
  }, [active]);
  const move = (by: number) => setActive((before) => Math.max(0, Math.min(found.length - 1, before + by)));
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Add a node ${where}`}
      size={460}
      yOffset="12vh"
      centered={false}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <TextInput
        data-autofocus
        value={text}
        placeholder="What should it do?"
        aria-label="Find a node type"
        role="combobox"
        aria-expanded="true"
        aria-controls="add-node-list"
        aria-activedescendant={found[active] ? `add-${found[active].type}` : undefined}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            move(event.key === "ArrowDown" ? 1 : -1);
          }
          const picked = found[active];
          if (event.key === "Enter" && picked) {
            event.preventDefault();
            onPick(picked);
          }
        }}
      />
      <div
        className={classes["found"]}
        id="add-node-list"
        role="listbox"
        aria-label="Node types"
        ref={list}
        tabIndex={-1}
      >
        {found.map((type, index) => (
          <UnstyledButton
            key={type.type}
            id={`add-${type.type}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            className={classes["option"]}
            data-active={index === active || undefined}
            onPointerMove={() => setActive(index)}
            onClick={() => onPick(type)}
          >
            <NodeIcon icon={type.icon} type={type.type} />
            <span className="grow">
              <b className="strong">{type.title}</b>
              <span className="dim sm trunc">{type.help}</span>
            </span>
          </UnstyledButton>
        ))}
        {found.length === 0 && <p className="dim sm">Nothing fits “{text}”. Other words may.</p>}
      </div>
    </Modal>
  );
}
