/** Connects nodes by keyboard: the way out, then the node it leads to. */
import { Modal, SegmentedControl, TextInput, UnstyledButton } from "@mantine/core";
import { useState } from "react";

import { NodeIcon } from "~/shared/NodeIcon";
import { toast } from "~/shared/Feedback";
import { refusal } from "../model/connections";
import { portsOf } from "../model/declarations";
import { placesOf } from "../model/graph";
import { join } from "../state/actions";
import { useEditor, useStudio } from "../state/context";
import classes from "./Page.module.css";

export function ConnectDialog({ from }: { from: string }) {
  const studio = useStudio();
  const graph = useEditor((state) => state.graph);
  const place = placesOf(graph).get(from);
  const ports = place ? portsOf(place.node, studio.catalogue.get(place.node.type)) : [];
  const [chosen, setChosen] = useState<string | null>(null);
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const port = chosen ?? ports[0];
  const close = () => studio.editor.getState().show({ connecting: null });
  const targets = (place?.level.nodes ?? []).filter(
    (node) =>
      port !== undefined &&
      refusal(graph, { from, port, to: node.id }, studio.catalogue) === null &&
      (node.name ?? node.id).toLowerCase().includes(text.toLowerCase()),
  );
  const connect = (to: string) => {
    const reason = port === undefined ? "This node has no way out." : join(studio, { from, port, to });
    if (reason) toast(reason);
    close();
  };
  return (
    <Modal
      opened
      onClose={close}
      title={`Connect “${place?.node.name ?? from}” to`}
      size={420}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <div className="stack">
        {ports.length > 1 && (
          <SegmentedControl size="xs" aria-label="Way out" data={ports} value={port ?? ""} onChange={setChosen} />
        )}
        <TextInput
          data-autofocus
          aria-label="Node to connect to"
          placeholder="Which node?"
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setActive(0);
          }}
          onKeyDown={(event) => {
            const target = targets[active];
            if (event.key === "Enter" && target) connect(target.id);
            if (event.key === "ArrowDown") setActive((before) => Math.min(targets.length - 1, before + 1));
            if (event.key === "ArrowUp") setActive((before) => Math.max(0, before - 1));
          }}
        />
        <div className={classes["targets"]}>
          {targets.map((node, index) => (
            <UnstyledButton key={node.id} data-active={index === active || undefined} onClick={() => connect(node.id)}>
              <NodeIcon type={node.type} icon={studio.catalogue.get(node.type)?.icon} />
              <span className="trunc">{node.name || node.id}</span>
              <span className="dim micro mono end">{node.id}</span>
            </UnstyledButton>
          ))}
          {targets.length === 0 && (
            <p className="dim sm">No node can be connected from here{text && ` that fits “${text}”`}.</p>
          )}
        </div>
      </div>
    </Modal>
  );
}
