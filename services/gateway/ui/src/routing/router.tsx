/** Every address of the UI. An area lists its own routes in `pages/<area>/routes.ts`; they are only joined here. */
import { createRouter } from "@tanstack/react-router";

import { approvalsRoutes } from "~/pages/approvals/routes";
import { auditRoutes } from "~/pages/audit/routes";
import { calendarsRoutes } from "~/pages/calendars/routes";
import { eventsRoutes } from "~/pages/events/routes";
import { executionRoutes } from "~/pages/execution/routes";
import { executionsRoutes } from "~/pages/executions/routes";
import { healthRoutes } from "~/pages/health/routes";
import { homeRoutes } from "~/pages/home/routes";
import { licenceRoutes } from "~/pages/licence/routes";
import { peopleRoutes } from "~/pages/people/routes";
import { credentialsRoutes } from "~/pages/credentials/routes";
import { queuesRoutes } from "~/pages/queues/routes";
import { runnersRoutes } from "~/pages/runners/routes";
import { sessionRoutes } from "~/pages/session/routes";
import { settingsRoutes } from "~/pages/settings/routes";
import { setupRoutes } from "~/pages/setup/routes";
import { triggersRoutes } from "~/pages/triggers/routes";
import { variablesRoutes } from "~/pages/variables/routes";
import { workflowRoutes } from "~/pages/workflow/routes";
import { workflowsRoutes } from "~/pages/workflows/routes";
import { studioRoutes } from "~/studio/routes";

import { queryClient } from "./queries";
import { rootRoute, shellRoute } from "./roots";
import { parseSearch, stringifySearch } from "./search";

const routeTree = rootRoute.addChildren([
  ...sessionRoutes,
  shellRoute.addChildren([
    ...homeRoutes,
    ...executionsRoutes,
    ...executionRoutes,
    ...workflowsRoutes,
    ...workflowRoutes,
    ...queuesRoutes,
    ...credentialsRoutes,
    ...runnersRoutes,
    ...triggersRoutes,
    ...eventsRoutes,
    ...calendarsRoutes,
    ...variablesRoutes,
    ...approvalsRoutes,
    ...auditRoutes,
    ...peopleRoutes,
    ...licenceRoutes,
    ...healthRoutes,
    ...settingsRoutes,
    ...setupRoutes,
    ...studioRoutes,
  ]),
]);

export const router = createRouter({
  routeTree,
  context: { client: queryClient },
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  scrollToTopSelectors: ["#page"],
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
