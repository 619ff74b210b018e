/** Two versions side by side: nodes that came, went and changed, and what changed in them. */
import { ActionIcon, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconX } from "@tabler/icons-react";

import { useAddress } from "~/routing/useAddress";
import { Empty } from "~/shared/Feedback";
import { plural } from "~/shared/format";
import { Loaded } from "~/shared/Loaded";
import { NodeIcon } from "~/shared/NodeIcon";
import { Panel } from "~/shared/Panel";

import { diffQuery, type Diff, type NodeChange } from "./queries";
import classes from "./WorkflowPage.module.css";

interface ComparisonProps {
  workflowId: string;
  from: number;
  to: number;
  latest: number;
}

export function Comparison({ workflowId, from, to, latest }: ComparisonProps) {
  const [, change] = useAddress();
  const query = useQuery(diffQuery(workflowId, from, to));
  const versions = Array.from({ length: latest }, (_, index) => String(index + 1)).reverse();
  return (
    <Panel
      title="What changed"
      aside={query.data && summary(query.data)}
      bleed
      actions={
        <div className={classes["compare"]}>
          <Select
            aria-label="From version"
            data={versions}
            value={String(from)}
            onChange={(value) => change({ from: value ?? undefined })}
            w={76}
            searchable={latest > 12}
          />
          <span className="dim">to</span>
          <Select
            aria-label="To version"
            data={versions}
            value={String(to)}
            onChange={(value) => change({ to: value ?? undefined })}
            w={76}
            searchable={latest > 12}
          />
          <ActionIcon aria-label="Close the comparison" onClick={() => change({ from: undefined, to: undefined })}>
            <IconX size={16} stroke={1.5} />
          </ActionIcon>
        </div>
      }
    >
      <Loaded query={query} what="The comparison">
        {(diff) => <Changes diff={diff} />}
      </Loaded>
    </Panel>
  );
}

function summary({ nodes, edges }: Diff): string {
  return [
    nodes.added.length && `${plural(nodes.added.length, "node")} added`,
    nodes.removed.length && `${nodes.removed.length} removed`,
    nodes.changed.length && `${nodes.changed.length} changed`,
    edges.added.length + edges.removed.length && plural(edges.added.length + edges.removed.length, "connection"),
  ]
    .filter(Boolean)
    .join(", ");
}

function Changes({ diff }: { diff: Diff }) {
  const { nodes, edges, changes } = diff;
  const count =
    nodes.added.length +
    nodes.removed.length +
    nodes.changed.length +
    edges.added.length +
    edges.removed.length +
    changes.length;
  if (count === 0) return <Empty title="Nothing changed">Both versions have the same graph.</Empty>;
  return (
    <div>
      {nodes.added.map((node) => (
        <Node key={node.id} node={node} word="added" tone="ok" />
      ))}
      {nodes.removed.map((node) => (
        <Node key={node.id} node={node} word="removed" tone="bad" />
      ))}
      {nodes.changed.map((node) => (
        <Node key={node.id} node={node} word="changed" tone="" />
      ))}
      {edges.added.map((edge, index) => (
        <div key={`+${index}`} className={classes["change"]}>
          <span className="tag ok">connected</span>{" "}
          <span className="mono">{`${edge.from} ${edge.port ?? ""} → ${edge.to}`}</span>
        </div>
      ))}
      {edges.removed.map((edge, index) => (
        <div key={`-${index}`} className={classes["change"]}>
          <span className="tag bad">disconnected</span>{" "}
          <span className="mono">{`${edge.from} ${edge.port ?? ""} → ${edge.to}`}</span>
        </div>
      ))}
      {changes.map((change) => (
        <div key={change.pointer} className={classes["change"]}>
          <Lines {...change} />
        </div>
      ))}
    </div>
  );
}

function Node({ node, word, tone }: { node: NodeChange; word: string; tone: string }) {
  return (
    <div className={classes["change"]}>
      <div className="row">
        <NodeIcon type={node.type} />
        <b className="strong">{node.name || node.id}</b>
        <span className="mono dim">{node.id}</span>
        <span className={`tag ${tone}`}>{word}</span>
      </div>
      {node.changes?.map((change) => (
        <Lines key={change.pointer} {...change} />
      ))}
    </div>
  );
}

function Lines({ pointer, ...values }: { pointer: string; old?: unknown; new?: unknown }) {
  return (
    <div style={{ marginTop: 6 }}>
      <span className="mono dim">{pointer.replace(/^\//, "").replaceAll("/", " › ")}</span>
      {"old" in values && <div className={classes["old"]}>− {spell(values.old)}</div>}
      {"new" in values && <div className={classes["new"]}>+ {spell(values.new)}</div>}
    </div>
  );
}

function spell(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 1);
}
