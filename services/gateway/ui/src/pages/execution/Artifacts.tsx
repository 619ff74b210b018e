/** Files an execution left: screenshots to look at, the rest to download. */
import { IconFile } from "@tabler/icons-react";

import { Empty } from "~/shared/Feedback";
import { formatBytes } from "~/shared/format";
import { Time } from "~/shared/Time";

import classes from "./Artifacts.module.css";
import { artifactUrl, type Artifact } from "./queries";
import { findNode } from "./rows";

export function Artifacts({ artifacts, graph }: { artifacts: readonly Artifact[]; graph: unknown }) {
  if (artifacts.length === 0) {
    return (
      <Empty icon={<IconFile size={20} stroke={1.5} />} title="No files">
        Nodes keep files here by the node “Keep a file”; a failed browser or desktop node keeps a screenshot by itself.
      </Empty>
    );
  }
  return <ArtifactList artifacts={artifacts} graph={graph} />;
}

export function ArtifactList({ artifacts, graph }: { artifacts: readonly Artifact[]; graph?: unknown }) {
  return (
    <ul className={classes["list"]}>
      {artifacts.map((artifact) => (
        <li key={artifact.id}>
          {artifact.mediaType.startsWith("image/") && (
            <a href={artifactUrl(artifact)} target="_blank" rel="noopener" className={classes["picture"]}>
              <img src={artifactUrl(artifact)} alt={artifact.name} loading="lazy" />
            </a>
          )}
          <div className="row">
            <IconFile size={16} stroke={1.5} aria-hidden="true" />
            <a
              className="link trunc"
              href={artifactUrl(artifact)}
              download={artifact.name}
              title={`sha256 ${artifact.sha256}`}
            >
              {artifact.name}
            </a>
            <span className="dim sm nowrap">
              {formatBytes(artifact.size)}
              {graph !== undefined && artifact.nodeId
                ? `, ${findNode(graph, artifact.nodeId)?.name ?? artifact.nodeId}`
                : ""}
            </span>
            <span className="end dim sm">
              <Time at={artifact.createdAt} />
            </span>
          </div>
        </li>
      ))}
    </ul>
  );
}
