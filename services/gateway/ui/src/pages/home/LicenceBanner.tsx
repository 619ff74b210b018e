import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { useMay } from "~/api/session";
import { licenceQuery, licenceWarning } from "~/shared/licence";
import { useNow } from "~/shared/useNow";
import { Note } from "~/shared/Feedback";

/** Weeks before the licence ends, so that nobody is surprised. */
export function LicenceBanner() {
  const maySee = useMay("license:view");
  const { data } = useQuery({ ...licenceQuery, enabled: maySee });
  const now = useNow(60_000);
  const warning = data ? licenceWarning(data, now) : null;
  if (!warning) return null;
  return (
    <Note
      tone="warn"
      action={
        <Link to="/licence" className="link">
          Licence
        </Link>
      }
    >
      {warning}
    </Note>
  );
}
