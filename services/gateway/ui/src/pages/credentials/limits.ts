/** Whom a credential is kept for, in words. */
import { plural } from "~/shared/format";

import type { Credential } from "./queries";

/** "2 workflows, shop.example.com": who may name it, and where it may be sent; "any workflow, any host" without limits. */
export function tellLimits({ workflowIds, hosts }: Pick<Credential, "workflowIds" | "hosts">): string {
  const workflows = workflowIds.length > 0 ? plural(workflowIds.length, "workflow") : "any workflow";
  return `${workflows}, ${hosts.length > 0 ? hosts.join(", ") : "any host"}`;
}
