import { formatBytes } from "~/shared/format";

import { artifactUrl, type Artifact } from "./queries";

/** The recorded steps of the browser, and what opens them: the page of Playwright's viewer keeps the file to itself. */
export function TraceLink({ trace }: { trace: Artifact }) {
  return (
    <>
      <a className="link" href={artifactUrl(trace)} download={trace.name}>
        Every step of the browser
      </a>{" "}
      <span className="dim">
        {formatBytes(trace.size)}, opens with <span className="mono">playwright show-trace</span>
      </span>
    </>
  );
}
