import { Page } from "~/shared/Page";

export function DashboardPage() {
  return <Page title="Dashboard">…</Page>;
}
