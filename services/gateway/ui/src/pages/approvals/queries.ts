/** What the inbox of approvals asks for. */
import { queryOptions } from "@tanstack/react-query";

import { api, unwrap, type Schema } from "~/api/client";

export type Approval = Schema<"ApprovalShape">;
export type Decision = Schema<"DecideApproval">["decision"];

export const APPROVALS = ["approvals"] as const;
const SHOWN = 25;

export function approvalsQuery(status: string, cursor: string) {
  const query = {
    limit: SHOWN,
    ...(status && { status: status as Approval["status"] }),
    ...(cursor && { cursor }),
  };
  return queryOptions({
    queryKey: [...APPROVALS, query],
    queryFn: () => unwrap(api.GET("/api/approvals", { params: { query } })),
  });
}
