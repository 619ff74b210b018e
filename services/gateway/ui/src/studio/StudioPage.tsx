import { getRouteApi } from "@tanstack/react-router";

import { Page } from "~/shared/Page";

const route = getRouteApi("/shell/workflows/$workflowId/studio");

export function StudioPage() {
  const { workflowId } = route.useParams();
  return (
    <Page title="Studio" crumbs={[{ label: "Workflows", to: "/workflows" }]}>
      <span className="mono">{workflowId}</span>
    </Page>
  );
}
