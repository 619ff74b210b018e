/** The Studio of one workflow: loads its draft and the node types, then hands over to the editor. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ReactFlowProvider } from "@xyflow/react";

import { useMay } from "~/api/session";
import { Loaded } from "~/shared/Loaded";
import { TopBar } from "~/shared/Page";
import { nodeTypesQuery, workflowQuery, type Workflow } from "./data/queries";
import type { Catalogue } from "./model/declarations";
import { Studio } from "./page/Studio";

const route = getRouteApi("/shell/workflows/$workflowId/studio");
const CRUMBS = [{ label: "Workflows", to: "/workflows" }];

export function StudioPage() {
  const { workflowId } = route.useParams();
  // Never from the cache: an editor must begin with what the Hub has now.
  const workflow = useQuery({ ...workflowQuery(workflowId), refetchOnWindowFocus: false, gcTime: 0 });
  const nodeTypes = useQuery(nodeTypesQuery);
  if (workflow.data && nodeTypes.data) {
    return <Opened key={workflowId} workflow={workflow.data} catalogue={nodeTypes.data} />;
  }
  return (
    <>
      <TopBar title={workflow.data?.name ?? "Studio"} crumbs={CRUMBS} />
      <main id="page">
        {workflow.data ? (
          <Loaded query={nodeTypes} what="The node types">
            {() => null}
          </Loaded>
        ) : (
          <Loaded query={workflow} what="The workflow">
            {() => null}
          </Loaded>
        )}
      </main>
    </>
  );
}

function Opened({ workflow, catalogue }: { workflow: Workflow; catalogue: Catalogue }) {
  const mayEdit = useMay("workflow:edit");
  return (
    <ReactFlowProvider>
      <Studio workflow={workflow} catalogue={catalogue} mayEdit={mayEdit} />
    </ReactFlowProvider>
  );
}
