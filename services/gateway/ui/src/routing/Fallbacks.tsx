/** What stands where a page cannot: a wrong address, and a page that broke. */
import { Button } from "@mantine/core";
import { Link, useRouter, type ErrorComponentProps } from "@tanstack/react-router";

import { Empty, ErrorNote } from "~/shared/Feedback";

export function NotFound() {
  return (
    <main>
      <Empty
        title="There is nothing at this address"
        action={
          <Link to="/" className="link">
            Go to the dashboard
          </Link>
        }
      >
        What stood here may have been deleted, or the address is cut off.
      </Empty>
    </main>
  );
}

export function Crashed({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const again = () => {
    reset();
    void router.invalidate();
  };
  return (
    <main style={{ padding: "var(--s-6)", maxWidth: 720 }}>
      <ErrorNote what="This page could not be shown." error={error} />
      <div className="row" style={{ marginTop: "var(--s-3)" }}>
        <Button onClick={again}>Try again</Button>
        <Button onClick={() => window.location.reload()}>Reload the page</Button>
      </div>
    </main>
  );
}
