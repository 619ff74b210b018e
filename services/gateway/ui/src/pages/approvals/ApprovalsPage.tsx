/** What executions ask people, and what people answered. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { IconChecks } from "@tabler/icons-react";

import { useFresh } from "~/live/useFresh";
import { usePolling } from "~/live/hooks";
import { useAddress } from "~/routing/useAddress";
import { Empty } from "~/shared/Feedback";
import { Loaded } from "~/shared/Loaded";
import { Page } from "~/shared/Page";
import { PageFoot } from "~/shared/PageFoot";
import { Tabs } from "~/shared/Tabs";

import { ApprovalCard } from "./ApprovalCard";
import classes from "./Approvals.module.css";
import { APPROVALS, approvalsQuery } from "./queries";

const PENDING = "pending";
const TABS = [
  { value: PENDING, label: "To decide" },
  { value: "approved", label: "Approved" },
  { value: "rejected", label: "Rejected" },
  { value: "cancelled", label: "Cancelled" },
];

const NOTHING: Record<string, string> = {
  approved: "Nothing was approved yet",
  rejected: "Nothing was rejected yet",
  cancelled: "No question was cancelled",
};

export function ApprovalsPage() {
  const [search, change] = useAddress();
  const status = search["status"] ?? PENDING;
  const cursor = search["cursor"] ?? "";
  const query = useQuery({
    ...approvalsQuery(status, cursor),
    placeholderData: keepPreviousData,
    refetchInterval: Math.min(usePolling(), 15_000),
  });
  useFresh("executions", APPROVALS);
  return (
    <Page title="Approvals">
      <div className={classes["inbox"]}>
        <Tabs
          label="Approvals"
          tabs={TABS}
          value={status}
          onChange={(value) => change({ status: value === PENDING ? undefined : value, cursor: undefined })}
        />
        <Loaded query={query} what="The approvals" rows={4}>
          {(page) =>
            page.items.length === 0 ? (
              <Empty
                icon={<IconChecks size={20} stroke={1.5} />}
                title={NOTHING[status] ?? "Nothing waits for a decision"}
              >
                {status === PENDING &&
                  "When a workflow comes to an approval, its execution waits and its question appears here. It holds no runner meanwhile."}
              </Empty>
            ) : (
              <>
                {page.items.map((approval) => (
                  <ApprovalCard key={approval.id} approval={approval} />
                ))}
                <PageFoot nextCursor={page.nextCursor} />
              </>
            )
          }
        </Loaded>
      </div>
    </Page>
  );
}
